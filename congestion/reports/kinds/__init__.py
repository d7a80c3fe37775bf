"""The kinds of reports, a file each: which figures and tables one has."""
