"""A planner's report on paper: words, charts, maps, and the files that it is written to."""
