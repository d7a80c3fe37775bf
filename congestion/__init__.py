"""Traversals, detector readings and camera passes to the state of every segment."""
