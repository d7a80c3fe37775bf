"""A run against the truth of its feed: matching, speed and incidents."""
