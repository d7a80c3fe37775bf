"""The lake of kept states, traversals and alerts: written, read back, and what is learnt of it."""
