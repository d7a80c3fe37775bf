"""In-road detectors: which can be believed, and the speed of a segment by their readings."""
