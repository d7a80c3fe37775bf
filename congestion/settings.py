"""Settings of the congestion stage."""

from typing import Annotated

import msgspec

from congestion.cameras.travel_times import TravelTimeSettings
from congestion.detectors.g_factor import GFactorSettings
from congestion.detectors.health import HealthSettings
from congestion.levels import level_profile
from congestion.seen.parked import ParkedSettings

Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=86_400.0)]
Metres = Annotated[float, msgspec.Meta(ge=0.0, le=10_000.0)]


class EstimatorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a state estimator may be told; the defaults suit a city of signals and buses.

    `level_profile` names a band profile (see `congestion.levels`). A probe has stood when it
    stayed within `standing_reach_m` for `standing_s`; a hole longer than `standing_gap_s` between
    its rows ends the stand. `fill_s` is how long after a segment was last seen its state still
    counts as filled from what was seen rather than as historic. `belated_s` is how late progress
    may come, settled by the matcher after its minute closed, and still be remembered.
    """

    level_profile: str = "hcm"
    standing_s: Seconds = 90.0
    standing_reach_m: Metres = 20.0
    standing_gap_s: Seconds = 120.0
    fill_s: Seconds = 600.0
    belated_s: Seconds = 300.0
    forget_vehicle_s: Seconds = 900.0
    bus_stop_reach_m: Metres = 40.0
    parked: ParkedSettings = ParkedSettings()
    health: HealthSettings = HealthSettings()
    g_factor: GFactorSettings = GFactorSettings()
    travel_times: TravelTimeSettings = TravelTimeSettings()

    def __post_init__(self) -> None:
        level_profile(self.level_profile)
