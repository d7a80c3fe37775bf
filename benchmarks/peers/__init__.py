"""Matchers made by others, given the same network and fixes."""
