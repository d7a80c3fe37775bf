"""Small network sources written to disk."""

import csv
import gzip
from pathlib import Path

Row = dict[str, object]

NODES: list[Row] = [
    {"node_id": "a", "x_coord": 121.47, "y_coord": 31.23, "ctrl_type": "signal"},
    {"node_id": "b", "x_coord": 121.48, "y_coord": 31.23, "ctrl_type": "no_signal"},
    {"node_id": "c", "x_coord": 121.48, "y_coord": 31.24, "ctrl_type": ""},
]
LINKS: list[Row] = [
    {
        "link_id": link_id,
        "name": "East Road",
        "from_node_id": start,
        "to_node_id": end,
        "directed": 1,
        "geometry": geometry,
        "length": length,
        "facility_type": "primary",
        "free_speed": 60,
        "lanes": 2,
        "allowed_uses": "auto,bus",
    }
    for link_id, start, end, geometry, length in [
        ("1", "a", "b", "LINESTRING (121.47 31.23, 121.475 31.2301, 121.48 31.23)", 955),
        ("2", "b", "a", "LINESTRING (121.48 31.23, 121.47 31.23)", ""),
        ("3", "b", "c", "", ""),
    ]
]
CONFIG: list[Row] = [
    {
        "dataset_name": "tiny",
        "short_length": "m",
        "long_length": "m",
        "speed": "kmh",
        "crs": "EPSG:4326",
    }
]


# Two blocks eastwards, a street to the north at their middle; a degree there is 95,256 m east.
CORNERS: list[Row] = [
    {"node_id": "1", "x_coord": 121.470, "y_coord": 31.23},
    {"node_id": "2", "x_coord": 121.475, "y_coord": 31.23},
    {"node_id": "3", "x_coord": 121.480, "y_coord": 31.23},
    {"node_id": "4", "x_coord": 121.475, "y_coord": 31.235},
]


def street(link_id: str, start: str, end: str, **values: object) -> Row:
    ends: Row = {"link_id": link_id, "from_node_id": start, "to_node_id": end}
    return ends | {"facility_type": "residential"} | values


def both(start: str, end: str, **values: object) -> list[Row]:
    return [street(start + end, start, end, **values), street(end + start, end, start, **values)]


TOWN = [*both("1", "2"), *both("2", "3"), *both("2", "4")]


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write rows as CSV, compressed if the name ends in .gz."""
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_gmns(
    folder: Path,
    *,
    config: list[Row] = CONFIG,
    nodes: list[Row] = NODES,
    links: list[Row] = LINKS,
    movements: list[tuple[str, str]] | None = None,
    suffix: str = ".csv",
) -> Path:
    """Write a GMNS folder of three nodes and three links, or of the rows given."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / f"config{suffix}", config)
    write_csv(folder / f"node{suffix}", nodes)
    write_csv(folder / f"link{suffix}", links)
    if movements is not None:
        rows: list[Row] = [
            {"mvmt_id": i, "node_id": "", "ib_link_id": a, "ob_link_id": b}
            for i, (a, b) in enumerate(movements)
        ]
        write_csv(folder / f"movement{suffix}", rows)
    return folder


def changed(rows: list[Row], row: int, **values: object) -> list[Row]:
    """Give rows with some values of one of them changed."""
    return [r | values if i == row else r for i, r in enumerate(rows)]


def write_osm(
    path: Path,
    nodes: dict[int, tuple[float, float]],
    ways: dict[int, tuple[list[int], dict[str, str]]],
    *,
    signals: set[int] = frozenset(),  # type: ignore[assignment]
    node_tags: dict[int, dict[str, str]] = {},  # noqa: B006
    restrictions: list[tuple[dict[str, str], list[tuple[str, str, int]]]] = [],  # noqa: B006
) -> Path:
    """Write OpenStreetMap XML: nodes at (east, north) metres of a corner, ways, restrictions.

    A restriction is its tags and its members as (role, type, id).
    """
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6'>"]
    for node, (east, north) in nodes.items():
        position = f"lat='{31.23 + north / 110_900:.7f}' lon='{121.47 + east / 95_300:.7f}'"
        tag = _tags(node_tags.get(node, {}))
        tag += "<tag k='highway' v='traffic_signals'/>" if node in signals else ""
        lines.append(f"<node id='{node}' {position}>{tag}</node>")
    for way, (refs, tags) in ways.items():
        inner = "".join(f"<nd ref='{ref}'/>" for ref in refs) + _tags(tags)
        lines.append(f"<way id='{way}'>{inner}</way>")
    for i, (tags, members) in enumerate(restrictions):
        inner = "".join(
            f"<member type='{kind}' ref='{ref}' role='{role}'/>" for role, kind, ref in members
        ) + _tags({"type": "restriction"} | tags)
        lines.append(f"<relation id='{900 + i}'>{inner}</relation>")
    path.write_text("\n".join([*lines, "</osm>", ""]), encoding="utf-8")
    return path


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k='{k}' v='{v}'/>" for k, v in tags.items())
