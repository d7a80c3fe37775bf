"""Settings of who is proposed to go."""

from typing import Annotated

import msgspec
from msgspec import Meta

Wait = Annotated[float, Meta(ge=0, le=86_400)]


class DispatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which patrols are proposed for a case."""

    silent_s: Wait = 300.0
    """A patrol that has said nothing for so long is not proposed. Unit: s. Source: chosen, some
    times as long as a radio waits between two positions."""
    farthest_s: Wait = 3600.0
    """Nor one that would take longer. Unit: s. Source: chosen, an hour."""
    other_unit_s: Wait = 180.0
    """One of another unit is proposed where it is there so much sooner. Unit: s. Source: chosen,
    three minutes."""
    unskilled_s: Wait = 300.0
    """And one that is trained for other causes, from severity 3 on. Unit: s. Source: chosen, five
    minutes."""
    siren_factor: Annotated[float, Meta(ge=1, le=5)] = 1.0
    """Patrols drive so much faster than traffic; 1 without lights and siren. Unit: none. Source:
    chosen."""
    again_s: Wait = 300.0
    """A proposal is made again after so long, and at once where its patrol is no longer free.
    Unit: s. Source: chosen, five minutes."""
    a_minute: Annotated[int, Meta(ge=1, le=10_000)] = 50
    """At most so many are made in a minute, of the gravest cases first. Unit: count. Source:
    chosen, 0.1 s of a core where the network has 60,000 segments: commands wait no longer."""
