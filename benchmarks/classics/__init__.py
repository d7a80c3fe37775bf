"""Published ways to detect incidents, one file each, as baselines on the states of a run."""
