"""Incidents of a scenario: where they are, what SUMO is told of them, and what cameras say."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ingest.user_error import UserError
from streams.simulated.demand import Demand
from streams.simulated.gridlock import circling, loop_from
from streams.simulated.scenario import Incident, Kind, Scenario
from streams.simulated.sensors import Approach
from streams.simulated.streets import Link, Streets

LEAST_LINK_M, MOST_BLOCKED_LANES = 100.0, 3
LEAST_FLOW = 1.0
"""Incidents are drawn on links that so many vehicles enter a minute where nothing happens."""
APART_MIN = 25.0
"""Two incidents of one link are at least so far apart in time."""
START_SHARE, DURATION_MIN, MARGIN_MIN = (0.3, 0.75), (8.0, 18.0), 2.0
SLOW_PASS_MPS, WORK_PASS_MPS, FLOOD_MPS = 3.5, 6.0, 1.5
SURGE_CARS_A_MINUTE = 25.0
WIDE: tuple[Kind, ...] = ("lane_block", "lane_block_slowpass", "illegal_parking", "work_zone")
SIGNAL: tuple[Kind, ...] = ("stuck_signal", "dark_signal")
STANDS: tuple[Kind, ...] = (*WIDE, "full_block", "bus_breakdown")
"""Kinds that have a vehicle, or a barrier, stand on lanes."""
WORDS: dict[Kind, tuple[str, ...]] = {
    "full_block": ("crash", "stopped_vehicle"),
    "lane_block": ("stopped_vehicle", "crash"),
    "lane_block_slowpass": ("crash", "stopped_vehicle"),
    "illegal_parking": ("illegal_parking",),
    "bus_breakdown": ("stopped_vehicle",),
    "wrong_way": ("wrong_way",),
}
"""What a camera that sees it may say."""
TYPES = """ <vType id="brokenbus" vClass="bus"><param key="has.fcd.device" value="true"/></vType>
"""


@dataclass(frozen=True)
class Placed:
    """An incident with its place and time."""

    incident_id: str
    kind: Kind
    link: Link
    lanes: tuple[int, ...]
    offset_m: float
    start_s: float
    duration_s: float
    loop: tuple[str, ...] = ()  # of gridlock: links, each leads to the next, the last to the first

    @property
    def end_s(self) -> float:
        """Give when it ends."""
        return self.start_s + self.duration_s


@dataclass
class SignalPrograms:
    """What SUMO's file says of its signals: programs by signal, and who goes when."""

    phases: dict[str, list[str]] = field(default_factory=dict)
    program: dict[str, str] = field(default_factory=dict)
    of_link: dict[str, tuple[str, list[int]]] = field(default_factory=dict)


def read_signals(net: Path) -> SignalPrograms:
    """Read the signals of a network."""
    root, found = ET.parse(net).getroot(), SignalPrograms()
    for logic in root.findall("tlLogic"):
        name = logic.attrib["id"]
        found.phases[name] = [phase.attrib["state"] for phase in logic.findall("phase")]
        found.program[name] = logic.attrib["programID"]
    for turn in root.findall("connection"):
        if "tl" in turn.attrib:
            of = found.of_link.setdefault(turn.attrib["from"], (turn.attrib["tl"], []))
            of[1].append(int(turn.attrib["linkIndex"]))
    return found


def place_incidents(
    scenario: Scenario,
    streets: Streets,
    signals: SignalPrograms,
    demand: Demand,
    approaches: list[Approach],
    flow: dict[str, float],
) -> list[Placed]:
    """Give the scenario's incidents, those drawn after those listed.

    `flow` is how many vehicles a minute enter each link where nothing happens. Raises UserError
    where a listed one cannot be where it is put, or none of a kind fits anywhere.
    """
    random = np.random.default_rng([scenario.seed, 31])
    minutes = scenario.duration_min
    wanted = list(scenario.incidents)
    for kind, count in sorted(scenario.draw.items()):
        for _ in range(count):
            duration = float(random.uniform(*DURATION_MIN))
            latest = max(1.0, minutes - duration - MARGIN_MIN)
            start = min(float(random.uniform(*START_SHARE)) * minutes, latest)
            wanted.append(Incident(kind, round(start, 2), round(duration, 2)))
    fits = _fits(streets, signals, demand, approaches)
    placed: list[Placed] = []
    for number, incident in enumerate(wanted):
        link = _link(incident, streets, fits[incident.kind], flow, placed, random)
        share = incident.offset_share or float(random.uniform(0.35, 0.8))
        if incident.kind == "bus_breakdown":
            stops = [s.end_m for s in demand.stops.values() if s.link_id == link.link_id]
            share = min(0.95, stops[0] / link.length) if stops else share
        placed.append(
            Placed(
                f"inc{number}",
                incident.kind,
                link,
                _lanes(incident.kind, link, random),
                round(share * link.length, 1),
                60.0 * incident.start_min,
                60.0 * incident.duration_min,
                loop_from(streets, link) if incident.kind == "gridlock" else (),
            )
        )
    return placed


def _fits(
    streets: Streets, signals: SignalPrograms, demand: Demand, approaches: list[Approach]
) -> dict[Kind, Callable[[Link], bool]]:
    """Give for each kind which links it may be on."""
    with_stop = {stop.link_id for stop in demand.stops.values()}
    filmed = {approach.link.link_id for approach in approaches}

    def is_long(link: Link) -> bool:
        return link.length >= LEAST_LINK_M

    fits: dict[Kind, Callable[[Link], bool]] = {
        "full_block": lambda link: is_long(link) and len(link.lanes) <= MOST_BLOCKED_LANES,
        "bus_breakdown": lambda link: link.link_id in with_stop,
        "slow_zone": is_long,
        "surge": is_long,
        "gridlock": lambda link: bool(loop_from(streets, link)),
        "wrong_way": lambda link: link.link_id in filmed,
    }
    for kind in WIDE:
        fits[kind] = lambda link: is_long(link) and len(link.lanes) >= 2
    for kind in SIGNAL:
        fits[kind] = lambda link: link.link_id in signals.of_link
    return fits


def _link(
    incident: Incident,
    streets: Streets,
    is_fit: Callable[[Link], bool],
    flow: dict[str, float],
    placed: list[Placed],
    random: np.random.Generator,
) -> Link:
    if incident.link_id is not None:
        link = streets.links.get(incident.link_id)
        if link is None or not is_fit(link):
            raise UserError(
                f"incident {incident.kind}: link_id is {incident.link_id!r}, expected a link of "
                "the area on which this kind can be"
            )
        return link
    start, end = 60.0 * incident.start_min, 60.0 * (incident.start_min + incident.duration_min)
    taken = {
        p.link.link_id
        for p in placed
        if start < p.end_s + 60.0 * APART_MIN and p.start_s < end + 60.0 * APART_MIN
    }
    free = [
        link
        for link in streets.links.values()
        if is_fit(link) and streets.turns[link.link_id] and link.link_id not in taken
        and flow.get(link.link_id, 0.0) >= LEAST_FLOW
    ]  # fmt: skip
    if not free:
        raise UserError(f"incident {incident.kind}: no link of the area fits, expected one with "
                        f"{LEAST_FLOW:g} vehicles a minute")  # fmt: skip
    return free[int(random.integers(len(free)))]


def _lanes(kind: Kind, link: Link, random: np.random.Generator) -> tuple[int, ...]:
    count = len(link.lanes)
    if kind in ("full_block", "slow_zone", "gridlock", *SIGNAL):
        return tuple(range(count))
    if kind in ("illegal_parking", "bus_breakdown"):
        return (0,)
    return (int(random.integers(count)),)


def write_for_sumo(
    placed: list[Placed], streets: Streets, signals: SignalPrograms, scenario: Scenario,
    routes: Path, additional: Path,
) -> None:  # fmt: skip
    """Write the vehicles that stand, and the signals and limits that change."""
    vehicles: list[tuple[float, str]] = []
    more: list[str] = []
    for one in placed:
        if one.kind in STANDS:
            vehicles += _standing(one, streets)
        if one.kind == "surge":
            vehicles += _surge(one, streets, scenario)
        if one.kind == "gridlock":
            vehicles += circling(streets, one.incident_id, one.loop, one.start_s, one.end_s)
        if one.kind in SIGNAL:
            more.append(_signal(one, signals))
        speed = {
            "lane_block_slowpass": SLOW_PASS_MPS,
            "work_zone": WORK_PASS_MPS,
            "slow_zone": FLOOD_MPS,
        }.get(one.kind)
        if speed is not None:
            lanes = " ".join(lane.lane_id for lane in one.link.lanes)
            more.append(
                f' <variableSpeedSign id="{one.incident_id}" lanes="{lanes}">'
                f'<step time="{one.start_s:.0f}" speed="{speed}"/>'
                f'<step time="{one.end_s:.0f}" speed="-1"/></variableSpeedSign>\n'
            )
    rows = "".join(f" {text}\n" for _, text in sorted(vehicles))
    routes.write_text(f"<routes>\n{TYPES}{rows}</routes>\n")
    additional.write_text(f"<additional>\n{''.join(more)}</additional>\n")


def _standing(one: Placed, streets: Streets) -> list[tuple[float, str]]:
    onward = streets.turns[one.link.link_id][0]
    is_bus = one.kind == "bus_breakdown"
    kind, letter = ("brokenbus", "b") if is_bus else ("broken", "")
    return [
        (
            one.start_s,
            f'<vehicle id="{letter}x-{one.incident_id}-{lane}" type="{kind}" '
            f'depart="{one.start_s:.0f}" departLane="{lane}" departPos="{one.offset_m:.1f}" '
            f'departSpeed="0"><route edges="{one.link.link_id} {onward}"/>'
            f'<stop lane="{one.link.link_id}_{lane}" startPos="{one.offset_m - 5.0:.1f}" '
            f'endPos="{one.offset_m:.1f}" until="{one.end_s:.0f}"/></vehicle>',
        )
        for lane in one.lanes
    ]


def _surge(one: Placed, streets: Streets, scenario: Scenario) -> list[tuple[float, str]]:
    random = np.random.default_rng([scenario.seed, 32, int(one.start_s)])
    ends = [link for link in streets.connected() if streets.links[link].length >= LEAST_LINK_M]
    count = round(SURGE_CARS_A_MINUTE * one.duration_s / 60.0)
    departs = np.sort(random.uniform(one.start_s, one.end_s, count))
    return [
        (
            float(round(depart)),
            f'<trip id="u-{one.incident_id}-{number}" type="car" depart="{depart:.0f}" '
            f'departLane="best" from="{one.link.link_id}" to="{random.choice(ends)}"/>',
        )
        for number, depart in enumerate(departs)
    ]


def _signal(one: Placed, signals: SignalPrograms) -> str:
    """Freeze the phase that lets the fewest of the link's lanes go, or switch the signal off."""
    name, indices = signals.of_link[one.link.link_id]
    program, frozen = "off", ""
    if one.kind == "stuck_signal":
        program = f"stuck-{one.incident_id}"
        states = [s for s in signals.phases[name] if "G" in s or "g" in s]
        state = min(states, key=lambda s: sum(s[i] in "Gg" for i in indices))
        frozen = (
            f' <tlLogic id="{name}" type="static" programID="{program}" offset="0">'
            f'<phase duration="99999" state="{state}"/></tlLogic>\n'
        )
    return (
        f'{frozen} <WAUT refTime="0" id="w-{one.incident_id}" startProg="{signals.program[name]}">'
        f'<wautSwitch time="{one.start_s:.0f}" to="{program}"/>'
        f'<wautSwitch time="{one.end_s:.0f}" to="{signals.program[name]}"/></WAUT>\n'
        f' <wautJunction wautID="w-{one.incident_id}" junctionID="{name}"/>\n'
    )
