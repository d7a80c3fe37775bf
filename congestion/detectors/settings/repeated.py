"""When a detector sends the same value again and again."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=2, le=100_000)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class RepeatedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of values that repeat: a detector whose number is stuck has a fault."""

    occupancies: Count = 9
    """A detector whose occupancy is the same, and above 0, in so many readings in a row has a
    fault, if its count says that it had to change. Unit: count. Source: chosen, live form of the
    daily test of Chen et al. 2003."""
    had_to_change: Share = 0.02
    """The counts say so where they differ by so much that the occupancy would have differed by
    this. Unit: share of time. Source: chosen, two of the whole percents in which many are sent."""
    uncounted: Count = 36
    """Without counts so many equal readings of an occupancy, above what had to change, are a fault.
    Unit: count. Source: chosen, four times as many."""
    all_three: Count = 12
    """A detector has a fault too once its count, occupancy and speed were all the same in so many
    readings in a row, the occupancy above what had to change. Unit: count. Source: chosen, no
    traffic does so; a gateway that repeats its last record does."""
    speed_minutes: Minutes = 180
    """A detector that measured the same speed for so long has a fault. Unit: min. Source: chosen,
    longer than free traffic of a night keeps a speed in whole km/h."""
    speeds: Count = 12
    """It must have measured it so often. Unit: count. Source: chosen, three hours of readings of 15
    minutes."""
