"""A recorded feed run whole or replayed, and the files that a run writes."""
