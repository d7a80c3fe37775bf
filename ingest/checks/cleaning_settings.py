"""When a fix cannot be true beside those of its vehicle before it."""

from typing import Annotated

import msgspec

from ingest.units import Metres, MetresPerSecond, Seconds


class CleaningSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a fix cannot be true beside those of its vehicle before it."""

    late_s: Annotated[Seconds, msgspec.Meta(ge=0.0, le=86_400.0)] = 60.0
    """How far behind the announced watermark a fix may still come. Unit: s. Source: chosen, nearly
    twice the longest delay in the recordings of shanghai-core (34 s)."""
    skew_s: Annotated[Seconds, msgspec.Meta(ge=0.0, le=86_400.0)] = 30.0
    """How far a vehicle's clock may run ahead of its fix's arrival. Unit: s. Source: chosen; a
    receiver with a fix knows the time, so more is a clock that was never set."""
    highest_speed: Annotated[MetresPerSecond, msgspec.Meta(gt=0.0, le=1000.0)] = 60.0
    """A fix further from the last than slack_m and this speed allow has jumped. Unit: m/s. Source:
    chosen; 216 km/h, faster than a bus or a taxi drives."""
    slack_m: Annotated[Metres, msgspec.Meta(ge=0.0, le=100_000.0)] = 400.0
    """Metres beyond highest_speed that are not a jump. Unit: m. Source: chosen; two positions that
    are each off by an outlier between tall buildings, 200 m."""
    relocate_count: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    """So many jumped fixes in a row that agree with one another move the vehicle. Unit: count.
    Source: chosen; two may be one outlier that lasts, three are a vehicle that is there."""
    forget_s: Annotated[Seconds, msgspec.Meta(gt=0.0, le=86_400.0)] = 1800.0
    """A vehicle without a used fix for so long starts afresh. Unit: s. Source: chosen; in half an
    hour it may be anywhere in the city."""
