"""Junction cameras put on the segments whose traffic they watch arrive."""

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Flags, Floats
from mapmatch.network import Network
from mapmatch.placing.sensors import (
    Candidates,
    PlacementDoubt,
    PlacementSettings,
    Rows,
    SensorPlacement,
    choose,
    laid_again,
    place_sensors,
    sensor_placement,
    sensor_positions,
)
from mapmatch.sources.roads import row_ranges

APPROACH_START_M, APPROACH_END_M = 50.0, 15.0
"""An approach has the direction of the stretch between these, back from the segment's end. Unit: m.
Source: chosen; nearer lies the junction itself."""
APPROACH_SETTINGS = PlacementSettings(distance_scale_m=15.0)


def place_cameras(
    network: Network,
    longitude: npt.ArrayLike,
    latitude: npt.ArrayLike,
    bearing_deg: npt.ArrayLike,
    settings: PlacementSettings = APPROACH_SETTINGS,
) -> SensorPlacement:
    """Give the segment that each junction camera watches: it ends near the camera.

    One row a lane is expected; rows of equal position and bearing are one approach, and two
    approaches of one position never get the same segment. Where no segment ends near, the camera
    stands along a road and is placed like any sensor. Offsets are the segment's end. A bearing is
    NaN where unknown: then only one segment may end near, or the place is in doubt.
    """
    given = np.column_stack([np.asarray(c, np.float64) for c in (longitude, latitude, bearing_deg)])
    # No bearing equals no bearing, which NaN does not.
    approaches, row_of = np.unique(np.nan_to_num(given, nan=np.inf), axis=0, return_inverse=True)
    approaches[np.isinf(approaches)] = np.nan
    row_of = row_of.reshape(-1)
    x, y, _ = sensor_positions(network, approaches[:, 0], approaches[:, 1])
    near = _segment_ends(network, x, y, approaches[:, 2], settings.max_distance_m)
    chosen, is_ambiguous = _each_segment_once(network, near, x, y, settings)
    reasons: list[PlacementDoubt | None] = [PlacementDoubt.NO_SEGMENT_THAT_WAY] * len(approaches)
    for row, is_doubtful in zip(chosen.sensor.tolist(), is_ambiguous.tolist(), strict=True):
        reasons[row] = PlacementDoubt.AMBIGUOUS if is_doubtful else None
    ends = sensor_placement(len(approaches), chosen, reasons)
    along = place_sensors(network, *approaches.T)
    has_end = np.zeros(len(approaches), bool)
    has_end[near.sensor] = True
    segment = np.where(has_end, ends.segment, along.segment)[row_of]
    offset = np.where(has_end, ends.offset_m, along.offset_m)[row_of]
    distance = np.where(has_end, ends.distance_m, along.distance_m)[row_of]
    chosen_reasons = [ends.reasons[i] if has_end[i] else along.reasons[i] for i in row_of.tolist()]
    return SensorPlacement(segment, offset, distance, chosen_reasons)


def _segment_ends(
    network: Network, x: Floats, y: Floats, bearing: Floats, reach_m: float
) -> Candidates:
    """Give the segments that end within reach of each position."""
    last = network.vertex_offsets[1:] - 1
    end_x, end_y = network.vertex_x[last], network.vertex_y[last]
    order = np.argsort(end_x, kind="stable")
    low = np.searchsorted(end_x[order], x - reach_m)
    high = np.searchsorted(end_x[order], x + reach_m)
    high = np.where(np.isfinite(x), high, low)
    sensor = np.repeat(np.arange(len(x)), high - low)
    segment = order[row_ranges(low, high - low)].astype(np.int32)
    distance = np.hypot(end_x[segment] - x[sensor], end_y[segment] - y[sensor])
    is_near = distance <= reach_m
    is_near &= ~np.isin(segment, laid_again(network, np.unique(segment[is_near])))
    sensor, segment, distance = sensor[is_near], segment[is_near], distance[is_near]
    turn = bearing[sensor] - _approach_bearing(network, segment)
    return Candidates(
        sensor=sensor,
        segment=segment,
        offset_m=network.length_m[segment],
        distance_m=distance,
        misplacement_m=distance,
        turn_deg=np.asarray((turn + 180.0) % 360.0 - 180.0),
    )


def _approach_bearing(network: Network, segment: npt.NDArray[np.int32]) -> Floats:
    length = network.length_m[segment]
    x0, y0 = _points(network, segment, np.maximum(length - APPROACH_START_M, 0.0))
    x1, y1 = _points(network, segment, length - np.minimum(APPROACH_END_M, 0.3 * length))
    return np.degrees(np.arctan2(x1 - x0, y1 - y0))


def _points(
    network: Network, segment: npt.NDArray[np.int32], offset_m: Floats
) -> tuple[Floats, Floats]:
    """Give the point at an offset of each segment."""
    starts = network.vertex_offsets[segment]
    counts = network.vertex_offsets[segment + 1] - starts
    v = row_ranges(starts, counts)
    pair = np.repeat(np.arange(len(segment)), counts)
    is_before = network.vertex_distance_m[v] <= offset_m[pair]
    before = np.bincount(pair[is_before], minlength=len(segment)) - 1
    at = starts + np.clip(before, 0, counts - 2)
    reached = network.vertex_distance_m[at]
    share = (offset_m - reached) / (network.vertex_distance_m[at + 1] - reached)
    return (
        network.vertex_x[at] + share * (network.vertex_x[at + 1] - network.vertex_x[at]),
        network.vertex_y[at] + share * (network.vertex_y[at + 1] - network.vertex_y[at]),
    )


def _each_segment_once(
    network: Network, near: Candidates, x: Floats, y: Floats, settings: PlacementSettings
) -> tuple[Candidates, Flags]:
    """Give the best candidates, a segment going to the best of one position's approaches.

    What loses its segment chooses again among those left, until nothing changes.
    """
    while True:
        chosen, is_ambiguous = choose(network, near, settings)
        place = np.column_stack((x[chosen.sensor], y[chosen.sensor], chosen.segment))
        _, group = np.unique(place, axis=0, return_inverse=True)
        order = np.lexsort((np.abs(chosen.turn_deg), group.reshape(-1)))
        is_first = np.diff(group.reshape(-1)[order], prepend=-1) > 0
        losers = order[~is_first]
        if not len(losers):
            return chosen, is_ambiguous
        lost = _pairs(chosen.sensor[losers], chosen.segment[losers])
        near = near.take(~np.isin(_pairs(near.sensor, near.segment), lost))


def _pairs(sensor: Rows, segment: npt.NDArray[np.int32]) -> Rows:
    return sensor * (1 << 32) + segment
