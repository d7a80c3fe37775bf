"""Alerts: their life from opening to clearing, and the form in which they are published."""
