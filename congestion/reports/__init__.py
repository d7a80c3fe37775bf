"""Reports for planners: what a lake or a run says of a period, as numbers and tables."""
