"""Road network, and fixes to traversals."""
