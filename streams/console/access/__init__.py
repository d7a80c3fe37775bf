"""Who may look at the console, and who may change something."""
