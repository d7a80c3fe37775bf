"""The traffic of a freeway's morning: flows that rise beyond what it carries, few probes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.simulated.demand import Breakdown, Demand
from streams.simulated.freeway import Freeway, own_crossings, sections_of
from streams.simulated.streets import Streets
from streams.simulated.vehicles import Course, departures

# The shares of vehicles on a freeway that tell where they are.
TAXI_SHARE, BUS_SHARE = 0.012, 0.004
STREET_PER_HOUR: Course = ((0.0, 150.0), (30.0, 350.0), (90.0, 200.0))
# Not every ramp is as busy as the next.
RAMP_SPREAD = (0.7, 1.3)
# Most come from and go to the side of the freeway on which their ramp lies.
SIDE_SHARES = (0.85, 0.15)
LETTERS = {"car": "c", "van": "v", "truck": "h", "taxi": "t", "bus": "b"}


@dataclass(frozen=True)
class Flow:
    """Vehicles that enter at one link, when, and the links they leave by in what shares."""

    entry: str
    per_hour: Course
    exits: dict[str, float]


def flows_of(freeway: Freeway, random: np.random.Generator) -> list[Flow]:
    """Give the flows of both carriageways and of the streets that cross them."""
    flows: list[Flow] = []
    for side, way in enumerate(freeway.ways):
        crossings = own_crossings(freeway, side)
        count, letter, sides = len(crossings), "FB"[side], ("RL", "LR")[side]
        last = len(sections_of(way, freeway.length_m, crossings)) - 1
        own = [k if side == 0 else count - 1 - k for k in range(count)]
        end = f"{letter}{last:02d}"
        onward = _exits(own, sides, way.leave_share, end)
        flows.append(Flow(f"{letter}00", way.entry_per_hour, onward))
        for k, street in enumerate(own):
            for outer, share in zip(sides, SIDE_SHARES, strict=True):
                busy = random.uniform(*RAMP_SPREAD) * share
                per_hour = tuple((minute, busy * flow) for minute, flow in way.ramp_per_hour)
                onward = _exits(own[k + 1 :], sides, way.leave_share, end)
                flows.append(Flow(f"X{street}{outer}E-X{street}{outer}", per_hour, onward))
    for street in range(len(freeway.crossings_m)):
        for one, other in (("L", "R"), ("R", "L")):
            exits = {f"X{street}{other}-X{street}{other}E": 1.0}
            flows.append(Flow(f"X{street}{one}E-X{street}{one}", STREET_PER_HOUR, exits))
    return flows


def _exits(streets: list[int], sides: str, leave_share: float, end: str) -> dict[str, float]:
    """Give the shares that leave at each of these streets, to its sides, and at the end."""
    found, left = {}, 1.0
    for street in streets:
        for outer, share in zip(sides, SIDE_SHARES, strict=True):
            found[f"X{street}{outer}-X{street}{outer}E"] = left * leave_share * share
        left *= 1.0 - leave_share
    return {**found, end: left}


def freeway_demand(streets: Streets, freeway: Freeway, duration_s: int, seed: int) -> Demand:
    """Draw a morning's traffic on a freeway and the streets that cross it."""
    demand, random = Demand(is_mixed=True), np.random.default_rng(seed)
    for flow in flows_of(freeway, random):
        times = departures(flow.per_hour, duration_s, random)
        kinds = _kinds(freeway, times, random)
        exits = random.choice(list(flow.exits), len(times), p=list(flow.exits.values()))
        ways = {end: " ".join(streets.path(flow.entry, end)) for end in flow.exits}
        for depart, kind, end in zip(times, kinds, exits, strict=True):
            text = (
                f'<vehicle id="{LETTERS[kind]}{len(demand.departures)}" type="{kind}" '
                f'depart="{depart:.1f}" departLane="best" departSpeed="max">'
                f'<route edges="{ways[end]}"/></vehicle>'
            )
            demand.departures.append((float(round(depart, 1)), text))
    _breakdowns(freeway, demand)
    return demand


def _kinds(
    freeway: Freeway, times: npt.NDArray[np.float64], random: np.random.Generator
) -> npt.NDArray[np.str_]:
    kinds, drawn = freeway.mix.kinds(times, random), random.random(len(times))
    kinds = np.where(drawn < TAXI_SHARE + BUS_SHARE, "taxi", kinds)
    return np.where(drawn < BUS_SHARE, "bus", kinds)


def _breakdowns(freeway: Freeway, demand: Demand) -> None:
    """Let a car stand on each lane of each block; each comes along the section before it."""
    for block in freeway.blocks:
        crossings, letter = own_crossings(freeway, block.side), "FB"[block.side]
        sections = sections_of(freeway.ways[block.side], freeway.length_m, crossings)
        here = next(k for k, section in enumerate(sections) if section.end_m > block.at_m)
        offset, link = block.at_m - sections[here].start_m, f"{letter}{here:02d}"
        for lane in block.lanes:
            number = len(demand.breakdowns)
            found = Breakdown(f"inc{number}", link, lane, offset, block.start_s, block.duration_s)
            demand.breakdowns.append(found)
            text = (
                f'<vehicle id="x{number}" type="broken" depart="{block.start_s:.0f}" '
                f'departLane="best" departSpeed="max">'
                f'<route edges="{letter}{here - 1:02d} {link} {letter}{here + 1:02d}"/>'
                f'<stop lane="{link}_{lane}" endPos="{offset:.1f}" '
                f'duration="{block.duration_s:.0f}"/></vehicle>'
            )
            demand.departures.append((block.start_s, text))
