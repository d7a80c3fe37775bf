"""Which sources of a recording were mostly not used, said in one line each."""

MUCH_IGNORED = 0.1
"""A source is named where more of its rows are not used. Unit: share. Source: chosen; a city's
feeds lose a few percent every day."""
