"""How each detector is: its last reading and its fault, from the minutes of the regions."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.records import DetectorFault
from congestion.roadside import place_roadside
from ingest.kernels.arrays import Floats
from ingest.recorded.assets import Assets, Detector
from ingest.units import Seconds
from mapmatch.network import NONE, Network
from mapmatch.segment_places import SegmentPlaces
from streams.console.layers.detector_records import (
    DetectorPlaces,
    DetectorReport,
    DetectorsHealth,
    DetectorStatus,
    PutAside,
    Reading,
)

NO_DATA = "no_data"
VALUES = ("lane_counts", "lane_occupancies", "lane_speeds_kmh")
"""The columns of states with what each detector of a segment told, in the order of their ids."""
PARTLY: Mapping[str, PutAside] = {
    "offs_lost": "occupancy", "constant": "occupancy", "too_short": "count", "wrong_lane": "lane",
}  # fmt: skip
"""What is put aside of a detector that is believed in the rest, by its fault. Source:
`congestion.detectors.verdicts.HALF_BELIEVED`."""


class DetectorBoard:
    """Remembers each detector's last reading and its last fault; nothing is forgotten.

    Minutes may come in any order and more than once: an older reading or fault replaces no newer.
    """

    def __init__(self, network: Network, detectors: Sequence[Detector] = ()) -> None:
        self._network, self._detectors = network, tuple(detectors)
        self._numbers = {one.detector_id: n for n, one in enumerate(self._detectors)}
        placed = place_roadside(network, Assets(detectors=self._detectors)).detectors
        self._segment = placed.segment
        on_road = [n for n in range(len(placed)) if placed.segment[n] != NONE]
        on_road.sort(key=lambda n: (placed.segment[n], placed.ids[n]))
        # The detectors of each segment as states tell of them.
        self._of_segment = np.array(on_road, np.int64)
        self._starts = np.searchsorted(
            placed.segment[self._of_segment], np.arange(network.segment_count + 1)
        )
        self._places = SegmentPlaces(network.segment_ids)
        self._minutes = np.full(len(placed), np.nan)
        self._values = np.full((len(placed), len(VALUES)), np.nan)
        self._is_believed = np.ones(len(placed), np.bool_)
        self._faults: dict[str, DetectorFault] = {}
        self._first: Seconds = math.inf
        self._last: Seconds = -math.inf

    @property
    def count(self) -> int:
        """How many detectors the city has."""
        return len(self._detectors)

    def take(
        self, minute: Seconds, states: pa.RecordBatch, faults: Sequence[DetectorFault]
    ) -> None:
        """Take a region's minute (its start) and the faults that began or ended with it."""
        for fault in faults:
            self._take_fault(fault)
        rows = states.filter(pc.is_valid(states["lane_counts"])) if self.count else None
        if rows is None or not rows.num_rows:
            return
        self._first, self._last = min(minute, self._first), max(minute, self._last)
        self._take_readings(minute, rows)

    def _take_fault(self, fault: DetectorFault) -> None:
        known = self._faults.get(fault.detector_id)
        if known is not None:
            is_same = (known.fault, known.since) == (fault.fault, fault.since)
            if is_same and fault.until is not None:
                # The end says nothing of what was seen.
                fault = DetectorFault(
                    fault.detector_id, fault.segment_id, fault.fault, fault.since, fault.until,
                    known.evidence,
                )  # fmt: skip
            elif is_same or _order(fault) < _order(known):
                return
        self._faults[fault.detector_id] = fault

    def _take_readings(self, minute: Seconds, rows: pa.RecordBatch) -> None:
        segment = self._places.of(rows["segment_id"])
        known = np.flatnonzero(segment != NONE)
        start, stop = (self._starts[segment[known] + n] for n in (0, 1))
        lists = rows["lane_counts"]
        told = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
        # A list of another length is of other detectors than those that are known here.
        is_whole = told[known] == stop - start
        counts, first = (stop - start)[is_whole], start[is_whole]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        detectors = self._of_segment[np.repeat(first, counts) + within]
        taken = rows.take(pa.array(known[is_whole]))
        values = np.column_stack([_flat(taken[name]) for name in VALUES])
        is_news = ~np.isnan(values).all(axis=1)
        is_news &= ~(minute < self._minutes[detectors])
        news = detectors[is_news]
        self._minutes[news], self._values[news] = minute, values[is_news]
        self._is_believed[detectors] = _flat(taken["lane_believed"]) != 0.0

    def places(self) -> DetectorPlaces:
        """Give where the detectors are."""
        return DetectorPlaces(
            [one.detector_id for one in self._detectors],
            [one.longitude for one in self._detectors],
            [one.latitude for one in self._detectors],
            [one.bearing_deg for one in self._detectors],
            [self._segment_id(n) for n in range(self.count)],
        )

    def health(
        self, excluded: Mapping[str, str], old_regions: Collection[int] = ()
    ) -> DetectorsHealth:
        """Give how the detectors are.

        `excluded` are those that stages do not believe now, and their faults, some of which may
        have begun before anything was known here. Of `old_regions` it is not known how they are.
        """
        is_old = np.zeros(self.count, np.bool_)
        if self.count and old_regions:
            region = self._network.region[np.maximum(self._segment, 0)]
            is_old = (self._segment != NONE) & np.isin(region, list(old_regions))
        found = {one.detector_id: self._fault(one.detector_id, excluded) for one in self._detectors}
        return DetectorsHealth(
            self._last if math.isfinite(self._last) else None,
            [
                self._status(n, found[one.detector_id], is_old=bool(is_old[n]))
                for n, one in enumerate(self._detectors)
            ],
            {name: fault for name, fault in found.items() if fault is not None},
        )

    def report(
        self, detector_id: str, excluded: Mapping[str, str], old_regions: Collection[int] = ()
    ) -> DetectorReport | None:
        """Give all that is known of a detector, None where the city has no such."""
        number = self._numbers.get(detector_id)
        if number is None:
            return None
        one, segment = self._detectors[number], int(self._segment[number])
        is_old = segment != NONE and int(self._network.region[segment]) in old_regions
        name = self._fault(detector_id, excluded)
        return DetectorReport(
            detector_id,
            one.lane,
            one.lanes,
            self._segment_id(number),
            self._status(number, name, is_old=is_old),
            self._faults.get(detector_id),
            self._put_aside(number, name, excluded),
            self._reading(number),
            self._first if math.isfinite(self._first) else None,
        )

    def _fault(self, detector_id: str, excluded: Mapping[str, str]) -> str | None:
        """Give the fault that a detector has now."""
        known = self._faults.get(detector_id)
        if known is not None and known.until is None:
            return known.fault
        return excluded.get(detector_id)

    def _status(self, number: int, fault: str | None, *, is_old: bool) -> DetectorStatus:
        if self._segment[number] == NONE:
            return "unplaced"
        if is_old:
            return "unknown"
        if np.isnan(self._minutes[number]):
            return "never"
        if fault == NO_DATA:
            return "silent"
        return "sound" if fault is None else "faulty"

    def _put_aside(
        self, number: int, fault: str | None, excluded: Mapping[str, str]
    ) -> PutAside | None:
        if self._segment[number] == NONE:
            return "all"
        if fault is None or fault == NO_DATA:
            return None
        if self._detectors[number].detector_id in excluded or not self._is_believed[number]:
            return "all"
        return PARTLY.get(fault, "all")

    def _reading(self, number: int) -> Reading | None:
        minute = float(self._minutes[number])
        if math.isnan(minute):
            return None
        values = self._values[number].tolist()
        return Reading(minute, *(None if math.isnan(v) else round(v, 3) for v in values))

    def _segment_id(self, number: int) -> str | None:
        segment = int(self._segment[number])
        return None if segment == NONE else self._network.segment_ids[segment]


def _order(fault: DetectorFault) -> tuple[Seconds, Seconds]:
    """What is later is newer; a fault that goes on began after one that ended then."""
    return fault.since, math.inf if fault.until is None else fault.until


def _flat(lists: pa.Array) -> Floats:
    values = lists.flatten().cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)
