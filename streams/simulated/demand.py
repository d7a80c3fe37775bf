"""The traffic of a simulated morning: private cars, taxis that wander, bus lines, breakdowns."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.units import MINUTE_S
from ingest.user_error import UserError
from streams.simulated.streets import Link, Streets
from streams.simulated.vehicles import MIXED, Mix

# A stop fills this much road, and lies this far along its street: past the queue of most signals.
STOP_LENGTH_M, STOP_SHARE, STOP_GAP_M = 15.0, 0.55, 400.0
LEAST_STREET_M = 60.0
LINE_LENGTH_M = (5500.0, 10000.0)
LINE_ENDS_APART_M = 3000.0
LINE_SMALL_STREET_S = 20.0
MOST_TRIES = 20_000
_NO_LINE = (
    f"no place for a bus line of {LINE_LENGTH_M[0] / 1000:g} to {LINE_LENGTH_M[1] / 1000:g} km "
    f"with ends {LINE_ENDS_APART_M / 1000:g} km apart: expected a larger area, or bus_lines = 0"
)
HEADWAY_S = (180.0, 520.0)
FIRST_BUS_BY_S = 300.0
BUS_DWELL_S = (10.0, 30.0)

TAXIS_OUT_BY_S = 420.0
TAXI_WAYPOINTS = 14
TAXI_STOP_SHARE, TAXI_WAITS_SHARE = 0.5, 0.3
TAXI_DWELL_S, TAXI_WAIT_S = (15.0, 45.0), (120.0, 280.0)

LEAST_TRIP_M = 1000.0
# Cars enter and leave at the edge of the area more than within it.
EDGE_WEIGHT = 5.0
BREAKDOWN_S = (480.0, 1200.0)

BROKEN = ' <vType id="broken" vClass="passenger"/>\n'
TYPES = f""" <vType id="car" vClass="passenger"/>
{BROKEN} <vType id="taxi" vClass="taxi"><param key="has.fcd.device" value="true"/></vType>
 <vType id="bus" vClass="bus"><param key="has.fcd.device" value="true"/></vType>
"""


@dataclass(frozen=True)
class Morning:
    """How much drives, and for how long."""

    seed: int
    duration_s: int
    cars_per_minute: float
    taxi_count: int = 350
    line_count: int = 27
    breakdown_count: int = 4
    mix: Mix | None = None  # none: every private vehicle is a car, all as SUMO has them


@dataclass(frozen=True)
class BusStop:
    """A stop on the first lane of a link."""

    stop_id: str
    link_id: str
    end_m: float


@dataclass
class Line:
    """A bus line: its way and where it stops."""

    name: str
    way: list[str]
    stops: list[BusStop]
    headway_s: float
    first_s: float


@dataclass(frozen=True)
class Breakdown:
    """A car that stands on a lane for a while."""

    incident_id: str
    link_id: str
    lane: int
    offset_m: float
    start_s: float
    duration_s: float


@dataclass
class Demand:
    """All that drives: the departures, and what the recording must know of them."""

    departures: list[tuple[float, str]] = field(default_factory=list)
    stops: dict[str, BusStop] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    breakdowns: list[Breakdown] = field(default_factory=list)
    is_mixed: bool = False

    def type_names(self) -> list[str]:
        """Give SUMO's types of all that drives of itself: what breaks down is not among them."""
        if not self.is_mixed:
            return ["car", "taxi", "bus"]
        return [name for kind in MIXED for name in kind.type_names()]

    def write(self, routes: Path, additional: Path) -> None:
        """Write SUMO's routes, in order of departure, and its bus stops."""
        rows = "".join(f" {text}\n" for _, text in sorted(self.departures))
        types = TYPES
        if self.is_mixed:
            types = BROKEN + "".join(kind.xml() for kind in MIXED)
        routes.write_text(f"<routes>\n{types}{rows}</routes>\n")
        stops = "".join(
            f' <busStop id="{s.stop_id}" lane="{s.link_id}_0" '
            f'startPos="{s.end_m - STOP_LENGTH_M:.1f}" endPos="{s.end_m:.1f}"/>\n'
            for s in self.stops.values()
        )
        additional.write_text(f"<additional>\n{stops}</additional>\n")


def demand_of(streets: Streets, morning: Morning) -> Demand:
    """Draw a morning's traffic."""
    demand, random = Demand(), np.random.default_rng(morning.seed)
    demand.is_mixed = morning.mix is not None
    usable = [streets.links[link] for link in streets.connected()]
    _lines(streets, usable, morning, random, demand)
    _taxis(usable, morning, random, demand)
    _cars(streets, usable, morning, random, demand)
    _breakdowns(streets, usable, morning, random, demand)
    return demand


def _weights(links: list[Link]) -> npt.NDArray[np.float64]:
    weight = np.array([link.length * len(link.lanes) for link in links])
    return weight / weight.sum()


def _apart(streets: Streets, one: Link, other: Link) -> float:
    a, b = streets.nodes[one.end], streets.nodes[other.start]
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _lines(
    streets: Streets, usable: list[Link], morning: Morning, random: np.random.Generator,
    demand: Demand,
) -> None:  # fmt: skip
    ends = [link for link in usable if link.is_major and link.length >= LEAST_STREET_M]
    if morning.line_count and len(ends) < 2:
        raise UserError(_NO_LINE)
    weight, tries = _weights(ends) if ends else None, 0
    while len(demand.lines) < morning.line_count:
        tries += 1
        if tries > MOST_TRIES * morning.line_count:
            raise UserError(_NO_LINE)
        start, end = (ends[k] for k in random.choice(len(ends), 2, p=weight))
        if _apart(streets, start, end) < LINE_ENDS_APART_M:
            continue
        way = streets.path(start.link_id, end.link_id, LINE_SMALL_STREET_S)
        length = sum(streets.links[link].length for link in way)
        if LINE_LENGTH_M[0] <= length <= LINE_LENGTH_M[1]:
            _line(streets, way, morning, random, demand)


def _line(
    streets: Streets, way: list[str], morning: Morning, random: np.random.Generator, demand: Demand
) -> None:
    number = len(demand.lines)
    stops, since = [], 0.0
    for link_id in way[1:]:
        link = streets.links[link_id]
        since += link.length
        if link.is_major and link.length >= LEAST_STREET_M and since >= STOP_GAP_M:
            since = 0.0
            known = demand.stops.get(link_id)
            stop_id = known.stop_id if known else f"S{len(demand.stops):03d}"
            stop = BusStop(stop_id, link_id, STOP_SHARE * link.length + STOP_LENGTH_M)
            demand.stops[link_id] = stop
            stops.append(stop)
    line = Line(
        f"L{number}", way, stops, random.uniform(*HEADWAY_S), random.uniform(0, FIRST_BUS_BY_S)
    )
    demand.lines.append(line)
    departs = np.arange(line.first_s, morning.duration_s, line.headway_s)
    for trip, depart in enumerate(departs):
        dwell = random.uniform(*BUS_DWELL_S, len(stops))
        halts = "".join(
            f'<stop busStop="{stop.stop_id}" duration="{s:.0f}"/>'
            for stop, s in zip(stops, dwell, strict=True)
        )
        text = (
            f'<vehicle id="b{number}.{trip}" type="bus" depart="{depart:.0f}" departLane="best">'
            f'<route edges="{" ".join(way)}"/>{halts}</vehicle>'
        )
        demand.departures.append((float(round(depart)), text))


def _taxis(
    usable: list[Link], morning: Morning, random: np.random.Generator, demand: Demand
) -> None:
    weight = np.array([link.length for link in usable])
    weight /= weight.sum()
    for number in range(morning.taxi_count):
        chosen = random.choice(len(usable), TAXI_WAYPOINTS + 2, p=weight)
        links = [usable[k] for k in chosen]
        halts = ""
        for link in links[1:-1]:
            if link.length < LEAST_STREET_M or random.random() >= TAXI_STOP_SHARE:
                continue
            waits = random.random() < TAXI_WAITS_SHARE
            at = random.uniform(0.5, 0.8) * link.length
            halts += (
                f'<stop lane="{link.link_id}_0" endPos="{at:.1f}" '
                f'duration="{random.uniform(*(TAXI_WAIT_S if waits else TAXI_DWELL_S)):.0f}" '
                f'parking="{str(waits).lower()}"/>'
            )
        depart = random.uniform(0, TAXIS_OUT_BY_S)
        via = " ".join(link.link_id for link in links[1:-1])
        text = (
            f'<trip id="t{number}" type="taxi" depart="{depart:.0f}" departLane="best" '
            f'from="{links[0].link_id}" to="{links[-1].link_id}" via="{via}">{halts}</trip>'
        )
        demand.departures.append((float(round(depart)), text))


def _cars(
    streets: Streets, usable: list[Link], morning: Morning, random: np.random.Generator,
    demand: Demand,
) -> None:  # fmt: skip
    weight = _weights(usable) * np.where(_rim(streets, usable), EDGE_WEIGHT, 1.0)
    weight /= weight.sum()
    count = round(morning.cars_per_minute * morning.duration_s / MINUTE_S)
    departs = np.sort(random.uniform(0, morning.duration_s, count))
    kinds = np.full(count, "car")
    if morning.mix is not None:
        kinds = morning.mix.kinds(departs, np.random.default_rng([morning.seed, 21]))
    for number, (depart, kind) in enumerate(zip(departs, kinds, strict=True)):
        while True:
            start, end = (usable[k] for k in random.choice(len(usable), 2, p=weight))
            if _apart(streets, start, end) >= LEAST_TRIP_M:
                break
        text = (
            f'<trip id="c{number}" type="{kind}" depart="{depart:.0f}" departLane="best" '
            f'from="{start.link_id}" to="{end.link_id}"/>'
        )
        demand.departures.append((float(round(depart)), text))


def _rim(streets: Streets, usable: list[Link]) -> npt.NDArray[np.bool_]:
    """Tell which links touch the outermost 3 % of the area."""
    places = np.array([streets.nodes[link.end] for link in usable])
    low, high = np.quantile(places, 0.03, axis=0), np.quantile(places, 0.97, axis=0)
    return ((places < low) | (places > high)).any(axis=1)


def _breakdowns(
    streets: Streets, usable: list[Link], morning: Morning, random: np.random.Generator,
    demand: Demand,
) -> None:  # fmt: skip
    wide = [link for link in usable if len(link.lanes) >= 2 and link.length >= 120.0]
    before: dict[str, str] = {}
    for link in usable:
        for onward in streets.turns[link.link_id]:
            before.setdefault(onward, link.link_id)
    wide = [link for link in wide if link.link_id in before and streets.turns[link.link_id]]
    for number in range(morning.breakdown_count):
        link = wide[int(random.integers(len(wide)))]
        start = random.uniform(0.3, 0.75) * morning.duration_s
        duration, share = random.uniform(*BREAKDOWN_S), random.uniform(0.4, 0.8)
        lane = int(random.integers(len(link.lanes)))
        found = Breakdown(f"inc{number}", link.link_id, lane, share * link.length, start, duration)
        demand.breakdowns.append(found)
        route = f"{before[link.link_id]} {link.link_id} {streets.turns[link.link_id][0]}"
        text = (
            f'<vehicle id="x{number}" type="broken" depart="{start:.0f}" departLane="best">'
            f'<route edges="{route}"/><stop lane="{link.link_id}_{lane}" '
            f'endPos="{found.offset_m:.1f}" duration="{duration:.0f}"/></vehicle>'
        )
        demand.departures.append((float(round(start)), text))
