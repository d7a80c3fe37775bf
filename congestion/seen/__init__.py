"""What was seen of each segment in a minute, by vehicles and detectors, while the minute is open."""
