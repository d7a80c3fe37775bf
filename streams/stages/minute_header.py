"""What goes in the header of a region's frames: with a minute's states, or between minutes."""

import msgspec

from congestion.records import DetectorFault, PathTime, Sighting


class MinuteHeader(msgspec.Struct, frozen=True):
    """Which region and minute (its start, seconds since 1970 UTC), and what was seen in it.

    `sightings` are single observations such as a standing vehicle, `faults` those of detectors that
    began or ended with the minute, `path_times` travel times from camera to camera.
    `event_time` is when the minute could be decided: its end plus lateness and settling. Where it
    `is_leapt` the clock leapt over it and some more, as a recording's end makes it: that nothing
    came then is no news.
    """

    region: int
    minute: float
    event_time: float
    sightings: list[Sighting]
    faults: list[DetectorFault] = []
    path_times: list[PathTime] = []
    is_leapt: bool = False


class TickHeader(msgspec.Struct, frozen=True):
    """What is seen of a region between its minutes; the frame has no rows.

    `sightings` are the vehicles that stand at `tick` (seconds since 1970 UTC) and what cameras said
    in the minutes that are open then. `event_time` is when all of it could be there.
    """

    region: int
    tick: float
    event_time: float
    sightings: list[Sighting]
