"""The matcher's settings, one default for every feed."""

from typing import Annotated

import msgspec

Metres = Annotated[float, msgspec.Meta(ge=0, le=100_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Nats = Annotated[float, msgspec.Meta(ge=0, le=1000)]
"""Natural log of a likelihood ratio."""
Sigmas = Annotated[float, msgspec.Meta(ge=0, le=20)]
Weight = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Kmh = Annotated[float, msgspec.Meta(gt=0, le=300)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
MOST_CANDIDATES = 12
"""Unit: count. Source: a vehicle's record holds so many states (mapmatch/kernels/layout.py)."""


class MatcherSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the matcher weighs what it sees and how long it waits.

    A cost is minus the natural logarithm of a likelihood, in nats: 7 says one in a thousand. A
    layer is a fix with the places where the vehicle may be then; two layers are joined by routes.
    """

    candidate_count: Annotated[int, msgspec.Meta(ge=1, le=MOST_CANDIDATES)] = MOST_CANDIDATES
    """Segments that one fix may be on, the likeliest. Unit: count. Source: chosen, as many as a
    vehicle's record holds; with 8 the other way of each street crowds out the road driven."""
    lag: Annotated[int, msgspec.Meta(ge=0, le=50)] = 30
    """Fixes that may stay open behind the newest before the oldest is decided. Unit: count. Source:
    chosen on the matching sets, more gains nothing (benchmarks/matching.py)."""
    settle_after_s: Seconds = 150.0
    """Event time after which a fix is decided whatever the lag. Unit: s. Source: chosen on the
    matching sets; it takes minutes to tell parallel roads apart (benchmarks/matching.py)."""
    hold_s: Seconds = 20.0
    """How long a fix near the last layer waits for the next, which says how far it had come. Unit:
    s. Source: chosen, two fixes of a fleet that sends every 10 s."""
    restart_after_s: Seconds = 300.0
    """A vehicle silent for longer is forgotten, and its trace ends. Unit: s. Source: chosen; in
    five minutes a vehicle drives several ways that a route cannot tell apart."""
    search_sigmas: Sigmas = 4.0
    """Roads are looked for within so many standard deviations of the vehicle's noise. Unit: none.
    Source: chosen; of normal errors in the plane one in 3,000 is larger."""
    min_radius_m: Metres = 35.0
    """Roads are looked for at least so far from a fix. Unit: m. Source: chosen, from the middle of
    a wide road to the frontage road beside it."""
    max_radius_m: Metres = 80.0
    """Roads are looked for at most so far from a fix. Unit: m. Source: chosen; further off a fix is
    an outlier and every candidate costs time."""
    sigma_m: Metres = 8.0
    """GPS noise on one axis assumed of a vehicle not yet known, standard deviation. Unit: m.
    Source: chosen between 4 in the open (Newson and Krumm 2009) and 15 between high buildings."""
    min_sigma_m: Metres = 3.0
    """The least noise believed of a vehicle. Unit: m. Source: chosen; roads are drawn no better."""
    max_sigma_m: Metres = 30.0
    """The most noise believed of a vehicle. Unit: m. Source: chosen; beyond it what was settled is
    more likely to be wrong."""
    sigma_weight: Weight = 10.0
    """Settled fixes that sigma_m counts for beside the vehicle's own. Unit: count. Source: chosen,
    a vehicle's noise is its own after some minutes."""
    tau_s: Seconds = 20.0
    """Time over which GPS error persists, assumed of a vehicle not yet known. Unit: s. Source:
    chosen, as errors of receivers between buildings last (first-order Markov process)."""
    tau_weight: Weight = 10.0
    """Pairs of settled fixes that tau_s counts for beside the vehicle's own. Unit: count. Source:
    chosen, as sigma_weight."""
    noise_decay: Share = 0.98
    """What a settled fix still counts for in a vehicle's noise when one more is settled. Unit:
    share. Source: chosen; the last fifty fixes make up the noise."""
    near_sigmas: Sigmas = 0.7
    """A fix without a speed makes no layer of its own where it is nearer to the last layer's than
    so many standard deviations of how far the error moved since. Unit: none. Source: chosen on the
    matching sets (benchmarks/matching.py)."""
    near_m: Metres = 8.0
    """A fix nearer than this to the last layer's makes no layer of its own. Unit: m. Source: chosen
    on the matching sets (benchmarks/matching.py)."""
    layer_s: Seconds = 5.0
    """A fix so soon after the last layer's, and within layer_m of it, makes none of its own: its
    error is almost the same. Unit: s. Source: chosen on the matching sets of a fix a second
    (benchmarks/matching.py)."""
    layer_m: Metres = 30.0
    """A fix within this of the last layer's, and within layer_s, makes none of its own. Unit: m.
    Source: chosen, two lengths of a bus and the noise."""
    beta_m: Metres = 5.0
    """A route this much longer or shorter than the straight line costs about 1 nat where two fixes
    are one place. Unit: m. Source: chosen on the matching sets; beta of Newson and Krumm 2009, eq.
    2."""
    beta_share: Share = 0.04
    """What beta grows by for each metre between the fixes. Unit: share. Source: chosen on Beijing
    motion with new noise, best at 30 s (benchmarks/matching.py)."""
    beta_sigmas: Sigmas = 1.0
    """What beta grows by for each metre that the error moves between the fixes, standard deviation.
    Unit: none. Source: chosen; the straight line is off by that much."""
    detour_nats: Weight = 15.0
    """The most that a route's length costs between fixes sparse_s apart or more: a detour that the
    time allows is never impossible. Nearer fixes have more, by the square of the time. Unit: nats.
    Source: chosen on drives made on real networks, a fix each 30 and 60 s."""
    sparse_s: Seconds = 60.0
    """Between fixes so far apart a route is known by the time it took and by little else. Unit: s.
    Source: chosen on drives made on real networks."""
    u_turn_cost: Nats = 6.0
    """Cost of turning round on a route, at a node or in a dead end. Unit: nats. Source: chosen; one
    route in 400 does so where another leads there too."""
    turn_back_cost: Nats = 18.0
    """Cost of turning round in the middle of a street that leads on. Unit: nats. Source: chosen on
    the matching sets; with 14 noise turns vehicles round (benchmarks/matching.py)."""
    sparse_skip: Nats = 8.0
    """What skip_cost grows by for a fix sparse_s after the last; less for one sooner, by the square
    of the time. Unit: nats. Source: chosen on drives made on real networks."""
    skip_cost: Nats = 10.0
    """Cost of taking a fix for an outlier; no heading costs more. Unit: nats. Source: chosen on
    the matching sets and shanghai-core (benchmarks/matching.py)."""
    suspect_cost: Nats = 6.0
    """A fix that costs this much more than the state before it may be an outlier. Unit: log odds.
    Source: chosen on the matching sets and shanghai-core (benchmarks/matching.py)."""
    break_cost: Nats = 20.0
    """Cost of beginning anew where no route leads. Unit: nats. Source: chosen; less than twice
    skip_cost and within the beam, so that two fixes elsewhere move the vehicle."""
    beam: Nats = 24.0
    """A state that costs this much more than the likeliest is given up. Unit: nats. Source:
    chosen; on no recording did anything come of such a state."""
    speeding: Annotated[float, msgspec.Meta(ge=1, le=10)] = 1.3
    """A route that needs more than so many times the free speed costs more. Unit: none. Source:
    chosen, what drivers take where the road is empty."""
    speeding_cost_m: Metres = 10.0
    """So many metres beyond what that speed allows cost 1 nat. Unit: m. Source: chosen on the
    matching sets and shanghai-core (benchmarks/matching.py)."""
    heading_sigma_deg: Annotated[float, msgspec.Meta(gt=0, le=360)] = 20.0
    """How far a heading is off the road, standard deviation. Unit: deg. Source: chosen on the
    matching sets and shanghai-core (benchmarks/matching.py)."""
    heading_speed_kmh: Kmh = 4.0
    """Error of a receiver's velocity across its course: below this speed its heading says little.
    Unit: km/h. Source: chosen on the matching sets, about 1 m/s."""
    standing_speed_kmh: Kmh = 3.0
    """A vehicle slower than this stands. Unit: km/h. Source: chosen, what a receiver at rest still
    reads."""
    standing_cost: Nats = 3.0
    """Cost of standing in the first junction_m of a segment: vehicles wait before junctions. Unit:
    nats. Source: chosen; one stand in twenty."""
    junction_m: Metres = 10.0
    """How far a junction reaches into the segments that begin there. Unit: m. Source: chosen, half
    of a road of six lanes."""
    standing_sigmas: Sigmas = 4.0
    """A standing vehicle's fix within so many standard deviations of the mean of those before says
    that it still stands. Unit: none. Source: chosen, as search_sigmas."""
    bridge_s: Seconds = 90.0
    """Fixes that fit no road are answered by the route about them if it closes within this. Unit:
    s. Source: chosen, a tunnel or an underpass in slow traffic."""
    off_line_cost: Nats = 2.0
    """Cost of a bus's fix on a segment that no bus line drives, where lines are known; 0 forgets
    the lines. Unit: nats. Source: chosen on three recordings of shanghai-core: with 1 routes
    are worse, with 3 fewer fixes are exact (benchmarks/bus_lines.py)."""
    signal_sigmas: Sigmas = 0.3
    """A fix without a speed is as likely before a signal as behind it so many standard deviations
    of its noise behind it: vehicles wait before signals. Unit: none. Source: chosen on drives made
    on real networks (benchmarks/sparse)."""
    tunnel_cost: Nats = 3.0
    """Cost of being seen inside a tunnel, 50 m and more from its ends; who was seen there by the
    fix before has paid it. Unit: nats. Source: chosen; a receiver sees no sky there, one in twenty
    goes on by dead reckoning."""
    slow_cost: Nats = 0.5
    """Cost of standing on a bridge or viaduct; less of driving, none from six tenths of its free
    speed on. Unit: nats. Source: chosen; there are no signals, so that who stops and goes is on the
    street below."""
    reach_m: Metres = 6000.0
    """How far a route is searched where a gap is wider than the path table. Unit: m. Source:
    chosen, what 70 km/h drive within restart_after_s."""

    def __post_init__(self) -> None:
        for least, most in (("min_radius_m", "max_radius_m"), ("min_sigma_m", "max_sigma_m")):
            low, high = getattr(self, least), getattr(self, most)
            if low > high:
                raise ValueError(f"{least} {low:g}, expected at most {most} {high:g}")


RECORDED = MatcherSettings(lag=50, settle_after_s=3600.0)
"""For recordings: nobody waits for an answer, so a fix is decided by all that came after it."""
