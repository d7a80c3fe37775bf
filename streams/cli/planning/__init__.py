"""Commands of planners, who read what was stored: reports, the lake, what is usual."""
