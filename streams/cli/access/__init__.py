"""Who may use the console, in a terminal."""
