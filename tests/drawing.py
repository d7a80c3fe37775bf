"""Road networks drawn as ASCII art: capitals are nodes, digits are places, lines are roads.

    drawing = draw(
        '''
        A--1--B-->--C
              |
              D
        ''',
        cell_m=10,
        banned=[("AB", "BD")],
    )

A character is `cell_m` metres wide and a line `cell_m` metres high, north is up. Roads run along
`-`, `|`, `/` and `\\`; a digit may stand on a road or beside it; `+` crosses without a node. Every
road is two segments, "AB" and "BA", unless a `>`, `<`, `^` or `v` in it shows the only way it is
driven, or `one_way` names the direction that stays. In a road driven one way a small letter may
name the segment, and a digit behind it is part of the name: `A-s1->B` is "s1". Segments are
numbered as they are read: by the node they are met at first, row by row, then east, south,
southeast, southwest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from mapmatch.building.assembly import assemble
from mapmatch.network import ROAD_CLASSES, Network
from mapmatch.projection import LocalPlane
from mapmatch.sources.roads import Roads, all_turns

LONGITUDE, LATITUDE = 121.47, 31.23

# Row step, column step, the character that runs that way, and the arrows on and back.
DIRECTIONS = (
    (0, 1, "-", ">", "<"),
    (1, 0, "|", "v", "^"),
    (1, 1, "\\", ">", "<"),
    (1, -1, "/", "<", ">"),
)


@dataclass(frozen=True)
class _Origin:
    origin_longitude: float = LONGITUDE
    origin_latitude: float = LATITUDE


@dataclass(frozen=True)
class Drawing:
    """A drawn network and its drawn places, each digit with its longitude and latitude."""

    network: Network
    fixes: dict[str, tuple[float, float]]

    def segment(self, segment_id: str) -> int:
        """Give the index of a segment, "AB"; KeyError where none is drawn."""
        index = self.network.index_of(segment_id)
        if index is None:
            raise KeyError(segment_id)
        return index

    def node(self, letter: str) -> int:
        """Give the index of a node."""
        return self.network.node_ids.index(letter)

    def xy(self, digit: str) -> tuple[float, float]:
        """Give a drawn place in the network's local metres."""
        x, y = LocalPlane(self.network).to_metres(*self.fixes[digit])
        return float(x), float(y)


def draw(
    art: str,
    *,
    cell_m: float = 10.0,
    one_way: Iterable[str] = (),
    banned: Iterable[tuple[str, str]] = (),
    u_turns: bool = False,
    free_speed_kmh: float | Mapping[str, float] = 60.0,
    lanes: int | Mapping[str, int] = 1,
    road_class: str | Mapping[str, str] = "secondary",
    names: Mapping[str, str] | None = None,
    bus_only: Iterable[str] = (),
    signals: Iterable[str] = (),
    region_count: int | None = None,
) -> Drawing:
    """Give the network of a drawing.

    Mappings are by segment id. Turns are all permitted but the `banned` pairs and, unless
    `u_turns`, turning back at a node that has another way out. ValueError for a road that ends
    nowhere.
    """
    rows = _rows(art)
    nodes = {
        char: (r, c) for r, row in enumerate(rows) for c, char in enumerate(row) if char.isupper()
    }
    pairs, segment_ids = _roads(rows, nodes, list(one_way))
    node_ids = sorted(nodes)
    plane = _plane()
    x = np.array([nodes[n][1] * cell_m for n in node_ids])
    y = np.array([-nodes[n][0] * cell_m for n in node_ids])
    longitude, latitude = plane.to_degrees(x, y)
    ends = np.array([[node_ids.index(a), node_ids.index(b)] for a, b in pairs], np.int32)
    from_node, to_node = ends[:, 0].copy(), ends[:, 1].copy()
    before, after = all_turns(from_node, to_node, len(node_ids))
    out_count = np.bincount(from_node, minlength=len(node_ids))
    is_back = (to_node[after] == from_node[before]) & (out_count[to_node[before]] > 1)
    bans = {(segment_ids.index(a), segment_ids.index(b)) for a, b in banned}
    is_banned = np.array(
        [pair in bans for pair in zip(before.tolist(), after.tolist(), strict=True)], bool
    )
    stays = ~is_banned & (u_turns | ~is_back)
    roads = Roads(
        name="drawing",
        segment_ids=segment_ids,
        names=[(names or {}).get(s, "") for s in segment_ids],
        from_node=from_node,
        to_node=to_node,
        length_m=np.hypot(x[to_node] - x[from_node], y[to_node] - y[from_node]),
        free_speed_mps=np.array([_value(free_speed_kmh, s, 60.0) / 3.6 for s in segment_ids]),
        lanes=np.array([_value(lanes, s, 1) for s in segment_ids], np.int16),
        road_class=np.array(
            [ROAD_CLASSES.index(_value(road_class, s, "secondary")) for s in segment_ids], np.int8
        ),
        is_bus_only=np.isin(segment_ids, list(bus_only)),
        layer=np.zeros(len(pairs), np.int8),
        vertex_offsets=np.arange(0, 2 * len(pairs) + 1, 2, dtype=np.int32),
        vertex_longitude=longitude[ends].ravel(),
        vertex_latitude=latitude[ends].ravel(),
        node_ids=node_ids,
        node_longitude=longitude,
        node_latitude=latitude,
        node_has_signal=np.isin(node_ids, list(signals)),
        movements=(before[stays], after[stays]),
    )
    network, _ = assemble(roads, region_count)
    # To a tenth of a millimetre: a road drawn 100 m long is not longer by the projection.
    length_m, along_m = (np.round(m, 4) for m in (network.length_m, network.vertex_distance_m))
    network = replace(network, length_m=length_m, vertex_distance_m=along_m)
    return Drawing(network, _fixes(rows, cell_m, plane))


@cache
def _plane() -> LocalPlane:
    return LocalPlane(_Origin())


def _value(setting, segment_id, default):  # type: ignore[no-untyped-def]
    return setting.get(segment_id, default) if isinstance(setting, Mapping) else setting


def _rows(art: str) -> list[str]:
    lines = [line.rstrip() for line in art.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    margin = min(len(line) - len(line.lstrip()) for line in lines if line)
    width = max(len(line) for line in lines)
    return [line[margin:].ljust(width - margin) for line in lines]


def _roads(
    rows: list[str], nodes: Mapping[str, tuple[int, int]], one_way: list[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Give every drawn road in reading order, once each way that it is driven, and their ids."""
    pairs: list[tuple[str, str]] = []
    ids: list[str] = []
    for letter, (r, c) in nodes.items():
        for down, right, line, on, back in DIRECTIONS:
            drawn, end = _walk(rows, r, c, down, right, line + on + back)
            if not end:
                if line in drawn:
                    raise ValueError(f"the road {line!r} from {letter} ends nowhere")
                continue
            ways = ((letter, end, back), (end, letter, on))
            named = [(a, b) for a, b, _ in ways if a + b in one_way]
            driven = named or [(a, b) for a, b, against in ways if against not in drawn]
            name = drawn.translate(str.maketrans("", "", line + on + back))
            if name and len(driven) > 1:
                raise ValueError(f"the road {name!r} is driven both ways, expected one")
            pairs += driven
            ids += [name or a + b for a, b in driven]
    return pairs, ids


def _walk(rows: list[str], r: int, c: int, down: int, right: int, line: str) -> tuple[str, str]:
    """Give the characters drawn from a place on, and the node they lead to, "" where to none."""
    drawn = ""
    while True:
        r, c = r + down, c + right
        char = rows[r][c] if 0 <= r < len(rows) and 0 <= c < len(rows[r]) else " "
        if char.isupper():
            return drawn, char if drawn else ""
        if char in line or char.islower() or (char.isdigit() and _is_named(drawn, line)):
            drawn += char
        elif not (char == "+" or char.isdigit()):
            return drawn, ""


def _is_named(drawn: str, line: str) -> bool:
    return drawn[-1:].islower() and drawn[-1] not in line


def _fixes(rows: list[str], cell_m: float, plane: LocalPlane) -> dict[str, tuple[float, float]]:
    fixes = {}
    for r, row in enumerate(rows):
        for c, char in enumerate(row):
            if char.isdigit() and not row[:c][-1:].islower():
                longitude, latitude = plane.to_degrees(c * cell_m, -r * cell_m)
                fixes[char] = (float(longitude), float(latitude))
    return fixes
