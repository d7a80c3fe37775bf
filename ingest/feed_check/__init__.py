"""What a recorded feed shows by itself, before any run: rates, units and clocks."""
