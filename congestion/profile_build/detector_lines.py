"""The line of each detector, learnt in batch from stored states and traversals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from congestion.detectors.spot_relation import Lines, RelationSums, SpotRelation
from congestion.profile_build.stored_states import Detectors, StoredReadings, stored_readings
from congestion.profile_build.stored_traversals import Driven, driven
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.recorded.feed_error import FeedError
from ingest.units import MINUTE_S
from mapmatch.network import Network


@dataclass(frozen=True)
class DetectorLines:
    """What a profile holds of the detectors' spot speeds."""

    relation: SpotRelation
    of_class: Lines
    """One line a kind: twice the road class, and 1 more where a signal ends the segment."""


class _Paces(NamedTuple):
    """Paces of segments in minutes, by keys that grow."""

    key: Int64s
    pace: Floats  # s/m


def build_detector_lines(
    states: Sequence[Path],
    traversals: Sequence[Path],
    days: pa.Table,
    detectors: Detectors,
    network: Network,
    timezone: str,
) -> DetectorLines:
    """Give the detectors' lines from whole files of states and traversals.

    `days` are rows of DETECTOR_DAYS: a day on which a detector was not believed teaches nothing of
    that detector. Memory: the rows of one file of states, and 13 numbers a detector.
    """
    unsound, zone = _unsound(days, detectors), ZoneInfo(timezone)
    sums = RelationSums(len(detectors))
    for readings, paces in _pieces(states, traversals, detectors, network, unsound, zone):
        pace = _look_up(paces, _key(detectors.segment[readings.detector], readings.minute))
        spot = readings.speeds.astype(np.float64)
        occupancy = readings.occupancies.astype(np.float64)
        sums.add(readings.detector, spot, occupancy, pace)
    signal = network.node_has_signal[network.to_node]
    kinds = 2 * network.road_class.astype(np.int64) + signal
    # Every kind has its line, though no detector may stand on such a road.
    lines, of_class = sums.lines(kinds[detectors.segment])
    return DetectorLines(SpotRelation(tuple(detectors.ids), lines), of_class)


def _pieces(
    states: Sequence[Path],
    traversals: Sequence[Path],
    detectors: Detectors,
    network: Network,
    unsound: dict[str, Flags],
    zone: ZoneInfo,
) -> Iterator[tuple[StoredReadings, _Paces]]:
    """Give, a file of states at a time, what believed detectors reported and how probes drove."""
    for file in states:
        try:
            readings, _ = stored_readings(file, detectors)
        except FeedError:
            continue  # named with the days
        if not len(readings.minute):
            continue
        is_bad = np.zeros(len(readings.minute), np.bool_)
        for minute in np.unique(readings.minute).tolist():
            bad = unsound.get(f"{datetime.fromtimestamp(minute, zone):%Y-%m-%d}")
            if bad is not None:
                now = readings.minute == minute
                is_bad[now] = bad[readings.detector[now]]
        first, end = float(readings.minute.min()), float(readings.minute.max()) + MINUTE_S
        paces = _paces(driven(traversals, network, first, end), network.length_m)
        yield readings.only((readings.counts > 0) & ~is_bad), paces


def _unsound(days: pa.Table, detectors: Detectors) -> dict[str, Flags]:
    """Give by date which detectors were not believed."""
    index = {name: number for number, name in enumerate(detectors.ids)}
    found: dict[str, Flags] = {}
    for name, date, verdict in zip(
        *(days[column].to_pylist() for column in ("detector_id", "date", "verdict")), strict=True
    ):
        if verdict:
            found.setdefault(date, np.zeros(len(detectors), np.bool_))[index[name]] = True
    return found


def _key(segment: Int64s, minute: Int64s) -> Int64s:
    return (segment << 32) | (minute // 60)


def _paces(driven: Driven, length_m: Floats) -> _Paces:
    metres = driven.vehicles * length_m[driven.segment].astype(np.float64)
    return _Paces(_key(driven.segment, driven.minute), driven.seconds / metres)


def _look_up(paces: _Paces, key: Int64s) -> Floats:
    """Give the paces at keys, NaN where there is none."""
    if not len(paces.key):
        return np.full(len(key), np.nan)
    at = np.minimum(np.searchsorted(paces.key, key), len(paces.key) - 1)
    return np.where(paces.key[at] == key, paces.pace[at], np.nan)
