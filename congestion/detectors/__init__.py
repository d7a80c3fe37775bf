"""In-road detectors: which can be believed, and what their readings say of a segment."""
