"""When a detector of single events loses their other halves."""

from typing import Annotated

import msgspec

Minutes = Annotated[float, msgspec.Meta(ge=1, le=10_080)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=100_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class LostOffsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of events: a detector whose ons lack their offs, or its offs their ons."""

    most_share: Share = 0.5
    """A detector loses events once more than this share of its vehicles lack an on or an off. Unit:
    share. Source: chosen, the greater part; of 72 detectors of two signals in Oregon two lose 0.74
    and 0.80 of their offs, the next one 0.32."""
    end_share: Share = 0.4
    """It is believed again where it loses less than this share. Unit: share. Source: chosen, below
    most_share by more than chance moves the share of some hundred vehicles."""
    least_vehicles: Vehicles = 100.0
    """The share is known from so many vehicles. Unit: count. Source: chosen; by chance alone a
    share of 0.32 then comes to 0.5 once in ten thousand times."""
    least_minutes: Minutes = 60.0
    """It is known from so many minutes of events. Unit: min. Source: chosen, a gateway that loses a
    stretch of events has lost no more than that of the hour."""
    doubt_share: Share = 0.25
    """An occupancy is not used, long before a fault is known, once so many of the vehicles lack an
    on or an off. Unit: share. Source: two of 72 detectors of two signals in Oregon that lose 0.23
    and 0.32 are occupied for half of the time by few vehicles; the others lie below."""
    sure_share: Share = 0.15
    """It is used again below this share. Unit: share. Source: chosen, below doubt_share."""
    whole_vehicles: Vehicles = 8.0
    """Nor is it used until so many vehicles have sent both. Unit: count. Source: chosen, of
    detectors that lose every second off 1 in 20 seems whole by then; before, they look blocked."""
    memory_minutes: Minutes = 240.0
    """Vehicles are remembered for so many minutes, older ones fade. Unit: min. Source: chosen, a
    morning."""
