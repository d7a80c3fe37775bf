"""Recordings that others made, brought into the form of a recorded feed."""
