"""Numbers in, numbers out: the fixes of a vehicle one after the other."""
