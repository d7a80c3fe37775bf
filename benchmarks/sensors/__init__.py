"""What is left with fewer sensors, and with those that cities really have."""
