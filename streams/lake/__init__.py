"""The lake of states, traversals and alerts: written, read back, and what detectors did in it."""
