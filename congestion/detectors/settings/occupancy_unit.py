"""When a detector sends its occupancy in percent."""

from typing import Annotated

import msgspec

Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class OccupancyUnitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of units: a detector that sends occupancies in percent instead of shares."""

    least_minutes: Minutes = 2
    """A detector sends percent once it sent values that only a percentage can be in so many
    minutes. Unit: min. Source: chosen, one may be an error."""
    memory_minutes: Minutes = 60
    """A detector sends percent until it has sent no value that only a percentage can be for so
    long: on an empty street percentages are small. Unit: min. Source: chosen, longer than a street
    stays empty."""
    most_share: Share = 0.5
    """All detectors of a region send percent where more than this share of those whose unit shows
    do. Unit: share. Source: chosen, the greater part."""
    least_detectors: Count = 10
    """All detectors of a region send percent where more than so many of them do, and not on the
    word of fewer. Unit: count. Source: chosen, fewer may be of one cabinet."""
