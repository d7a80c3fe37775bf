"""Fixes half a minute and a minute apart, on networks as OpenStreetMap has them."""
