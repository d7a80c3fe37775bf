"""Whether what the console shows is of now: sources, and parts of workers."""
