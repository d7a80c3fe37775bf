"""Alerts: their life, the words and places in them."""
