"""The slow twin of mapmatch.kernels.trellis: what every way to every candidate costs, nats.

Newson and Krumm 2009 (emission normal, transition exponential in route minus straight line), with
an error that persists: on each axis a first-order Markov process, so errors `seconds` apart have
correlation exp(-seconds / tau). Each way is written out by itself and the cheapest is taken.
"""

from dataclasses import dataclass
from math import exp, hypot, inf, log, pi, sqrt
from statistics import NormalDist

from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network
from tests.reference.routes import Route, routes_from, successors

MOST_ALIVE = 3


@dataclass(frozen=True)
class State:
    """A place where the vehicle may have been at an earlier fix, and what that costs."""

    segment: int
    offset: float
    across: float  # of its own fix, to the left of the segment
    along: tuple[float, float]  # the segment's unit direction there
    fix: tuple[float, float]
    seconds: float  # from its own fix to the new one
    gap_s: float  # from the newest fix to the new one
    score: float
    debt: float | None  # what it costs more on the route already settled; None: not reached
    tunnel: float = 0.0  # what its place in a tunnel costs


@dataclass(frozen=True)
class Candidate:
    """A place where the vehicle may be at the new fix; `cost` is without the distance across.

    `tunnel` is what of it is for being in a tunnel: who was in one has paid that.
    """

    segment: int
    offset: float
    across: float
    along: tuple[float, float]
    cost: float
    tunnel: float = 0.0


@dataclass(frozen=True)
class Scored:
    """What the cheapest way to a candidate costs, and through which state it comes."""

    cost: float
    state: int
    is_break: bool


def first_costs(candidates: list[Candidate], sigma: float) -> list[float]:
    """Give what each candidate of a trace's first fix costs."""
    return [c.cost + normal_cost(c.across, 0.0, sigma, sigma) for c in candidates]


def normal_cost(value: float, mean: float, deviation: float, sigma: float) -> float:
    """Give minus the log density, against that of no error at all of deviation sigma."""
    return -log(NormalDist(mean, deviation).pdf(value) * sigma * sqrt(2.0 * pi))


def ways_to(
    network: Network,
    settings: MatcherSettings,
    states: list[State],
    candidate: Candidate,
    fix: tuple[float, float],
    sigma: float,
    tau: float,
) -> list[float]:
    """Give what the way from each state to a candidate costs, infinite where there is none."""
    return [
        _way(network, settings, state, candidate, fix, sigma, tau) + candidate.cost
        for state in states
    ]


def _way(
    network: Network,
    settings: MatcherSettings,
    state: State,
    candidate: Candidate,
    fix: tuple[float, float],
    sigma: float,
    tau: float,
) -> float:
    correlation = exp(-state.seconds / tau)
    drift = sqrt(2.0 * (1.0 - correlation)) * sigma  # of the difference of the two errors
    turn = state.along[0] * candidate.along[0] + state.along[1] * candidate.along[1]
    shared = correlation * turn
    emission = normal_cost(
        candidate.across, shared * state.across, sigma * sqrt(1.0 - shared**2), sigma
    )
    straight = hypot(fix[0] - state.fix[0], fix[1] - state.fix[1])
    scale = settings.beta_m + settings.beta_share * straight + settings.beta_sigmas * drift
    free_speed = max(network.free_speed_mps[s] for s in (state.segment, candidate.segment))
    fastest = settings.speeding * free_speed * state.seconds + 2.0 * drift

    def motion(metres: float, turns_cost: float) -> float:
        nats = abs(metres - straight) / scale
        most = settings.detour_nats * max(1.0, settings.sparse_s / state.gap_s) ** 2
        detour = nats * most / (most + nats)
        return detour + max(0.0, metres - fastest) / settings.speeding_cost_m + turns_cost

    ways = [inf]
    if (driven := _driven(network, state, candidate, drift)) is not None:
        ways.append(motion(driven[0], driven[1] * settings.u_turn_cost))
    if (driven := _driven_back(network, state, candidate)) is not None:
        first = settings.u_turn_cost if _is_dead_end(network, state) else settings.turn_back_cost
        ways.append(motion(driven[0], first + driven[1] * settings.u_turn_cost))
    return float(state.score + emission + min(ways) - min(state.tunnel, candidate.tunnel))


def _driven(
    network: Network, state: State, candidate: Candidate, drift: float
) -> tuple[float, int] | None:
    """Give the metres from a state to a candidate and how often the way turns round.

    Back along one segment by three drifts at most is standing, by more it is a loop.
    """
    ahead = candidate.offset - state.offset
    if state.segment == candidate.segment and ahead >= -3.0 * drift:
        return max(0.0, ahead), 0
    route: Route | None = routes_from(network, state.segment).get(candidate.segment)
    if route is None:
        return None
    rest = float(network.length_m[state.segment]) - state.offset
    return rest + route.metres + candidate.offset, route.turn_count


def _driven_back(network: Network, state: State, candidate: Candidate) -> tuple[float, int] | None:
    """Give the metres and further turns of the way that turns round on the state's segment.

    Towards a place further on along the same street it turns when it gets there.
    """
    back = int(network.reverse_segment[state.segment])
    if back < 0 or back not in successors(network)[state.segment]:
        return None
    if candidate.segment == back:
        return abs(state.offset + candidate.offset - network.length_m[state.segment]), 0
    route = routes_from(network, back).get(candidate.segment)
    if route is None or candidate.segment == state.segment:
        return None
    return state.offset + route.metres + candidate.offset, route.turn_count


def _is_dead_end(network: Network, state: State) -> bool:
    return len(successors(network)[state.segment]) == 1


def cheapest(
    settings: MatcherSettings,
    states: list[State],
    candidate: Candidate,
    ways: list[float],
    sigma: float,
    *,
    is_route: bool,
) -> Scored:
    """Give the cheapest way to a candidate, or the break that is cheaper than any.

    A break goes from the likeliest state to the candidate by itself. With `is_route` only ways
    that go on from the route already settled count, with what they cost more.
    """
    debts = [_debt(state, is_route) for state in states]
    totals = [way + debt for way, debt in zip(ways, debts, strict=True)]
    scores = [state.score + debt for state, debt in zip(states, debts, strict=True)]
    broken = (
        min(scores)
        + settings.break_cost
        + normal_cost(candidate.across, 0.0, sigma, sigma)
        + candidate.cost
    )
    if min(totals) < broken:
        return Scored(min(totals), totals.index(min(totals)), False)
    return Scored(broken, scores.index(min(scores)), True)


def _debt(state: State, is_route: bool) -> float:
    if not is_route:
        return 0.0
    return inf if state.debt is None else state.debt


def living_on(
    settings: MatcherSettings, states: list[State], costs: list[float], seconds: float
) -> list[tuple[int, float, float]]:
    """Give the states that live on because the new fix may be an outlier: state, cost, by route.

    `seconds` is the time since the newest fix.

    It may be one where its likeliest candidate costs suspect_cost more than the likeliest state.
    """
    if min(costs) - min(state.score for state in states) < settings.suspect_cost:
        return []
    order = sorted(range(len(states)), key=lambda k: states[k].score)[:MOST_ALIVE]
    share = min(1.0, seconds / settings.sparse_s)
    skip_cost = settings.skip_cost + settings.sparse_skip * share**2
    alive = [(k, states[k].score + skip_cost) for k in order]
    return [(k, cost, cost + _debt(states[k], True)) for k, cost in alive]
