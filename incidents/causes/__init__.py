"""Why a queue stands: signs at its head, what each says of each cause, and the posterior."""
