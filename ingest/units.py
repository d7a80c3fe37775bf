"""The units that numbers are given in, and the constants between two of them."""

from typing import Annotated

Seconds = Annotated[float, "s"]
"""A span, or a time since 1970 UTC."""
Metres = Annotated[float, "m"]
MetresPerSecond = Annotated[float, "m/s"]
Degrees = Annotated[float, "deg"]
KMH = 3.6
"""Kilometres an hour in one metre a second."""
MINUTE_S = 60.0
"""Seconds in a minute, which is what a state is of."""
