"""Settings of the congestion stage."""

from typing import Annotated

import msgspec

from congestion.cameras.travel_time_settings import TravelTimeSettings
from congestion.detectors.settings.g_factor import GFactorSettings
from congestion.detectors.settings.health import HealthSettings
from congestion.level_bounds import PROFILES, LevelBounds, read_bounds
from congestion.seen.parked_settings import ParkedSettings

Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=86_400.0)]
Metres = Annotated[float, msgspec.Meta(ge=0.0, le=10_000.0)]


class EstimatorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the state of each segment is made of what was seen; for a city of signals and buses."""

    level_profile: str = "hcm"
    """Name of the bounds between the levels 0 to 5, one of congestion/shipped/levels.toml. Unit:
    none. Source: chosen, the Highway Capacity Manual is known everywhere."""
    level_margin: Annotated[float, msgspec.Meta(ge=0.0, le=0.5)] = 0.12
    """A segment leaves its level once its speed is past the bound by this share. Unit: share.
    Source: chosen, about the middle of the next level, for bounds of the Highway Capacity Manual
    lie 1.25 to 1.34 times apart."""
    standing_s: Seconds = 90.0
    """A probe that has not moved for so long is sighted as a standing vehicle. Unit: s. Source:
    chosen, a usual cycle of a signal."""
    tick_standing_s: Seconds = 45.0
    """One that came to rest for so long is told between the minutes, each few seconds, to those who
    judge it by what else is seen. Unit: s. Source: chosen, half of `standing_s`."""
    tick_fresh_s: Seconds = 60.0
    """It is told as long as it was seen so lately. Unit: s. Source: chosen, two reports of most
    vehicles, and the time that the matcher takes to settle one."""
    standing_reach_m: Metres = 20.0
    """A probe stands while it stays within this distance of where it came to rest. Unit: m. Source:
    chosen, the error of GPS in streets."""
    standing_gap_s: Seconds = 120.0
    """A probe that was not seen for so long stands no more. Unit: s. Source: chosen, two fixes a
    minute apart may be missed."""
    fill_s: Seconds = 600.0
    """A segment last seen so long ago is no longer filled from what was seen, but historic. Unit:
    s. Source: chosen, about the time in which a queue comes or goes."""
    belated_s: Seconds = 300.0
    """Progress that the matcher settles so long after its minute was closed is still remembered.
    Unit: s. Source: chosen, twice the time within which the matcher decides."""
    forget_vehicle_s: Seconds = 900.0
    """A standing vehicle that was not seen for so long is forgotten. Unit: s. Source: chosen, a
    quarter of an hour without a fix is a trip's end."""
    bus_stop_reach_m: Metres = 40.0
    """A bus that stands so near one of its stops serves it, and is not part of a queue. Unit: m.
    Source: chosen, three buses in a row."""
    parked: ParkedSettings = ParkedSettings()
    health: HealthSettings = HealthSettings()
    g_factor: GFactorSettings = GFactorSettings()
    travel_times: TravelTimeSettings = TravelTimeSettings()

    def __post_init__(self) -> None:
        read_bounds(self.level_profile, PROFILES, LevelBounds)
