"""When segments are a queue."""

from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

VEHICLE_SPACING_M = 7.5
"""Road that a queued vehicle takes up; its inverse is the jam density of a lane. Unit: m. Source: a
car of 5 m and a gap of 2.5 m behind it, 133 veh/km."""
_RED_VEHICLES = 10
"""Vehicles that one red gathers in a lane driven at capacity: 0.5 veh/s of saturation flow, a green
of 40 % and a cycle of 90 s. Unit: count. Source: Highway Capacity Manual, saturation flow of 1,800
to 1,900 veh/h and lane."""


class QueueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is a queue. Speeds are shares of the segment's free-flow speed."""

    standing_share: Share = 0.2
    """Traffic slower than this stands: its segment holds a queue. Unit: share. Source: chosen on
    the four recordings of shanghai-core; 0.15 to 0.3 find the same roots."""
    slow_share: Share = 0.3
    """A queue reaches back over segments slower than this. Unit: share. Source: chosen on the four
    recordings of shanghai-core."""
    full_occupancy: Share = 0.4
    """A segment whose detectors are occupied for this share of the time is full and holds up those
    behind it; one without detectors is taken for full. Unit: share. Source: chosen, below the two
    thirds of its 7.5 m that a queued vehicle covers; 0.2 to 0.6 find the same roots on
    shanghai-core."""
    least_storage_m: Annotated[float, msgspec.Meta(ge=0, le=1000)] = (
        _RED_VEHICLES * VEHICLE_SPACING_M
    )
    """A segment shorter than this is filled by every red and is never taken for full. Unit: m.
    Source: the vehicles that one red gathers at capacity (Highway Capacity Manual), 7.5 m each."""
