"""The matcher's settings, one default for every feed."""

from math import radians
from typing import Annotated

import msgspec

from mapmatch.kernels.layout import MODEL, Records
from mapmatch.memory import records

Metres = Annotated[float, msgspec.Meta(ge=0, le=100_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Nats = Annotated[float, msgspec.Meta(ge=0, le=1000)]
"""Natural log of a likelihood ratio."""
Sigmas = Annotated[float, msgspec.Meta(ge=0, le=20)]
Weight = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Kmh = Annotated[float, msgspec.Meta(gt=0, le=300)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class MatcherSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the matcher weighs what it sees and how long it waits.

    Costs are negative logarithms of likelihoods, so a cost of 7 says one in a thousand.
    """

    candidate_count: Annotated[int, msgspec.Meta(ge=1, le=8)] = 8
    lag: Annotated[int, msgspec.Meta(ge=0, le=50)] = 30
    """Fixes that may stay open behind the newest before the oldest is decided."""
    settle_after_s: Seconds = 150.0
    """Event time after which a fix is decided whatever the lag."""
    hold_s: Seconds = 20.0
    """How long a fix near the last one waits to be told how far along it stands."""
    restart_after_s: Seconds = 300.0
    """A longer silence ends the trace; also the vehicle's time to live."""
    search_sigmas: Sigmas = 4.0
    min_radius_m: Metres = 35.0
    max_radius_m: Metres = 80.0
    sigma_m: Metres = 8.0
    """GPS noise on one axis assumed of a vehicle not yet known (Newson and Krumm 2009 found 4 in
    the open; urban receivers of bus and taxi fleets 5 to 15)."""
    min_sigma_m: Metres = 3.0
    max_sigma_m: Metres = 30.0
    sigma_weight: Weight = 10.0
    """Settled fixes that the assumed noise counts for."""
    tau_s: Seconds = 20.0
    """Time over which GPS error persists, assumed of a vehicle not yet known."""
    tau_weight: Weight = 10.0
    noise_decay: Share = 0.98
    near_sigmas: Sigmas = 0.7
    near_m: Metres = 8.0
    layer_s: Seconds = 5.0
    """A fix so soon after the newest layer's, and within `layer_m` of it, is weighed no more: its
    error is almost the same one."""
    layer_m: Metres = 30.0
    beta_m: Metres = 5.0
    beta_share: Share = 0.04
    beta_sigmas: Sigmas = 1.0
    u_turn_cost: Nats = 6.0
    skip_cost: Nats = 10.0
    suspect_cost: Nats = 6.0
    break_cost: Nats = 16.0
    """Less than twice skip_cost and within the beam: two fixes elsewhere move the vehicle."""
    beam: Nats = 20.0
    """Of a state worse than the likeliest by more nothing came, on no recording."""
    speeding: Annotated[float, msgspec.Meta(ge=1, le=10)] = 1.3
    speeding_cost_m: Metres = 10.0
    heading_sigma_deg: Annotated[float, msgspec.Meta(gt=0, le=360)] = 20.0
    heading_speed_kmh: Kmh = 4.0
    """Error of a receiver's velocity: below this speed its heading says little."""
    standing_speed_kmh: Kmh = 3.0
    standing_cost: Nats = 3.0
    """Of standing in the first `junction_m` of a segment: vehicles wait before junctions."""
    junction_m: Metres = 10.0
    standing_sigmas: Sigmas = 4.0
    """A standing vehicle's fix so near the mean of those before it says that it still stands."""
    bridge_s: Seconds = 90.0
    """Fixes that fit no road are answered by the route about them if it closes within this."""
    off_line_cost: Nats = 2.0
    """Of a bus's fix on a segment that no bus line drives, where lines are known: one in seven.
    With 1 routes are worse, with 3 fewer fixes are exact; see benchmarks/bus_lines.py. 0 forgets
    the lines."""
    speed_sigma_kmh: Kmh = 10.0
    reach_m: Metres = 6000.0
    """How far a route is searched on line when a gap is wider than the path table."""

    def __post_init__(self) -> None:
        for least, most in (("min_radius_m", "max_radius_m"), ("min_sigma_m", "max_sigma_m")):
            low, high = getattr(self, least), getattr(self, most)
            if low > high:
                raise ValueError(f"{least} {low:g}, expected at most {most} {high:g}")


RECORDED = MatcherSettings(lag=50, settle_after_s=3600.0)
"""For recordings: nobody waits for an answer, so a fix is decided by all that came after it."""


def model_of(settings: MatcherSettings, padding_m: Metres) -> Records:
    """Give the settings as kernels read them; candidates come from within the grid's padding."""
    model = records(MODEL, 1)
    for name in MODEL.names or ():
        if hasattr(settings, name):
            model[name] = getattr(settings, name)
    model["max_radius_m"] = min(settings.max_radius_m, padding_m)
    model["heading_sigma_rad"] = radians(settings.heading_sigma_deg)
    model["heading_speed_mps"] = settings.heading_speed_kmh / 3.6
    model["standing_speed_mps"] = settings.standing_speed_kmh / 3.6
    model["speed_sigma_mps"] = settings.speed_sigma_kmh / 3.6
    return model
