"""Which times between two cameras are believed."""

from typing import Annotated

import msgspec

from congestion.cameras.clock_settings import CameraClockSettings

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
_Sigmas = Annotated[float, msgspec.Meta(gt=0, le=10)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class TravelTimeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which times between two cameras are believed, by the window of Dion and Rakha (2006)."""

    longest_s: _Seconds = 1200.0
    """A vehicle that takes longer between two cameras made a stop; its plate is forgotten. Unit: s.
    Source: chosen, five times the longest path in a free city."""
    least_share: _Share = 0.5
    """Nobody drives a path in less than this share of its free time. Unit: share. Source: chosen,
    twice the free speed."""
    smoothing: _Share = 0.2
    """One vehicle's time changes the mean by this share of its difference. Unit: share. Source:
    chosen, a memory of five vehicles."""
    window_sigmas: _Sigmas = 2.0
    """A time is believed within so many standard deviations of the mean, by logarithm. Unit:
    standard deviations. Source: chosen, 95 of 100 of a normal distribution."""
    least_sigma: _Share = 0.2
    """The standard deviation is taken for at least this. Unit: of ln time. Source: chosen, times
    within about 20 % are alike."""
    first_sigma: _Share = 0.5
    """The standard deviation before the first vehicle. Unit: of ln time. Source: chosen, wide
    enough for a jam."""
    turns_after: _Count = 3
    """After so many times in a row beyond the same side of the window the traffic has changed, and
    not the driver. Unit: count. Source: chosen, as Dion and Rakha (2006)."""
    clocks: CameraClockSettings = CameraClockSettings()
