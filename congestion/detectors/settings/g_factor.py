"""How the length at a detector that measures no speeds is learnt."""

from typing import Annotated

import msgspec

Metres = Annotated[float, msgspec.Meta(gt=0, le=50)]
Share = Annotated[float, msgspec.Meta(gt=0, le=2)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=100_000)]


class GFactorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the effective length of a detector without speed is learnt, and its speed made of it."""

    free_occupancy: Share = 0.05
    """Traffic is free where a detector is occupied for less of the minute; only then its length is
    learnt. Unit: share. Source: chosen, a fifth of the occupancy of flow at capacity."""
    free_speed_share: Share = 0.95
    """Free vehicles drive at this share of the limit over a detector without speed. Unit: share.
    Source: chosen on the recordings of shanghai-core (benchmarks/detector_speeds.py)."""
    free_open_share: Share = 1.05
    """The same where traffic is not interrupted. Unit: share. Source: Highway Capacity Manual, base
    free-flow speed of multilane highways: the limit and 5 mi/h."""
    sure_occupancy: Share = 0.1
    """A speed made of at least this occupancy stands by itself. A lower one is summed up with the
    minutes before: one in whole percents is off by 1 / occupancy. Only where traffic is not
    interrupted; under this it is free there. Unit: share. Source: chosen, two fifths of the
    occupancy of flow at capacity."""
    low_weight: Share = 0.1
    """The weight of a minute of a lower occupancy. Unit: share. Source: chosen, so that the last
    ten minutes tell how fast an empty road is."""
    most_speed_share: Share = 1.3
    """No speed is made above this share of the limit. Unit: share. Source: chosen, the fastest of
    free traffic."""
    usual_length_m: Metres = 5.0
    """The effective length before a detector has seen free traffic. Unit: m. Source: chosen, a car
    of 4 to 5 m and the zone that detects it."""
    prior_vehicles: Vehicles = 30.0
    """The usual length counts like so many vehicles. Unit: count. Source: chosen, a few minutes of
    a lane."""
    memory_vehicles: Vehicles = 2000.0
    """A detector's length is the mean of its last so many vehicles. Unit: count. Source: chosen, a
    few hours of a lane."""
