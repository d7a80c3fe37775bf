"""What a region says of one minute beside its rows, in the header of its segment-states frame."""

import msgspec

from congestion.records import DetectorFault, PathTime, Sighting


class RegionReport(msgspec.Struct, frozen=True):
    """Which region and minute (its start, seconds since 1970 UTC), and what was sighted in it.

    `faults` are those of detectors that began or ended with it, `path_times` camera to camera.
    `event_time` is when the minute could be decided: its end plus lateness and settling.
    """

    region: int
    minute: float
    event_time: float
    sightings: list[Sighting]
    faults: list[DetectorFault] = []
    path_times: list[PathTime] = []
