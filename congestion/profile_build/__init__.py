"""What a profile is built from: kept states and traversals, in batch."""
