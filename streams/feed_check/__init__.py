"""`clearway feed check`: what a recorded feed will give, looked at before any run."""
