"""The network's segments as columns of whole numbers, for a page that has to start soon.

As the GeoJSON at a third of its bytes, for that to 2 m on the ground and to a metre of length.
"""

import msgspec
import numpy as np
import shapely

from ingest.units import KMH, Metres
from mapmatch.network import NONE, ROAD_CLASSES, Network
from mapmatch.projection import LocalPlane

UNITS_A_DEGREE = 100_000
"""A point is told in such parts. Unit: 1/degree. Source: chosen, 1.1 m."""
STRAIGHT_M: Metres = 1.0
"""A point that is no further from the line without it is left out. Unit: m. Source: chosen, as much
as the points are rounded."""


class RoadColumns(msgspec.Struct, frozen=True):
    """Columns over n segments, in the order of their indices.

    `name` and `road_class` are places in `names` and `road_classes`. A segment with a `twin` (an
    index, else -1) is that one driven the other way and has no points of its own; the points of the
    others stand in a row, `point_counts` of each, as steps from the point before.
    """

    units_a_degree: int
    names: list[str]
    road_classes: list[str]
    segment_id: list[str]
    name: list[int]
    road_class: list[int]
    lanes: list[int]
    length_m: list[int]
    free_speed_kmh: list[float]
    is_two_way: list[bool]
    region: list[int]
    twin: list[int]
    point_counts: list[int]
    x_steps: list[int]
    y_steps: list[int]


def road_columns(network: Network) -> RoadColumns:
    """Give the segments of a network as columns."""
    twin = _twins(network)
    rows = np.repeat(np.arange(network.segment_count), np.diff(network.vertex_offsets))
    vertices = np.column_stack((network.vertex_x, network.vertex_y))
    whole = shapely.linestrings(vertices, indices=rows)
    lines = np.asarray(shapely.simplify(whole, STRAIGHT_M))
    own = lines[np.array(twin) == NONE]
    x, y = shapely.get_coordinates(own).T
    points = np.column_stack(LocalPlane(network).to_line_degrees(x, y))
    steps = np.diff(np.round(points * UNITS_A_DEGREE).astype(np.int64), axis=0, prepend=0)
    names = sorted(set(network.names))
    place = {name: number for number, name in enumerate(names)}
    return RoadColumns(
        units_a_degree=UNITS_A_DEGREE,
        names=names,
        road_classes=list(ROAD_CLASSES),
        segment_id=list(network.segment_ids),
        name=[place[name] for name in network.names],
        road_class=network.road_class.tolist(),
        lanes=network.lanes.tolist(),
        length_m=np.round(network.length_m).astype(int).tolist(),
        free_speed_kmh=np.round(network.free_speed_mps * KMH, 1).tolist(),
        is_two_way=(network.reverse_segment != NONE).tolist(),
        region=network.region.tolist(),
        twin=twin,
        point_counts=shapely.get_num_coordinates(own).tolist(),
        x_steps=steps[:, 0].tolist(),
        y_steps=steps[:, 1].tolist(),
    )


def _twins(network: Network) -> list[int]:
    """Give for each segment the one before it in the network whose points it has backwards."""
    offsets, x, y = network.vertex_offsets, network.vertex_x, network.vertex_y
    found = []
    for segment, other in enumerate(network.reverse_segment.tolist()):
        here = slice(offsets[segment], offsets[segment + 1])
        there = slice(offsets[other], offsets[other + 1])
        is_twin = NONE != other < segment and all(
            np.array_equal(axis[here], axis[there][::-1]) for axis in (x, y)
        )
        found.append(other if is_twin else NONE)
    return found
