"""What goes with a region's states of one minute, in the header of their frame."""

import msgspec

from congestion.records import DetectorFault, PathTime, Sighting


class MinuteHeader(msgspec.Struct, frozen=True):
    """Which region and minute (its start, seconds since 1970 UTC), and what was seen in it.

    `sightings` are single observations such as a standing vehicle, `faults` those of detectors that
    began or ended with the minute, `path_times` travel times from camera to camera.
    `event_time` is when the minute could be decided: its end plus lateness and settling.
    """

    region: int
    minute: float
    event_time: float
    sightings: list[Sighting]
    faults: list[DetectorFault] = []
    path_times: list[PathTime] = []
