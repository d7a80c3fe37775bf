"""The part of a network that one estimator answers for, with what stands beside it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.kernels.neighbours import LEAST, MEAN, MOST, over_neighbours
from congestion.roadside import Roadside, RoadsideAssets
from ingest.approaches import Approach, ApproachIndex
from ingest.kernels.arrays import Flags, Floats, Int32s
from mapmatch.network import NONE, ROAD_CLASSES, Network

SIGNAL_DELAY_S = 12.0
"""What a vehicle loses at a signal on the way through a free city. Unit: s. Source: chosen, half of
a usual red."""


@dataclass(frozen=True)
class Neighbours:
    """Of each of n segments some others near it, CSR in the order of the region's turns."""

    offsets: Int32s  # n + 1
    of: Int32s

    def mean(self, values: Floats, weights: Floats | None = None) -> Floats:
        """Give the weighted mean of the neighbours' values, where missing is 0; NaN without any."""
        return self._over(MEAN, values, np.ones(len(values)) if weights is None else weights)

    def least(self, values: Floats) -> Floats:
        """Give the least of the neighbours' values that are known, NaN without any."""
        return self._over(LEAST, values, values)

    def most(self, values: Floats) -> Floats:
        """Give the most of the neighbours' values that are known, NaN without any."""
        return self._over(MOST, values, values)

    def _over(self, asked: int, values: Floats, weights: Floats) -> Floats:
        found = np.empty(len(values))
        given = (np.ascontiguousarray(some, np.float64) for some in (values, weights))
        over_neighbours(asked, self.offsets, self.of, *given, found)
        return found


@dataclass(frozen=True)
class Region:
    """The n segments of a region; neighbours outside it are not part of it."""

    segment: Int32s  # n, index in the network
    segment_ids: list[str]  # n
    local: Int32s  # of every segment of the network its index here, NONE elsewhere
    length_m: Floats  # n
    limit_mps: Floats  # n
    lanes: Floats  # n
    road_class: npt.NDArray[np.int8]  # n
    ends_at_signal: Flags  # n
    starts_at_signal: Flags  # n
    turns_from: Int32s  # t, permitted turns without U-turns, both ends in the region
    turns_to: Int32s  # t
    stop_offsets: Int32s  # n + 1, CSR of bus stops
    stop_m: Floats
    detector_index: dict[str, int]  # detector_id -> index into `detector_segment`
    detector_segment: Int32s  # d, local; detectors go by segment, then by id
    detector_offsets: Int32s  # n + 1, CSR of detectors
    detector_to_end_m: Floats  # d, from the detector to the segment's downstream end
    detector_lane: Int32s  # d, from the kerb
    detector_lanes: Floats  # d, that its readings are of; NaN where nobody said
    approaches: tuple[Approach, ...]  # c, sorted
    approach_index: ApproachIndex  # gives the place in `approaches`
    camera_segment: Int32s  # c, local
    camera_offset_m: Floats  # c

    def __len__(self) -> int:
        return len(self.segment)

    @cached_property
    def cold_mps(self) -> Floats:
        """The speed (m/s) to expect of each segment in a free city, before anything was seen.

        Its length is driven at the limit, and the delay of the signal at its end is added.
        """
        seconds = self.length_m / self.limit_mps
        return self.length_m / (seconds + np.where(self.ends_at_signal, SIGNAL_DELAY_S, 0.0))

    @cached_property
    def detector_ids(self) -> pa.Array:
        """The detectors' ids, by their index."""
        return pa.array(list(self.detector_index), pa.string())

    @cached_property
    def down(self) -> Neighbours:
        """The segments that may be driven next."""
        return self._neighbours(self.turns_from, self.turns_to)

    @cached_property
    def up(self) -> Neighbours:
        """The segments that may have been driven before."""
        return self._neighbours(self.turns_to, self.turns_from)

    def _neighbours(self, at: Int32s, of: Int32s) -> Neighbours:
        counts = np.bincount(at, minlength=len(self))
        order = np.argsort(at, kind="stable")
        return Neighbours(np.r_[0, np.cumsum(counts)].astype(np.int32), of[order])


def is_open(region: Region) -> Flags:
    """Tell where traffic is not interrupted: motorways and trunks that end at no signal."""
    return is_open_class(region.road_class) & ~region.ends_at_signal


def is_open_class(road_class: np.ndarray) -> Flags:
    """Tell which classes of road are built without interruptions."""
    names = [name.removesuffix("_link") in ("motorway", "trunk") for name in ROAD_CLASSES]
    return np.array(names)[road_class]


def region_of(network: Network, region: int, roadside: Roadside) -> Region:
    """Give one region of the network with the assets on its segments."""
    segment = np.flatnonzero(network.region == region).astype(np.int32)
    local = np.full(network.segment_count, NONE, np.int32)
    local[segment] = np.arange(len(segment), dtype=np.int32)
    turns_from, turns_to = _turns(network, local)
    stop_offsets, stop_m = _stops(roadside.bus_stops, local, len(segment))
    detectors, cameras = roadside.detectors, roadside.cameras
    mine = np.flatnonzero((detectors.segment != NONE) & (local[detectors.segment] != NONE))
    mine = np.array(
        sorted(mine, key=lambda d: (local[detectors.segment[d]], detectors.ids[d])), int
    )
    watched = np.flatnonzero((cameras.segment != NONE) & (local[cameras.segment] != NONE))
    watched = np.array(sorted(watched, key=lambda c: cameras.ids[c]), int)
    approaches = tuple(cameras.ids[c] for c in watched)
    return Region(
        segment=segment,
        segment_ids=[network.segment_ids[i] for i in segment],
        local=local,
        length_m=network.length_m[segment].astype(np.float64),
        limit_mps=network.free_speed_mps[segment].astype(np.float64),
        lanes=network.lanes[segment].astype(np.float64),
        road_class=np.asarray(network.road_class[segment]),
        ends_at_signal=np.asarray(network.node_has_signal[network.to_node[segment]]),
        starts_at_signal=np.asarray(network.node_has_signal[network.from_node[segment]]),
        turns_from=turns_from,
        turns_to=turns_to,
        stop_offsets=stop_offsets,
        stop_m=stop_m,
        detector_index={detectors.ids[d]: index for index, d in enumerate(mine)},
        detector_segment=local[detectors.segment[mine]],
        detector_offsets=np.searchsorted(
            local[detectors.segment[mine]], np.arange(len(segment) + 1)
        ).astype(np.int32),
        detector_to_end_m=network.length_m[detectors.segment[mine]] - detectors.offset_m[mine],
        detector_lane=detectors.lane[mine].astype(np.int32),
        detector_lanes=(
            np.full(len(mine), np.nan) if detectors.lanes is None else detectors.lanes[mine]
        ),
        approaches=approaches,
        approach_index=ApproachIndex(approaches),
        camera_segment=local[cameras.segment[watched]],
        camera_offset_m=cameras.offset_m[watched],
    )


def _turns(network: Network, local: Int32s) -> tuple[Int32s, Int32s]:
    counts = np.diff(network.successor_offsets)
    come = np.repeat(np.arange(network.segment_count, dtype=np.int32), counts)
    go = np.asarray(network.successors)
    keep = (local[come] != NONE) & (local[go] != NONE) & (network.reverse_segment[come] != go)
    return local[come[keep]], local[go[keep]]


def _stops(stops: RoadsideAssets[str], local: Int32s, count: int) -> tuple[Int32s, Floats]:
    mine = np.flatnonzero((stops.segment != NONE) & (local[stops.segment] != NONE))
    at = local[stops.segment[mine]]
    order = np.lexsort((stops.offset_m[mine], at))
    offsets = np.r_[0, np.cumsum(np.bincount(at, minlength=count))].astype(np.int32)
    return offsets, stops.offset_m[mine][order]
