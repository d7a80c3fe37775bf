"""When the clock of a camera is off."""

from typing import Annotated

import msgspec

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_Count = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class CameraClockSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a camera's clock counts as off, by the times of vehicles between cameras."""

    least_vehicles: _Count = 8.0
    """Two cameras are compared once the densest minute of the times between them holds so many
    vehicles. Unit: count. Source: chosen on the recordings of shanghai-core with clocks put off
    (benchmarks/camera_times.py)."""
    least_share: _Share = 0.25
    """That minute must also hold this share of all the times between two cameras. Unit: share.
    Source: chosen on the recordings of shanghai-core with clocks put off
    (benchmarks/camera_times.py)."""
    least_offset_s: _Seconds = 60.0
    """A clock is off from this offset on. Unit: s. Source: chosen, less may be due to signals and
    to the ways that vehicles take."""
    memory_vehicles: _Count = 200.0
    """After so many times between two cameras all of them count half. Unit: count. Source: chosen,
    about an hour of a busy pair."""
