"""What the chain costs: in computing, in memory, and at its first start."""
