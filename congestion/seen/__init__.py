"""What vehicles and detectors showed of each segment in a minute, while the minute is open."""
