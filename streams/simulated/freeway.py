"""A freeway, drawn: two carriageways with lanes that come and go, ramps, streets that cross it."""

import math
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ingest.units import KMH
from mapmatch.projection import METRES_PER_DEGREE
from streams.simulated.streets import Point, sumo_program
from streams.simulated.vehicles import Course, Mix

# A diamond: ramps leave and join so far from the street that crosses, and reach it so far aside.
GORE_M, ASIDE_M, STREET_M = 350.0, 110.0, 350.0
# Lanes to speed up and slow down on; where two ramps are closer than this, one lane joins them.
AUXILIARY_M, WEAVE_M = 300.0, 700.0
EXIT_LANES = 2  # room for those who wait at the signal
LONGEST_M, MIDDLE_OFF_M = 800.0, 12.0
RAMP_KMH, STREET_KMH, STREET_LANES = 60.0, 50.0, 3
SHAPE_STEP_M = 40.0
BEND_DEG, BEND_M = 14.0, 5200.0

# From, to, and how far aside there: the points between, along the axis and to its right.
Stretch = Callable[[float, float, float, float], list[tuple[float, float]]]


@dataclass(frozen=True)
class Way:
    """A carriageway, seen in its own direction, and what drives on it."""

    lanes: tuple[tuple[float, int], ...]  # metres from its beginning, and the lanes from there on
    limit_kmh: float
    entry_per_hour: Course
    ramp_per_hour: Course
    leave_share: float  # of those who pass an exit


@dataclass(frozen=True)
class Block:
    """Lanes of a carriageway that stand for a while: cars that broke down or crashed."""

    side: int
    at_m: float  # in the way's own metres
    lanes: tuple[int, ...]
    start_s: float
    duration_s: float


@dataclass(frozen=True)
class Freeway:
    """A freeway of two ways, and the places along it where streets cross."""

    name: str
    begin: Point  # degrees
    bearing_deg: float
    length_m: float
    crossings_m: tuple[float, ...]
    ways: tuple[Way, Way]  # there, and back
    mix: Mix
    blocks: tuple[Block, ...] = ()
    reading_s: int = 60


@dataclass(frozen=True)
class Section:
    """A piece of a carriageway of so many lanes."""

    start_m: float
    end_m: float
    lane_count: int
    joins: int | None = None  # the crossing whose ramp joins where it begins
    leaves: int | None = None  # the crossing whose ramp leaves where it ends


def sections_of(way: Way, length_m: float, crossings_m: tuple[float, ...]) -> list[Section]:
    """Cut a carriageway into sections, with a further lane beside ramps.

    The crossings are in the way's own metres and order.
    """
    marks: list[tuple[float, int | None]] = [(0.0, None)]
    for number, at in enumerate(crossings_m):
        marks += [(at - GORE_M, number), (at + GORE_M, number)]
    marks.append((length_m, None))
    found: list[Section] = []
    for k, ((a, joins), (b, leaves)) in enumerate(pairwise(marks)):
        if k % 2:  # between a crossing's own exit and entry
            found += _plain(way, a, b)
            continue
        start = a + AUXILIARY_M * (joins is not None)
        end = b - AUXILIARY_M * (leaves is not None)
        if joins is not None and leaves is not None and b - a <= WEAVE_M:
            found.append(Section(a, b, _lanes_at(way, a) + 1, joins, leaves))
            continue
        if joins is not None:
            found.append(Section(a, start, _lanes_at(way, a) + 1, joins=joins))
        found += _plain(way, start, end)
        if leaves is not None:
            found.append(Section(end, b, _lanes_at(way, end) + 1, leaves=leaves))
    return found


def _lanes_at(way: Way, metres: float) -> int:
    return [count for start, count in way.lanes if start <= metres][-1]


def _plain(way: Way, start: float, end: float) -> list[Section]:
    changes = [at for at, _ in way.lanes if start < at < end]
    cut: list[Section] = []
    for a, b in zip([start, *changes], [*changes, end], strict=True):
        ends = np.linspace(a, b, math.ceil((b - a) / LONGEST_M) + 1).tolist()
        cut += [Section(x, y, _lanes_at(way, a)) for x, y in pairwise(ends)]
    return cut


def lane_pairs(before: Section, after: Section) -> list[tuple[int, int]]:
    """Give which lane goes on as which; 0 is the rightmost.

    Lanes keep their place from the left: what is too many ends on the right, what is new begins
    there, out of the rightmost lane or a ramp.
    """
    shift = after.lane_count - before.lane_count
    pairs = [(k, k + shift) for k in range(before.lane_count) if k + shift >= 0]
    if shift > 0 and after.joins is None:
        pairs += [(0, k) for k in range(shift)]
    return sorted(pairs)


class _Drawing:
    """Collects SUMO's plain nodes, edges and connections."""

    def __init__(self, freeway: Freeway) -> None:
        self.freeway = freeway
        step = 10.0
        along = np.arange(0.0, freeway.length_m + 2 * step, step)
        turn = np.radians(BEND_DEG) * np.sin(2 * np.pi * along / BEND_M)
        heading = np.radians(freeway.bearing_deg) + turn
        self.along, self.heading = along, heading
        self.east = np.cumsum(np.sin(heading)) * step
        self.north = np.cumsum(np.cos(heading)) * step
        self.nodes: list[str] = []
        self.edges: list[str] = []
        self.connections: list[str] = []

    def point(self, metres: float, aside: float) -> str:
        """Give degrees of a point along the axis and so far to its right."""
        heading = np.interp(metres, self.along, self.heading)
        east = np.interp(metres, self.along, self.east) + aside * np.cos(heading)
        north = np.interp(metres, self.along, self.north) - aside * np.sin(heading)
        longitude, latitude = self.freeway.begin
        across = METRES_PER_DEGREE * math.cos(math.radians(latitude))
        return f"{longitude + east / across:.7f},{latitude + north / METRES_PER_DEGREE:.7f}"

    def node(self, name: str, metres: float, aside: float, kind: str = "priority") -> None:
        x, y = self.point(metres, aside).split(",")
        self.nodes.append(f'<node id="{name}" x="{x}" y="{y}" type="{kind}"/>')

    def edge(
        self, name: str, ends: tuple[str, str], kind: str, lanes: int, kmh: float,
        line: list[tuple[float, float]], street: str, inner: str = "",
    ) -> None:  # fmt: skip
        shape = " ".join(self.point(*at) for at in line)
        spread = "right" if kind == "primary" else "center"  # streets have both ways on one line
        self.edges.append(
            f'<edge id="{name}" from="{ends[0]}" to="{ends[1]}" type="highway.{kind}" '
            f'numLanes="{lanes}" speed="{kmh / KMH:.3f}" spreadType="{spread}" name="{street}" '
            f'shape="{shape}">{inner}</edge>'
        )

    def turn(self, start: str, end: str, lanes: tuple[int, int] | None = None) -> None:
        which = "" if lanes is None else f' fromLane="{lanes[0]}" toLane="{lanes[1]}"'
        self.connections.append(f'<connection from="{start}" to="{end}"{which}/>')


def draw(freeway: Freeway, out: Path) -> Path:
    """Let netconvert make SUMO's network of a freeway; give its file."""
    drawing = _Drawing(freeway)
    for number, at in enumerate(freeway.crossings_m):
        _draw_street(drawing, number, at)
    for side in (0, 1):
        _draw_way(drawing, side)
    for name, rows in (
        ("nodes", drawing.nodes), ("edges", drawing.edges), ("connections", drawing.connections),
    ):  # fmt: skip
        (out / f"{name}.xml").write_text(f"<{name}>\n" + "\n".join(rows) + f"\n</{name}>\n")
    net = out / "net.xml"
    command = [
        sumo_program("netconvert"), "-n", str(out / "nodes.xml"), "-e", str(out / "edges.xml"),
        "-x", str(out / "connections.xml"), "-o", str(net), "--proj.utm",
        "--tls.default-type", "actuated", "--no-turnarounds", "--output.street-names",
        "--no-warnings",
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return net


def _draw_street(drawing: _Drawing, number: int, at: float) -> None:
    places = [-ASIDE_M - STREET_M, -ASIDE_M, ASIDE_M, ASIDE_M + STREET_M]
    names = [f"X{number}{end}" for end in ("LE", "L", "R", "RE")]
    for name, aside in zip(names, places, strict=True):
        kind = "traffic_light" if aside in (-ASIDE_M, ASIDE_M) else "priority"
        drawing.node(name, at, aside, kind)
    street = f"Crossing Street {number}"
    for k in range(3):
        one, other = names[k], names[k + 1]
        line = [(at, places[k]), (at, places[k + 1])]
        for ends, points in (((one, other), line), ((other, one), line[::-1])):
            name = f"{ends[0]}-{ends[1]}"
            drawing.edge(name, ends, "primary", STREET_LANES, STREET_KMH, points, street)
    for k in (1, 2):
        here = names[k]
        drawing.turn(f"{names[k - 1]}-{here}", f"{here}-{names[k + 1]}")
        drawing.turn(f"{names[k + 1]}-{here}", f"{here}-{names[k - 1]}")


def _draw_way(drawing: _Drawing, side: int) -> None:
    freeway = drawing.freeway
    way, length = freeway.ways[side], freeway.length_m
    crossings = own_crossings(freeway, side)
    sections = sections_of(way, length, crossings)
    letter, sign = "FB"[side], (1, -1)[side]

    def axis(metres: float, aside: float) -> tuple[float, float]:
        return (metres if side == 0 else length - metres), sign * aside

    def stretch(start: float, end: float, aside: float, to: float) -> list[tuple[float, float]]:
        share = np.linspace(0.0, 1.0, max(2, math.ceil((end - start) / SHAPE_STEP_M)))
        eased = share * share * (3.0 - 2.0 * share)
        return [
            axis(start + (end - start) * s, aside + (to - aside) * e)
            for s, e in zip(share, eased, strict=True)
        ]

    for k, section in enumerate(sections):
        drawing.node(f"{letter}{k}", *axis(section.start_m, MIDDLE_OFF_M))
    drawing.node(f"{letter}{len(sections)}", *axis(length, MIDDLE_OFF_M))
    name = f"{freeway.name} {('outbound', 'inbound')[side]}"
    for k, section in enumerate(sections):
        ends = f"{letter}{k}", f"{letter}{k + 1}"
        fast = section.lane_count - 1
        inner = f'<lane index="{fast}" disallow="truck"/>' if section.lane_count >= 3 else ""
        line = stretch(section.start_m, section.end_m, MIDDLE_OFF_M, MIDDLE_OFF_M)
        drawing.edge(
            f"{letter}{k:02d}", ends, "motorway", section.lane_count, way.limit_kmh, line, name,
            inner,
        )  # fmt: skip
        if k:
            for pair in lane_pairs(sections[k - 1], section):
                if sections[k - 1].leaves is None or pair[0] > 0:
                    drawing.turn(f"{letter}{k - 1:02d}", f"{letter}{k:02d}", pair)
        _draw_ramps(drawing, side, k, section, stretch, crossings)


def _draw_ramps(
    drawing: _Drawing, side: int, k: int, section: Section, stretch: Stretch,
    crossings: tuple[float, ...],
) -> None:  # fmt: skip
    letter = "FB"[side]
    for number, is_exit in ((section.leaves, True), (section.joins, False)):
        if number is None:
            continue
        street = number if side == 0 else len(crossings) - 1 - number
        node, outer = f"X{street}{'RL'[side]}", f"X{street}{('RE', 'LE')[side]}"
        inner = f"X{street}{'LR'[side]}"
        at = crossings[number]
        if is_exit:
            name, ends = f"{letter}off{street}", (f"{letter}{k + 1}", node)
            line = stretch(section.end_m, at, MIDDLE_OFF_M + 6.0, ASIDE_M)
            drawing.turn(f"{letter}{k:02d}", name, (0, 0))
            drawing.turn(name, f"{node}-{outer}")
            drawing.turn(name, f"{node}-{inner}")
        else:
            name, ends = f"{letter}on{street}", (node, f"{letter}{k}")
            line = stretch(at, section.start_m, ASIDE_M, MIDDLE_OFF_M + 6.0)
            drawing.turn(name, f"{letter}{k:02d}", (0, 0))
            drawing.turn(f"{outer}-{node}", name)
            drawing.turn(f"{inner}-{node}", name)
        lanes = EXIT_LANES if is_exit else 1
        drawing.edge(name, ends, "motorway_link", lanes, RAMP_KMH, line, f"Ramp {name}")


def own_crossings(freeway: Freeway, side: int) -> tuple[float, ...]:
    """Give the crossings in the metres and order of a way."""
    if side == 0:
        return freeway.crossings_m
    return tuple(freeway.length_m - at for at in reversed(freeway.crossings_m))
