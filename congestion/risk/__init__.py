"""Places that are about to break down: signs, their weights, and what each did before."""
