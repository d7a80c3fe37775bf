"""The streets of a simulated city: OpenStreetMap to SUMO's network, and that to a GMNS folder."""

import gzip
import heapq
import importlib.util
import math
import shutil
import subprocess
import sysconfig
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj

from ingest.units import KMH

Point = tuple[float, float]

KINDS = ("primary", "secondary", "tertiary")
OTHER_KINDS = ("residential", "unclassified")
# netconvert counts the limits of the arriving lanes: four lanes of 50 km/h in m/s.
GUESSED_SIGNAL_SPEED_SUM = 55.0


@dataclass(frozen=True)
class Lane:
    """A lane of a link, in the network's metres."""

    lane_id: str
    length: float
    speed: float
    shape: list[Point]


@dataclass(frozen=True)
class Link:
    """A directed piece of road between two nodes."""

    link_id: str
    name: str
    start: str
    end: str
    kind: str
    lanes: list[Lane]

    @property
    def length(self) -> float:
        """Give the length of its first lane, as SUMO counts it."""
        return self.lanes[0].length

    @property
    def is_major(self) -> bool:
        """Whether the city instruments it: primary to tertiary, and the ramps between them."""
        return self.kind.removesuffix("_link") in KINDS

    def middle(self) -> list[Point]:
        """Give its centre line."""
        half = len(self.lanes) // 2
        if len(self.lanes) % 2:
            return self.lanes[half].shape
        left, right = self.lanes[half - 1].shape, self.lanes[half].shape
        if len(left) != len(right):
            return left
        return [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in zip(left, right, strict=True)]


@dataclass
class Streets:
    """A road network read from SUMO's file."""

    links: dict[str, Link]
    nodes: dict[str, Point]
    signals: set[str]
    turns: dict[str, list[str]]
    offset: Point
    projection: str

    def degrees(self, points: list[Point]) -> list[Point]:
        """Give longitude and latitude of points of the network."""
        xs, ys = np.array(points).T
        make = pyproj.Proj(self.projection)
        east, north = make(xs - self.offset[0], ys - self.offset[1], inverse=True)
        return list(zip(east.tolist(), north.tolist(), strict=True))

    def connected(self) -> list[str]:
        """Give the links from which every other of them can be reached, in order of their ids."""
        back: dict[str, list[str]] = {link: [] for link in self.links}
        for link, onward in self.turns.items():
            for other in onward:
                back[other].append(link)
        hub = max(self.links, key=lambda link: (len(self.turns[link]) + len(back[link]), link))
        return sorted(_reached(hub, self.turns) & _reached(hub, back))

    def path(self, start: str, end: str, dislike_s: float = 0.0) -> list[str]:
        """Give the quickest way; each small street costs some seconds more. Empty where none."""
        best, before = {start: 0.0}, {start: ""}
        waiting = [(0.0, start)]
        while waiting:
            cost, link = heapq.heappop(waiting)
            if link == end:
                break
            if cost > best[link]:
                continue
            for onward in self.turns[link]:
                piece = self.links[onward]
                more = cost + piece.length / piece.lanes[0].speed
                more += 0.0 if piece.is_major else dislike_s
                if more < best.get(onward, math.inf):
                    best[onward], before[onward] = more, link
                    heapq.heappush(waiting, (more, onward))
        way = [end] if end in before else []
        while way and before[way[-1]]:
            way.append(before[way[-1]])
        return way[::-1]


def _reached(start: str, turns: dict[str, list[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for link in turns[waiting.pop()]:
            if link not in found:
                found.add(link)
                waiting.append(link)
    return found


def sumo_program(name: str) -> str:
    """Give the path of one of SUMO's programs, from this environment or else the machine.

    Raises:
        FileNotFoundError: SUMO is not installed.
    """
    here = Path(sysconfig.get_path("scripts")) / name
    found = str(here) if here.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: pip install -e '.[sim]'")
    return found


@dataclass(frozen=True)
class Signals:
    """How a city's junctions are controlled."""

    kind: str = "actuated"
    are_guessed: bool = False


def convert(osm: Path, area: list[float], signals: Signals, out: Path) -> Path:
    """Let netconvert make SUMO's network of the streets in an area; give its file.

    The area is west, south, east and north in degrees, or longitude and latitude of each corner.
    Where the map lacks signals, they can be guessed: at junctions of four lanes or more.
    """
    net = out / "net.xml"
    raw = out / "area.osm"
    with gzip.open(osm) if osm.suffix == ".gz" else osm.open("rb") as source:
        raw.write_bytes(source.read())
    types = _sumo_home() / "data" / "typemap"
    kinds = [f"highway.{kind}{end}" for kind in KINDS for end in ("", "_link")]
    kinds += [f"highway.{kind}" for kind in OTHER_KINDS]
    command = [
        sumo_program("netconvert"), "--osm-files", str(raw), "-o", str(net),
        "--type-files",
        f"{types / 'osmNetconvert.typ.xml'},{types / 'osmNetconvertUrbanDe.typ.xml'}",
        "--keep-edges.in-geo-boundary", ",".join(map(str, area)),
        "--keep-edges.by-vclass", "passenger", "--keep-edges.by-type", ",".join(kinds),
        "--keep-edges.components", "1", "--remove-edges.isolated", "--geometry.remove",
        "--roundabouts.guess", "--ramps.guess", "--junctions.join",
        "--tls.guess-signals", "--tls.discard-simple", "--tls.join",
        "--tls.default-type", signals.kind,
        "--no-turnarounds.except-deadend", "--output.street-names", "--no-warnings",
    ]  # fmt: skip
    if signals.are_guessed:
        command += ["--tls.guess", "--tls.guess.threshold", str(GUESSED_SIGNAL_SPEED_SUM)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    raw.unlink()
    return net


def _sumo_home() -> Path:
    # Found, not imported: importing it points this process's projections at SUMO's own.
    spec = importlib.util.find_spec("sumo")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("sumo is not installed: pip install -e '.[sim]'")
    return Path(spec.origin).parent


def _points(text: str) -> list[Point]:
    return [(float(p.split(",")[0]), float(p.split(",")[1])) for p in text.split()]


def _link_of(edge: ET.Element) -> Link:
    lanes = [
        Lane(
            lane.attrib["id"],
            float(lane.attrib["length"]),
            float(lane.attrib["speed"]),
            _points(lane.attrib["shape"]),
        )
        for lane in edge.findall("lane")
    ]
    kind = edge.get("type", "").split("|")[0].removeprefix("highway.")
    name = edge.get("name", "")
    return Link(edge.attrib["id"], name, edge.attrib["from"], edge.attrib["to"], kind, lanes)


def read_streets(net: Path) -> Streets:
    """Read SUMO's network."""
    root = ET.parse(net).getroot()
    edges = [edge for edge in root.findall("edge") if edge.get("function") is None]
    links = {link.link_id: link for link in sorted(map(_link_of, edges), key=lambda x: x.link_id)}
    nodes, signals = {}, set()
    for junction in root.findall("junction"):
        if junction.get("type") != "internal":
            at = (float(junction.attrib["x"]), float(junction.attrib["y"]))
            nodes[junction.attrib["id"]] = at
            if junction.attrib["type"].startswith("traffic_light"):
                signals.add(junction.attrib["id"])
    turns: dict[str, list[str]] = {link: [] for link in links}
    for turn in root.findall("connection"):
        start, end = turn.attrib["from"], turn.attrib["to"]
        if start in links and end in links and end not in turns[start]:
            turns[start].append(end)
    location = root.find("location")
    assert location is not None
    shift = location.attrib["netOffset"].split(",")
    offset = (float(shift[0]), float(shift[1]))
    return Streets(links, nodes, signals, turns, offset, location.attrib["projParameter"])


def along(shape: list[Point], share: float) -> tuple[Point, float]:
    """Give the point at a share of a line's length, and the bearing there in degrees."""
    points = np.array(shape)
    steps = np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)
    at = share * lengths.sum()
    piece = min(int(np.searchsorted(np.cumsum(lengths), at)), len(steps) - 1)
    rest = (at - lengths[:piece].sum()) / max(lengths[piece], 1e-9)
    east, north = points[piece] + rest * steps[piece]
    bearing = math.degrees(math.atan2(steps[piece][0], steps[piece][1])) % 360.0
    return (float(east), float(north)), bearing


def write_gmns(streets: Streets, name: str, folder: Path) -> None:
    """Write the network as a GMNS folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "dataset_name": name, "short_length": "m", "long_length": "m", "speed": "kmh",
        "crs": "EPSG:4326",
    }  # fmt: skip
    used = {node for link in streets.links.values() for node in (link.start, link.end)}
    ids = sorted(used)
    places = dict(zip(ids, streets.degrees([streets.nodes[node] for node in ids]), strict=True))
    nodes = [
        (node, f"{places[node][0]:.6f}", f"{places[node][1]:.6f}",
         "signal" if node in streets.signals else "no_signal")
        for node in ids
    ]  # fmt: skip
    links, movements = [], []
    for link in streets.links.values():
        line = [places[link.start], *streets.degrees(link.middle()), places[link.end]]
        wkt = ", ".join(f"{longitude:.7f} {latitude:.7f}" for longitude, latitude in line)
        limit = round(link.lanes[0].speed * KMH)
        links.append(
            (link.link_id, link.name, link.start, link.end, 1, f"LINESTRING ({wkt})", link.length,
             link.kind, limit, len(link.lanes), "auto,bus")
        )  # fmt: skip
        movements += [(link.end, link.link_id, onward) for onward in streets.turns[link.link_id]]
    link_columns = [
        "link_id", "name", "from_node_id", "to_node_id", "directed", "geometry", "length",
        "facility_type", "free_speed", "lanes", "allowed_uses",
    ]  # fmt: skip
    movement = pd.DataFrame(movements, columns=["node_id", "ib_link_id", "ob_link_id"])
    movement.insert(0, "mvmt_id", range(len(movement)))
    tables = {
        "config": pd.DataFrame([config]),
        "node": pd.DataFrame(nodes, columns=["node_id", "x_coord", "y_coord", "ctrl_type"]),
        "link": pd.DataFrame(links, columns=link_columns),
        "movement": movement,
    }
    for table, rows in tables.items():
        packed = {"method": "gzip", "mtime": 0}
        rows.to_csv(folder / f"{table}.csv.gz", index=False, compression=packed)
