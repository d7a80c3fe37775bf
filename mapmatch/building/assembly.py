"""Roads in degrees to the network every kernel reads: projected, connected and indexed."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Int32s
from ingest.units import KMH
from mapmatch.building.regions import cut_regions, default_region_count
from mapmatch.building.report import BuildReport
from mapmatch.building.seams import without_points
from mapmatch.building.turns import reverse_segments, to_csr
from mapmatch.kernels.grid import empty_scratch, fill_grid
from mapmatch.network import ROAD_CLASSES, Network, NetworkError
from mapmatch.projection import LocalPlane, unwrapped
from mapmatch.sources.roads import Drop, Roads, all_turns, offsets_of

GRID_CELL_M = 50.0
"""Side of a cell of the grid of segments. Unit: m. Source: chosen; a cell then lists some ten."""
GRID_PADDING_M = 80.0
"""A cell lists segments this near to it. Unit: m. Source: chosen, the matcher's max_radius_m."""
MAX_GRID_CELLS = 16_000_000
"""A larger or sparser area gets larger cells. Unit: count. Source: chosen, 64 MB of offsets."""

CLASS_SPEED_KMH = np.array(
    [100.0, 60.0, 80.0, 50.0, 60.0, 40.0, 50.0, 40.0, 40.0, 30.0, 30.0, 40.0, 20.0]
)
"""Free speed where the source gives no limit, in the order of ROAD_CLASSES. Unit: km/h. Source: the
design speeds of Chinese urban roads (CJJ 37-2012, table 3.2.1), middle of each range."""
SHORTER_SHARE = 0.02
"""A segment said to be shorter than drawn by less is so by rounding. Unit: share. Source:
chosen."""
CLASS_LANES = np.array([3, 1, 3, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1], np.int16)
"""Lanes where the source gives none, in the order of ROAD_CLASSES. Unit: count. Source: chosen."""


@dataclass(frozen=True)
class _Origin:
    origin_longitude: float
    origin_latitude: float


@dataclass(frozen=True)
class _Grid:
    x0: float
    y0: float
    cell_m: float
    columns: int
    rows: int
    offsets: Int32s
    segments: Int32s
    boxes: npt.NDArray[np.uint8]


def assemble(roads: Roads, region_count: int | None = None) -> tuple[Network, BuildReport]:
    """Give the network of some roads and the report of its build.

    Raises NetworkError where no segment is left, ValueError for a region count below 1.
    """
    if region_count is not None and region_count < 1:
        raise ValueError(f"region_count {region_count}, expected at least 1")
    _expect_segments(roads)
    origin = _Origin(
        origin_longitude=round(float(unwrapped(_middle(roads.vertex_longitude), 0.0)), 6),
        origin_latitude=round(float(_middle(roads.vertex_latitude)), 6),
    )
    plane = LocalPlane(origin)
    roads, x, y = _without_repeated_vertices(
        roads, *plane.to_metres(roads.vertex_longitude, roads.vertex_latitude)
    )
    _expect_segments(roads)
    distance, length = _distances(roads, x, y)
    middle_x, middle_y = _middles(roads.vertex_offsets, x, y, distance, length)
    regions = region_count or default_region_count(len(length))
    grid = _index(roads.vertex_offsets, x, y)
    node_x, node_y = plane.to_metres(roads.node_longitude, roads.node_latitude)
    turns = roads.movements or all_turns(roads.from_node, roads.to_node, len(roads.node_ids))
    successor_offsets, successors = to_csr(turns[0], turns[1], len(length))
    predecessor_offsets, predecessors = to_csr(turns[1], turns[0], len(length))
    network = Network(
        name=roads.name,
        origin_longitude=origin.origin_longitude,
        origin_latitude=origin.origin_latitude,
        segment_ids=roads.segment_ids,
        names=roads.names,
        node_ids=roads.node_ids,
        from_node=roads.from_node,
        to_node=roads.to_node,
        length_m=length,
        free_speed_mps=_free_speeds(roads),
        lanes=np.where(roads.lanes > 0, roads.lanes, CLASS_LANES[roads.road_class]),
        road_class=roads.road_class,
        is_bus_only=roads.is_bus_only,
        reverse_segment=reverse_segments(
            roads.from_node, roads.to_node, length, middle_x, middle_y
        ),
        region=cut_regions(middle_x, middle_y, min(regions, len(length))),
        layer=roads.layer,
        node_x=node_x,
        node_y=node_y,
        node_has_signal=roads.node_has_signal,
        vertex_offsets=roads.vertex_offsets,
        vertex_x=x,
        vertex_y=y,
        vertex_distance_m=distance,
        successor_offsets=successor_offsets,
        successors=successors,
        predecessor_offsets=predecessor_offsets,
        predecessors=predecessors,
        has_movements=roads.movements is not None,
        grid_x0=grid.x0,
        grid_y0=grid.y0,
        grid_cell_m=grid.cell_m,
        grid_padding_m=GRID_PADDING_M,
        grid_columns=grid.columns,
        grid_rows=grid.rows,
        grid_offsets=grid.offsets,
        grid_segments=grid.segments,
        grid_boxes=grid.boxes,
    )
    return network, _report(network, roads)


def _free_speeds(roads: Roads) -> Floats:
    """Give the segments' free speeds (m/s), of their class where the source says none."""
    of_class = CLASS_SPEED_KMH[roads.road_class] / KMH
    return np.where(np.isfinite(roads.free_speed_mps), roads.free_speed_mps, of_class)


def _expect_segments(roads: Roads) -> None:
    if not roads.segment_ids:
        reasons = "; ".join(f"{drop.count} {drop.what}: {drop.reason}" for drop in roads.drops)
        raise NetworkError(
            f"{roads.name}: no segment a vehicle can drive, expected at least one"
            + (f" (dropped {reasons})" if reasons else "")
        )


def _middle(values: Floats) -> float:
    return 0.5 * (float(values.min()) + float(values.max()))


def _without_repeated_vertices(roads: Roads, x: Floats, y: Floats) -> tuple[Roads, Floats, Floats]:
    """Drop vertices that repeat the one before, then segments of which one point is left."""
    offsets = roads.vertex_offsets
    is_new = np.ones(len(x), bool)
    is_new[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    is_new[offsets[:-1]] = True
    counts = np.add.reduceat(is_new, offsets[:-1], dtype=np.int64)
    longitude, latitude = roads.vertex_longitude[is_new], roads.vertex_latitude[is_new]
    roads = replace(
        roads,
        vertex_offsets=offsets_of(counts),
        vertex_longitude=longitude,
        vertex_latitude=latitude,
    )
    x, y = x[is_new], y[is_new]
    is_point = counts < 2
    if is_point.any():
        example = roads.segment_ids[int(np.argmax(is_point))]
        reason = "all of the polyline is one point; nodes at one place are made one"
        drop = Drop("segments", reason, int(is_point.sum()), example)
        is_kept_vertex = np.repeat(~is_point, counts)
        roads = without_points(replace(roads, drops=[*roads.drops, drop]), is_point)
        x, y = x[is_kept_vertex], y[is_kept_vertex]
    return roads, x, y


def _distances(roads: Roads, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Give each vertex's distance along its segment and each segment's length.

    A line is never drawn longer than its road. Where the source says less it counts from stop
    line to stop line, without the junctions at both ends; but vehicles drive those too, and a
    speed over less than was driven would be too low.
    """
    starts, ends = roads.vertex_offsets[:-1], roads.vertex_offsets[1:] - 1
    step = np.zeros(len(x))
    step[1:] = np.hypot(np.diff(x), np.diff(y))
    step[starts] = 0.0
    along = np.cumsum(step)
    counts = np.diff(roads.vertex_offsets)
    along -= np.repeat(along[starts], counts)
    drawn = along[ends]
    length = np.fmax(roads.length_m, drawn)
    along *= np.repeat(length / drawn, counts)
    along[ends] = length
    return along, length


def _middles(
    offsets: Int32s, x: Floats, y: Floats, distance: Floats, length: Floats
) -> tuple[Floats, Floats]:
    """Give the point half way along each segment."""
    segment = np.repeat(np.arange(len(length)), np.diff(offsets))
    is_before = distance <= 0.5 * length[segment]
    last = offsets[:-1] + np.add.reduceat(is_before, offsets[:-1], dtype=np.int64) - 1
    last = np.minimum(last, offsets[1:] - 2)
    share = (0.5 * length - distance[last]) / (distance[last + 1] - distance[last])
    return (
        x[last] + share * (x[last + 1] - x[last]),
        y[last] + share * (y[last + 1] - y[last]),
    )


def _index(offsets: Int32s, x: Floats, y: Floats) -> _Grid:
    x0, y0 = float(x.min()) - GRID_PADDING_M, float(y.min()) - GRID_PADDING_M
    width = float(x.max()) + GRID_PADDING_M - x0
    height = float(y.max()) + GRID_PADDING_M - y0
    cell = max(GRID_CELL_M, float(np.sqrt(width * height / MAX_GRID_CELLS)))
    columns, rows = ceil(width / cell), ceil(height / cell)
    last_segment, counts = empty_scratch(columns * rows)
    box = (x0, y0, cell, GRID_PADDING_M, columns, rows)
    nothing, no_boxes = np.zeros(1, np.int32), np.zeros((1, 4), np.uint8)
    total = fill_grid(offsets, x, y, *box, last_segment, counts, nothing, nothing, no_boxes, False)
    cell_offsets = offsets_of(counts)
    segments = np.empty(max(total, 1), np.int32)
    boxes = np.tile(np.array([255, 255, 0, 0], np.uint8), (max(total, 1), 1))
    last_segment, counts = empty_scratch(columns * rows)
    fill_grid(offsets, x, y, *box, last_segment, counts, cell_offsets, segments, boxes, True)
    return _Grid(x0, y0, cell, columns, rows, cell_offsets, segments[:total], boxes[:total])


def _report(network: Network, roads: Roads) -> BuildReport:
    unlimited = int((~np.isfinite(roads.free_speed_mps)).sum())
    notes = list(roads.notes)
    shorter = roads.length_m < (1 - SHORTER_SHARE) * network.length_m
    if shorter.any():
        missing = 1 - roads.length_m[shorter].sum() / network.length_m[shorter].sum()
        notes.append(
            f"{int(shorter.sum()):,} segments said to be shorter than drawn, by {missing:.0%} "
            "together (junctions left out): taken as drawn"
        )
    if unlimited:
        share = unlimited / network.segment_count
        notes.append(f"no speed limit on {unlimited:,} segments ({share:.0%}): by road class")
    if uncounted := int((roads.lanes <= 0).sum()):
        share = uncounted / network.segment_count
        notes.append(f"no count of lanes on {uncounted:,} segments ({share:.0%}): by road class")
    if not network.has_movements:
        notes.append("no turn restrictions in the source: every turn is permitted")
    return BuildReport(
        name=network.name,
        segment_count=network.segment_count,
        node_count=len(network.node_ids),
        length_km=round(float(network.length_m.sum()) / 1000, 3),
        region_count=network.region_count,
        movement_count=len(network.successors),
        signal_count=int(network.node_has_signal.sum()),
        bus_only_count=int(network.is_bus_only.sum()),
        drops=tuple(roads.drops),
        notes=tuple(notes),
    )


assert len(ROAD_CLASSES) == len(CLASS_SPEED_KMH) == len(CLASS_LANES)
