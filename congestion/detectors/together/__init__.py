"""Many detectors that are odd in the same way: a gateway makes them so, traffic does not."""
