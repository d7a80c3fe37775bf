"""Large made lakes: how long reports on them take, and whether they find what was put in."""
