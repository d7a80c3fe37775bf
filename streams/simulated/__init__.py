"""A simulated city (SUMO): its streets, a morning's traffic, what its sensors send, the truth."""
