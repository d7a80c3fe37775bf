"""Segment states to incidents with cause and evidence, and the life of their alerts."""
