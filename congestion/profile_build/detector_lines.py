"""What plain readings mean, learnt in batch from the lake: detectors' lines and fleets' biases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from congestion.detectors.spot_relation import Lines, RelationSums, SpotRelation, segment_speeds
from congestion.profile_build.fleet_bias import BiasSums
from congestion.profile_build.stored_states import DetectorMinutes, Detectors, detector_minutes
from congestion.profile_build.stored_traversals import BUS, TAXI, Driven, KeptTraversals
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.recorded.feed_error import FeedError
from mapmatch.network import Network


@dataclass(frozen=True)
class Plain:
    """What a profile holds of plain readings."""

    relation: SpotRelation
    of_class: Lines  # one a kind: twice the road class, and 1 more where a signal ends the segment
    bias: pa.Table  # rows of FLEET_BIAS


class _Paces(NamedTuple):
    """Paces (s/m) of segments in minutes, by keys that grow; NaN where a fleet drove none whole."""

    key: Int64s
    both: Floats
    of_fleet: Floats  # fleets x keys


def build_plain(
    states: Sequence[Path],
    traversals: Sequence[Path],
    days: pa.Table,
    detectors: Detectors,
    network: Network,
    timezone: str,
) -> Plain:
    """Give detectors' lines and fleets' biases from whole files of states and traversals.

    `days` are rows of DETECTOR_DAYS: of a detector that was not believed on a day nothing is
    learnt of it. Memory: what is kept in one file of states, and 13 numbers a detector.
    """
    kept = KeptTraversals(traversals, network)
    unsound, zone = _unsound(days, detectors), ZoneInfo(timezone)
    sums, bias = RelationSums(len(detectors)), BiasSums()
    for told, paces in _pieces(states, kept, detectors, network, unsound, zone):
        pace = _look_up(paces, _key(detectors.segment[told.detector], told.minute), paces.both)
        spot, occupancy = told.speeds.astype(np.float64), told.occupancies.astype(np.float64)
        sums.add(told.detector, spot, occupancy, pace)
    signal = network.node_has_signal[network.to_node]
    kinds = 2 * network.road_class.astype(np.int64) + signal
    # Every kind has its line, though no detector may stand on such a road.
    lines, of_class = sums.lines(kinds[detectors.segment])
    road_class, counted = network.road_class.astype(np.int64), np.zeros(0, np.int64)
    for told, paces in _pieces(states, kept, detectors, network, unsound, zone):
        _beside_detectors(told, paces, lines.terms, detectors, road_class, bias)
        # The blocks of a lake share a minute where one ends and the next begins.
        minutes = np.unique(paces.key & _MINUTES)
        _bus_beside_taxi(paces, np.setdiff1d(minutes, counted), road_class, bias)
        counted = np.union1d(counted, minutes)
    return Plain(SpotRelation(tuple(detectors.ids), lines), of_class, bias.table())


def _pieces(
    states: Sequence[Path],
    kept: KeptTraversals,
    detectors: Detectors,
    network: Network,
    unsound: dict[str, Flags],
    zone: ZoneInfo,
) -> Iterator[tuple[DetectorMinutes, _Paces]]:
    """Give, a file of states at a time, what believed detectors said and how fleets drove."""
    for file in states:
        try:
            told, _ = detector_minutes(file, detectors)
        except FeedError:
            continue  # named with the days
        if not len(told.minute):
            continue
        is_bad = np.zeros(len(told.minute), np.bool_)
        for minute in np.unique(told.minute).tolist():
            bad = unsound.get(f"{datetime.fromtimestamp(minute, zone):%Y-%m-%d}")
            if bad is not None:
                now = told.minute == minute
                is_bad[now] = bad[told.detector[now]]
        first, end = float(told.minute.min()), float(told.minute.max()) + 60.0
        paces = _paces(kept.driven(first, end), network.length_m.astype(np.float64))
        yield told.only((told.counts > 0) & ~is_bad), paces


def _unsound(days: pa.Table, detectors: Detectors) -> dict[str, Flags]:
    place = {name: number for number, name in enumerate(detectors.ids)}
    found: dict[str, Flags] = {}
    for name, date, verdict in zip(
        *(days[column].to_pylist() for column in ("detector_id", "date", "verdict")), strict=True
    ):
        if verdict:
            found.setdefault(date, np.zeros(len(detectors), np.bool_))[place[name]] = True
    return found


_MINUTES = (1 << 32) - 1  # of a key, the part that is the minute


def _key(segment: Int64s, minute: Int64s) -> Int64s:
    return (segment << 32) | (minute // 60)


def _paces(driven: Driven, length_m: Floats) -> _Paces:
    key, at = np.unique(_key(driven.segment, driven.minute), return_inverse=True)
    metres = driven.vehicles * length_m[driven.segment]
    of_fleet = np.full((2, len(key)), np.nan)
    of_fleet[driven.fleet, at] = driven.seconds / metres
    both = np.bincount(at, driven.seconds, len(key)) / np.bincount(at, metres, len(key))
    return _Paces(key, both, of_fleet)


def _look_up(paces: _Paces, key: Int64s, values: Floats) -> Floats:
    """Give the values at keys, NaN where there is none."""
    if not len(paces.key):
        return np.full(len(key), np.nan)
    at = np.minimum(np.searchsorted(paces.key, key), len(paces.key) - 1)
    return np.where(paces.key[at] == key, values[at], np.nan)


def _beside_detectors(
    told: DetectorMinutes,
    paces: _Paces,
    terms: Floats,
    detectors: Detectors,
    road_class: Int64s,
    bias: BiasSums,
) -> None:
    """Add to the biases each fleet beside what the detectors' lines say."""
    speed = segment_speeds(
        terms[told.detector], told.speeds.astype(np.float64), told.occupancies.astype(np.float64),
        detectors.limit_mps[told.detector],
    )  # fmt: skip
    use = np.isfinite(speed) & (speed > 0)
    key, at = np.unique(
        _key(detectors.segment[told.detector[use]], told.minute[use]), return_inverse=True
    )
    vehicles = told.counts[use].astype(np.float64)
    pace = np.bincount(at, vehicles / speed[use]) / np.bincount(at, vehicles)
    for fleet in (BUS, TAXI):
        ratio = _look_up(paces, key, paces.of_fleet[fleet]) / pace
        seen = np.isfinite(ratio) & (ratio > 0)
        classes = road_class[key[seen] >> 32]
        bias.beside_detectors(np.full(len(classes), fleet), classes, ratio[seen])


def _bus_beside_taxi(paces: _Paces, minutes: Int64s, road_class: Int64s, bias: BiasSums) -> None:
    """Add to the biases the buses beside the taxis, in these minutes (since 1970)."""
    ratio = paces.of_fleet[BUS] / paces.of_fleet[TAXI]
    seen = np.isfinite(ratio) & (ratio > 0) & np.isin(paces.key & _MINUTES, minutes)
    bias.bus_beside_taxi(road_class[paces.key[seen] >> 32], ratio[seen])
