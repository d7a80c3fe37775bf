"""Sensors, cameras, stops and bus lines put on segments."""
