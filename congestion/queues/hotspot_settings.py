"""When a queue is a hot spot."""

from typing import Annotated

import msgspec

Length = Annotated[float, msgspec.Meta(ge=0, le=100_000)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=1440)]


class HotSpotSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a queue becomes a hot spot, when it ends, and when a change of it is published."""

    open_length_m: Length = 250.0
    """A queue of at least this length becomes a hot spot if it lasts. Unit: m. Source: chosen, more
    than three times what one red gathers in a lane."""
    clear_length_m: Length = 120.0
    """A hot spot shorter than this is ending. Unit: m. Source: chosen, half of the length that
    opens one, so that none opens and clears in turn."""
    open_minutes: Minutes = 5
    """A queue opens a hot spot after so many minutes in a row of that length. Unit: min. Source:
    chosen, more than two cycles of a signal."""
    unsure_minutes: Minutes = 10
    """So many minutes longer where only detectors see it while many of them turn out to be wrong.
    Unit: min. Source: chosen, twice what finds most faults of a gateway."""
    clear_minutes: Minutes = 4
    """A hot spot clears after so many minutes in a row under the shorter length. Unit: min. Source:
    chosen, two cycles of a signal."""
    loop_minutes: Minutes = 5
    """Queues that close into a loop are gridlock after so many minutes in a row. Unit: min. Source:
    chosen, more than two cycles of a signal."""
    update_share: Annotated[float, msgspec.Meta(gt=0, le=100)] = 0.5
    """A hot spot is published again when its length has changed by this share of the length that
    was last published. Unit: share. Source: chosen, so that an operator reads few versions."""

    def __post_init__(self) -> None:
        if self.clear_length_m > self.open_length_m:
            raise ValueError(
                f"clear_length_m {self.clear_length_m:g}, "
                f"expected at most open_length_m {self.open_length_m:g}"
            )
