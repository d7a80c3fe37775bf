"""The in-road detectors of a city, lane beside lane, as arrays."""

from dataclasses import dataclass

import numpy as np

from congestion.roadside import Roadside
from ingest.kernels.arrays import Floats, Int32s
from mapmatch.network import NONE, Network
from mapmatch.segment_places import SegmentPlaces

ROW_REACH_M = 30.0
"""Detectors of one segment, each so near the next one, form a row across its lanes. Unit: m.
Source: chosen, wider than the scatter of detectors at one stop line."""


@dataclass(frozen=True)
class LaneDetectors:
    """The d detectors that stand on a segment, ordered by segment and then by id.

    That is the order of the list columns in a segment's state. A row is a set of detectors side by
    side; `row` numbers them 0..row_count-1.
    """

    ids: tuple[str, ...]
    segment: Int32s  # d
    offset_m: Floats  # d
    lane: Int32s  # d
    first: Int32s  # n + 1: a segment's detectors are first[s]..first[s + 1]
    row: Int32s  # d
    row_count: int
    places: SegmentPlaces  # of the network's segments

    def __len__(self) -> int:
        return len(self.ids)


def lane_detectors(network: Network, roadside: Roadside) -> LaneDetectors:
    """Give the detectors that stand on a segment, in order; one that stands nowhere is left out."""
    detectors = roadside.detectors
    on_road = [i for i in range(len(detectors)) if detectors.segment[i] != NONE]
    on_road.sort(key=lambda i: (int(detectors.segment[i]), detectors.ids[i]))
    segment = detectors.segment[on_road].astype(np.int32)
    offset_m = detectors.offset_m[on_road].astype(np.float64)
    counts = np.bincount(segment, minlength=network.segment_count)
    row = _rows(segment, offset_m)
    return LaneDetectors(
        ids=tuple(detectors.ids[i] for i in on_road),
        segment=segment,
        offset_m=offset_m,
        lane=detectors.lane[on_road].astype(np.int32),
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        row=row,
        row_count=int(row.max()) + 1 if len(row) else 0,
        places=SegmentPlaces(network.segment_ids),
    )


def _rows(segment: Int32s, offset_m: Floats) -> Int32s:
    """Number the rows of detectors, along each segment from its start."""
    row = np.zeros(len(segment), dtype=np.int32)
    order = np.lexsort((offset_m, segment))
    number, previous = -1, -1
    for i in order:
        if (
            previous < 0
            or segment[i] != segment[previous]
            or offset_m[i] - offset_m[previous] > ROW_REACH_M
        ):
            number += 1
        row[i] = number
        previous = i
    return row
