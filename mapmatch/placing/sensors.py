"""Sensors and stops put on segments by where they stand and which way traffic drives there."""

from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Flags, Floats, Int32s
from mapmatch.network import NONE, Network
from mapmatch.projection import LocalPlane
from mapmatch.sources.roads import row_ranges

Rows = npt.NDArray[np.int64]

LANE_WIDTH_M = 3.2
"""Width of a lane. Unit: m. Source: CJJ 37-2012, table 5.3.1: 3.25 m below 60 km/h, 3.5 m above;
maps round to 3.2."""
MIN_CERTAIN = 30
"""Sensors of a list that must be certain to say how exact the list is. Unit: count. Source: chosen;
a median of fewer is off by a quarter."""


class PlacementDoubt(StrEnum):
    """Why a sensor has no segment, or not a certain one."""

    NOT_A_NUMBER = "not_a_number"
    OUTSIDE_NETWORK = "outside_network"
    NO_SEGMENT_NEAR = "no_segment_near"
    NO_SEGMENT_THAT_WAY = "no_segment_that_way"
    AMBIGUOUS = "ambiguous"


class PlacementSettings(msgspec.Struct, frozen=True):
    """How far from a road, and how far off its direction, a sensor may stand."""

    max_distance_m: float = 40.0
    """A sensor stands no further from its segment. Unit: m. Source: chosen, half of a wide road and
    an error of 20 m."""
    max_turn_deg: float = 45.0
    """A sensor's bearing is no further off its segment's direction. Unit: deg. Source: chosen, half
    of a right angle."""
    distance_scale_m: float = 6.0
    """Standard deviation of a sensor's distance from its lane, before the list says more. Unit: m.
    Source: chosen, a receiver in the open; see benchmarks/placement.py."""
    turn_scale_deg: float = 8.0
    """Standard deviation of a bearing, before the list says more. Unit: deg. Source: chosen, a
    compass; see benchmarks/placement.py."""
    min_distance_scale_m: float = 1.0
    """No list is taken to be more exact in distance. Unit: m. Source: chosen; maps are no
    better."""
    min_turn_scale_deg: float = 1.0
    """No list is taken to be more exact in bearing. Unit: deg. Source: chosen; maps are no
    better."""
    ambiguous_cost: float = 3.0
    """Two segments that are not two pieces of one road are ambiguous where their squared misfits
    differ by less. Unit: none. Source: chosen, odds under 4.5 to 1."""


@dataclass(frozen=True)
class SensorPlacement:
    """Where n sensors stand; rows in the order they were given.

    An ambiguous sensor has its best segment and the reason; with any other reason it has none.
    """

    segment: Int32s  # n, NONE where there is none
    offset_m: Floats  # n, along the segment as driven; NaN where there is none
    distance_m: Floats  # n, from the segment's line; NaN where there is none
    reasons: list[PlacementDoubt | None]  # n


@dataclass(frozen=True)
class Candidates:
    """Pairs of a sensor and a segment near it, with how ill they fit."""

    sensor: Rows
    segment: Int32s
    offset_m: Floats
    distance_m: Floats
    misplacement_m: Floats  # from where the sensor would stand were this its segment
    turn_deg: Floats  # the sensor's bearing less the segment's, within 180; NaN without bearing

    def take(self, rows: npt.NDArray) -> "Candidates":
        """Give the candidates at some rows, or where a mask is true."""
        return Candidates(**{name: column[rows] for name, column in vars(self).items()})


@dataclass(frozen=True)
class _Accuracy:
    """How well the sensors of one list are surveyed."""

    distance_scale_m: float
    turn_scale_deg: float
    turn_bias_deg: float

    def cost(self, candidates: Candidates) -> Floats:
        turn = np.nan_to_num(_within_half_turn(candidates.turn_deg - self.turn_bias_deg))
        distance = candidates.misplacement_m / self.distance_scale_m
        return distance**2 + (turn / self.turn_scale_deg) ** 2


def place_sensors(
    network: Network,
    longitude: npt.ArrayLike,
    latitude: npt.ArrayLike,
    bearing_deg: npt.ArrayLike,
    lane: npt.ArrayLike | None = None,
    settings: PlacementSettings | None = None,
) -> SensorPlacement:
    """Give the segment each sensor stands on, by position and bearing together.

    Bearings are degrees clockwise from north, the way traffic drives; NaN where unknown. Lanes
    count from 0 at the kerb, 0.5 between the first two; NaN or no list where unknown. How exact
    the list is, and whether its bearings turn from true north (grid north, a compass), is learnt
    from those of its sensors that can only stand on one segment.
    """
    settings = settings or PlacementSettings()
    x, y, is_number = sensor_positions(network, longitude, latitude)
    bearing = np.asarray(bearing_deg, np.float64)
    lanes = np.full(len(x), np.nan) if lane is None else np.asarray(lane, np.float64)
    cell = _cells(network, x, y)
    near = _candidates(network, x, y, bearing, lanes, cell)
    near = near.take(near.distance_m <= settings.max_distance_m)
    chosen, is_ambiguous = choose(network, near, settings)
    reasons = _reasons(is_number, cell != NONE, near.sensor, chosen.sensor, is_ambiguous)
    return sensor_placement(len(x), chosen, reasons)


def sensor_positions(
    network: Network, longitude: npt.ArrayLike, latitude: npt.ArrayLike
) -> tuple[Floats, Floats, Flags]:
    """Give local metres, infinite where there are none, and which positions are numbers.

    A number has none where it is no place on Earth or too far from the network for its plane.
    """
    x, y = LocalPlane(network).to_metres(longitude, latitude)
    has_metres = np.isfinite(x) & np.isfinite(y)
    is_number = np.isfinite(longitude) & np.isfinite(latitude)
    return np.where(has_metres, x, np.inf), np.where(has_metres, y, np.inf), is_number


def choose(
    network: Network, near: Candidates, settings: PlacementSettings
) -> tuple[Candidates, Flags]:
    """Give the best candidate of each sensor that has one, and which of them are ambiguous."""
    accuracy = _Accuracy(settings.distance_scale_m, settings.turn_scale_deg, 0.0)
    best, is_ambiguous = _cheapest(network, near, accuracy, settings)
    certain = best.take(~is_ambiguous & np.isfinite(best.turn_deg))
    if len(certain.sensor) >= MIN_CERTAIN:
        accuracy = _learn(certain, settings)
        best, is_ambiguous = _cheapest(network, near, accuracy, settings)
    return best, is_ambiguous


def sensor_placement(
    count: int, chosen: Candidates, reasons: list[PlacementDoubt | None]
) -> SensorPlacement:
    """Give one row a sensor from the chosen candidates."""
    segment = np.full(count, NONE, np.int32)
    offset, distance = np.full(count, np.nan), np.full(count, np.nan)
    segment[chosen.sensor] = chosen.segment
    offset[chosen.sensor] = chosen.offset_m
    distance[chosen.sensor] = chosen.distance_m
    return SensorPlacement(segment, offset, distance, reasons)


def _within_half_turn(degrees: Floats) -> Floats:
    return np.asarray((degrees + 180.0) % 360.0 - 180.0)


def _learn(certain: Candidates, settings: PlacementSettings) -> _Accuracy:
    """Give the accuracy that certain sensors show: median, and median deviation times 1.4826."""
    bias = float(np.median(certain.turn_deg))
    turn_scale = 1.4826 * float(np.median(np.abs(certain.turn_deg - bias)))
    distance_scale = 1.4826 * float(np.median(certain.misplacement_m))
    return _Accuracy(
        min(max(distance_scale, settings.min_distance_scale_m), settings.distance_scale_m),
        min(max(turn_scale, settings.min_turn_scale_deg), settings.turn_scale_deg),
        bias,
    )


def _cheapest(
    network: Network, near: Candidates, accuracy: _Accuracy, settings: PlacementSettings
) -> tuple[Candidates, Flags]:
    turn = np.nan_to_num(_within_half_turn(near.turn_deg - accuracy.turn_bias_deg))
    that_way = near.take(np.abs(turn) <= settings.max_turn_deg)
    cost = accuracy.cost(that_way)
    order = np.lexsort((that_way.segment, cost, that_way.sensor))
    ranked, cost = that_way.take(order), cost[order]
    count = len(order)
    first = np.flatnonzero(np.diff(ranked.sensor, prepend=-1))
    second = np.minimum(first + 1, max(count - 1, 0))
    is_rival = (ranked.sensor[second] == ranked.sensor[first]) & (second > first)
    is_rival &= cost[second] - cost[first] < settings.ambiguous_cost
    a, b = ranked.segment[first], ranked.segment[second]
    is_in_line = (network.to_node[a] == network.from_node[b]) | (
        network.to_node[b] == network.from_node[a]
    )
    is_turned = _has_reverse_near(network, ranked, cost, first, settings)
    return ranked.take(first), (is_rival & ~is_in_line) | is_turned


def _has_reverse_near(
    network: Network, ranked: Candidates, cost: Floats, first: Rows, settings: PlacementSettings
) -> Flags:
    """Tell of each sensor whether the other direction of its best road fits about as well.

    Only one without a bearing has such a candidate.
    """
    best = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(cost)]))
    is_reverse = ranked.segment == network.reverse_segment[ranked.segment[first]][best]
    is_near = cost - cost[first][best] < settings.ambiguous_cost
    is_turned = np.zeros(len(first), np.bool_)
    is_turned[best[is_reverse & is_near]] = True
    return is_turned


def _cells(network: Network, x: Floats, y: Floats) -> Rows:
    with np.errstate(invalid="ignore"):
        column = np.floor((x - network.grid_x0) / network.grid_cell_m)
        row = np.floor((y - network.grid_y0) / network.grid_cell_m)
        is_inside = (
            (column >= 0) & (column < network.grid_columns) & (row >= 0) & (row < network.grid_rows)
        )
    cell = np.full(len(x), NONE, np.int64)
    cell[is_inside] = (row[is_inside] * network.grid_columns + column[is_inside]).astype(np.int64)
    return cell


def _candidates(
    network: Network, x: Floats, y: Floats, bearing: Floats, lanes: Floats, cell: Rows
) -> Candidates:
    """Give the nearest point of every segment in every sensor's cell."""
    sensors = np.flatnonzero(cell != NONE)
    starts = network.grid_offsets[cell[sensors]]
    counts = network.grid_offsets[cell[sensors] + 1] - starts
    segment = network.grid_segments[row_ranges(starts, counts)]
    sensor = np.repeat(sensors, counts)
    is_first = ~np.isin(segment, laid_again(network, np.unique(segment)))
    segment, sensor = segment[is_first], sensor[is_first]
    edge_starts = network.vertex_offsets[segment]
    edge_counts = network.vertex_offsets[segment + 1] - edge_starts - 1
    v = row_ranges(edge_starts, edge_counts)
    pair = np.repeat(np.arange(len(segment)), edge_counts)
    ax, ay = network.vertex_x[v], network.vertex_y[v]
    dx, dy = network.vertex_x[v + 1] - ax, network.vertex_y[v + 1] - ay
    px, py = x[sensor[pair]] - ax, y[sensor[pair]] - ay
    length = np.hypot(dx, dy)
    share = np.clip((px * dx + py * dy) / length**2, 0.0, 1.0)
    distance = np.hypot(px - share * dx, py - share * dy)
    order = np.lexsort((distance, pair))
    nearest = order[np.flatnonzero(np.diff(pair[order], prepend=-1))]
    edge = v[nearest]
    along = network.vertex_distance_m[edge]
    to_right = (px[nearest] * dy[nearest] - py[nearest] * dx[nearest]) / length[nearest]
    driven = np.degrees(np.arctan2(dx[nearest], dy[nearest]))
    found = Candidates(
        sensor=sensor,
        segment=segment,
        offset_m=along + share[nearest] * (network.vertex_distance_m[edge + 1] - along),
        distance_m=distance[nearest],
        misplacement_m=distance[nearest],
        turn_deg=_within_half_turn(bearing[sensor] - driven),
    )
    return replace(found, misplacement_m=_misplacement(network, found, to_right, lanes[sensor]))


def laid_again(network: Network, segments: Int32s) -> list[int]:
    """Give those of some segments, ascending, that lie along another of them from node to node."""
    ends = np.stack((network.from_node[segments], network.to_node[segments]))
    # Sums of the same steps differ by their last digits.
    length = np.round(network.length_m[segments], 3)
    order = np.lexsort((segments, length, ends[1], ends[0]))
    ordered = segments[order]
    is_same = (np.diff(ends[:, order]) == 0).all(axis=0) & (np.diff(length[order]) == 0)
    again = []
    for at in np.flatnonzero(is_same).tolist():
        one, other = (
            slice(network.vertex_offsets[s], network.vertex_offsets[s + 1])
            for s in ordered[at : at + 2]
        )
        if all(np.array_equal(v[one], v[other]) for v in (network.vertex_x, network.vertex_y)):
            again.append(int(ordered[at + 1]))
    return again


def _misplacement(network: Network, found: Candidates, to_right: Floats, lane: Floats) -> Floats:
    """Give how far each sensor stands from its lane's middle, were the candidate its segment.

    A line drawn for one direction runs along the middle of its lanes, one drawn for both along
    the middle of the road: the nearer of the two counts. A lane the segment has not got is as
    far away as it is drawn.
    """
    half = 0.5 * network.lanes[found.segment]
    beyond = np.sqrt(np.maximum(found.distance_m**2 - to_right**2, 0.0))
    one_way = (half - 0.5 - lane) * LANE_WIDTH_M
    is_two_way = network.reverse_segment[found.segment] != NONE
    both_ways = np.where(is_two_way, one_way + half * LANE_WIDTH_M, one_way)
    aside = np.minimum(np.abs(to_right - one_way), np.abs(to_right - both_ways))
    return np.where(np.isnan(lane), found.distance_m, np.hypot(aside, beyond))


def _reasons(
    is_number: Flags, is_inside: Flags, near: Rows, chosen: Rows, is_ambiguous: Flags
) -> list[PlacementDoubt | None]:
    count = len(is_number)
    has_near, is_placed, is_doubtful = (np.zeros(count, bool) for _ in range(3))
    has_near[near] = True
    is_placed[chosen] = True
    is_doubtful[chosen[is_ambiguous]] = True
    code = np.select(
        [~is_number, ~is_inside, ~has_near, ~is_placed, is_doubtful], [0, 1, 2, 3, 4], default=5
    )
    words: list[PlacementDoubt | None] = [*PlacementDoubt, None]
    return [words[i] for i in code.tolist()]
