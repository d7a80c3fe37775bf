"""Named corridors of a file: lists of segments, or two points with the quickest way between."""

import heapq
import math
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from ingest.units import MINUTE_S, Seconds
from ingest.user_error import UserError, reason_of
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

NEAR_M = 100.0
"""A point of a corridor is on a segment no farther away. Unit: m. Source: chosen, a wide road."""

Degrees = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Point = tuple[Degrees, Degrees]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=1440)]


class CorridorError(UserError):
    """A file of corridors that holds none, or one that is no way through the network."""


class Entry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True,
    rename={"start": "from", "end": "to"},
):  # fmt: skip
    """A corridor as the file has it; points are longitude and latitude, WGS-84.

    A travel time above `slow_above_min` is slow, one above `alarm_above_min` an alarm.
    """

    segments: list[str] | None = None
    start: Point | None = None
    end: Point | None = None
    slow_above_min: Minutes | None = None
    alarm_above_min: Minutes | None = None


@dataclass(frozen=True)
class Corridor:
    """A named chain of segments, each of which leads to the next."""

    name: str
    segments: list[int]
    slow_above_s: Seconds | None = None
    alarm_above_s: Seconds | None = None


def read_corridors(path: Path, network: Network) -> list[Corridor]:
    """Give the corridors of a TOML file. Raises CorridorError naming the corridor and its fault."""
    try:
        entries = msgspec.toml.decode(path.read_bytes(), type=dict[str, Entry])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError, tomllib.TOMLDecodeError) as error:
        raise CorridorError(f"{path}: no corridors: {reason_of(error)}") from error
    if not entries:
        raise CorridorError(f"{path}: no corridor, expected [name] with segments, or from and to")
    return [_corridor(path, name, entry, network) for name, entry in entries.items()]


def _corridor(path: Path, name: str, entry: Entry, network: Network) -> Corridor:
    slow, alarm = entry.slow_above_min, entry.alarm_above_min
    if slow is not None and alarm is not None and slow >= alarm:
        raise CorridorError(
            f"{path}: corridor {name!r}: slow_above_min {slow:g}, expected less than "
            f"alarm_above_min {alarm:g}"
        )
    line = _line(path, name, entry, network)
    return Corridor(name, line, *(None if one is None else one * MINUTE_S for one in (slow, alarm)))


def _line(path: Path, name: str, entry: Entry, network: Network) -> list[int]:
    where = f"{path}: corridor {name!r}"
    if entry.segments and entry.start is None and entry.end is None:
        line = []
        for segment_id in entry.segments:
            index = network.index_of(segment_id)
            if index is None:
                raise CorridorError(f"{where}: segment {segment_id!r}, expected one of the network")
            line.append(index)
        _check_connected(where, line, network)
        return line
    if entry.segments is None and entry.start is not None and entry.end is not None:
        first, last = (_nearest(where, point, network) for point in (entry.start, entry.end))
        return _quickest(where, first, last, network)
    raise CorridorError(f"{where}: expected either segments, or from and to")


def _check_connected(where: str, line: list[int], network: Network) -> None:
    for one, other in pairwise(line):
        if other not in _successors(network, one):
            x, y = network.vertex_x, network.vertex_y
            end, start = network.vertex_offsets[one + 1] - 1, network.vertex_offsets[other]
            gap = math.hypot(x[end] - x[start], y[end] - y[start])
            ids = network.segment_ids
            reason = "a turn that is not permitted" if gap < 1.0 else f"a gap of {gap:.0f} m"
            raise CorridorError(
                f"{where}: segment {ids[one]!r} does not lead to {ids[other]!r}, {reason} is "
                "between, expected segments in driven order"
            )


def _successors(network: Network, segment: int) -> list[int]:
    first, last = network.successor_offsets[segment : segment + 2]
    return network.successors[first:last].tolist()


def _nearest(where: str, point: Point, network: Network) -> list[int]:
    """Give the segments nearest to a point, both ways of a street, within NEAR_M."""
    x, y = (float(v) for v in LocalPlane(network).to_metres(*point))
    if not math.isfinite(x):
        raise CorridorError(
            f"{where}: point {point[0]}, {point[1]} is far more than {NEAR_M:.0f} m "
            "from the nearest road, expected longitude, latitude"
        )
    to_x, to_y = network.vertex_x - x, network.vertex_y - y
    # The distance to each piece of polyline; the pieces between two segments are left out.
    step_x, step_y = np.diff(network.vertex_x), np.diff(network.vertex_y)
    square = np.maximum(step_x**2 + step_y**2, 1e-9)
    along = np.clip(-(to_x[:-1] * step_x + to_y[:-1] * step_y) / square, 0.0, 1.0)
    distance = np.hypot(to_x[:-1] + along * step_x, to_y[:-1] + along * step_y)
    distance[network.vertex_offsets[1:-1] - 1] = np.inf
    owner = np.searchsorted(network.vertex_offsets, np.arange(len(distance)), "right") - 1
    nearest = np.full(network.segment_count, np.inf)
    np.minimum.at(nearest, owner, distance)
    least = float(nearest.min())
    if not least <= NEAR_M:  # not a number where the point is on no map
        raise CorridorError(
            f"{where}: point {point[0]}, {point[1]} is {least:.0f} m from the nearest road, "
            f"expected at most {NEAR_M:.0f}"
        )
    return np.flatnonzero(nearest <= least + 1.0).tolist()


def _quickest(where: str, first: list[int], last: list[int], network: Network) -> list[int]:
    """Give the segments of the quickest way when free. Raises CorridorError: there is none."""
    time_s = network.length_m / np.maximum(network.free_speed_mps, 1e-3)
    frontier = [(float(time_s[s]), s, -1) for s in first]
    heapq.heapify(frontier)
    came: dict[int, int] = {}
    ends = set(last)
    while frontier:
        needed, segment, before = heapq.heappop(frontier)
        if segment in came:
            continue
        came[segment] = before
        if segment in ends:
            line = [segment]
            while came[line[-1]] >= 0:
                line.append(came[line[-1]])
            return line[::-1]
        for near in _successors(network, segment):
            if near not in came:
                heapq.heappush(frontier, (needed + float(time_s[near]), near, segment))
    ids = network.segment_ids
    raise CorridorError(
        f"{where}: no way leads from {ids[first[0]]!r} to {ids[last[0]]!r}, expected one"
    )
