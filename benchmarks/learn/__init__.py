"""What learns and writes product files (`make learn`), and what was left out of the lesson."""
