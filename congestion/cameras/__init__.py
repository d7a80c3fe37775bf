"""Cameras with plate readers: their clocks, the ways between them, and travel times."""
