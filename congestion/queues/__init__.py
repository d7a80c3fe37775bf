"""Queues over the whole city: head, members, tail, length, delay, growth, hot spots."""
