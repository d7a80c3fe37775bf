"""What a region says of one minute beside its rows, in the header of its segment-states frame."""

import msgspec

from congestion.records import Sighting


class RegionReport(msgspec.Struct, frozen=True):
    """Which region and minute (its start, seconds since 1970 UTC), and what was sighted in it.

    `event_time` is when the minute could be decided: its end plus lateness and settling.
    """

    region: int
    minute: float
    event_time: float
    sightings: list[Sighting]
