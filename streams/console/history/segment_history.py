"""The last hours of every segment: speed beside its usual band, detectors, probes, queue, words."""

import math
from collections import deque
from collections.abc import Collection

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.records import Sighting
from incidents.cases.road_watch import BAND_SPREADS, LEAST_LOG_SPREAD
from ingest.kernels.arrays import Floats
from ingest.units import Seconds
from mapmatch.network import Network

STEPS = {
    "speed_kmh": 0.5, "usual_kmh": 0.5, "detector_speed_kmh": 0.5, "probe_speed_kmh": 0.5,
    "probe_count": 1.0, "flow_veh_h": 40.0, "occupancy": 0.004, "queue_length_m": 10.0,
}  # fmt: skip
"""What is remembered of a minute, one byte each, in steps of so much. Unit: that of the name.
Source: chosen, finer than a chart of two hours shows; the largest are 127 km/h, 254 probes,
10,160 veh/h, 1 and 2,540 m."""
LARGEST = 254
MOST_SIGHTINGS = 20_000
"""Older sightings are forgotten beyond so many. Unit: count. Source: chosen, those of two hours of
a city of a hundred a minute."""
BAND = math.exp(BAND_SPREADS * LEAST_LOG_SPREAD)
"""The usual band reaches from what is usual divided by this to it times this. Unit: none.
Source: as a case is judged to be as usual again, `incidents.cases.road_watch`."""


class SeenThing(msgspec.Struct, frozen=True):
    """A standing vehicle or a camera's word on a segment; times are seconds since 1970 UTC."""

    source: str
    kind: str
    seen_by: str
    since: Seconds
    until: Seconds
    lane: int | None = None


class SegmentHistory(msgspec.Struct, frozen=True):
    """A segment's minutes from `start` (seconds since 1970 UTC), one entry each, None unknown.

    The usual band is None where nothing is usual yet, the queue is that on the segment alone.
    """

    segment_id: str
    start: Seconds
    interval_s: int
    speed_kmh: list[float | None]
    usual_low_kmh: list[float | None]
    usual_high_kmh: list[float | None]
    detector_speed_kmh: list[float | None]
    probe_speed_kmh: list[float | None]
    probe_count: list[float | None]
    flow_veh_h: list[float | None]
    occupancy: list[float | None]
    queue_length_m: list[float | None]
    sightings: list[SeenThing]


class HistoryBoard:
    """Remembers so many minutes of every segment, eight bytes a segment and minute.

    Minutes may come in any order and more than once; one older than all that are remembered is
    ignored, the oldest is forgotten when a newer one comes.
    """

    def __init__(self, network: Network, minute_count: int, interval_s: int = 60) -> None:
        self._network, self._count, self.interval_s = network, minute_count, interval_s
        # Zero is unknown, so that what was never written takes no memory.
        shape = (minute_count, len(STEPS), network.segment_count)
        self._values = np.zeros(shape, np.uint8)
        self._minutes = np.full(minute_count, -1, np.int64)
        self._sightings: deque[tuple[str, SeenThing]] = deque(maxlen=MOST_SIGHTINGS)
        self._known: set[tuple[str, SeenThing]] = set()

    def take(
        self, minute: Seconds, indices: npt.NDArray[np.int_], columns: dict[str, Floats]
    ) -> None:
        """Take a minute (its start) of some segments: a column for each of STEPS, NaN unknown."""
        number = int(minute // self.interval_s)
        slot = number % self._count
        if number < self._minutes[slot]:
            return
        if number > self._minutes[slot]:
            self._minutes[slot] = number
            self._values[slot] = 0
        for row, (name, step) in enumerate(STEPS.items()):
            whole = np.clip(np.round(columns[name] / step), 0, LARGEST) + 1
            self._values[slot, row, indices] = np.where(np.isnan(whole), 0, whole).astype(np.uint8)

    def see(self, sightings: list[Sighting]) -> None:
        """Take what was seen; the same thing again is one."""
        for one in sightings:
            thing = SeenThing(one.source, one.kind, one.seen_by, one.since, one.until, one.lane)
            entry = (one.segment_id, thing)
            if entry in self._known:
                continue
            if len(self._sightings) == MOST_SIGHTINGS:
                self._known.discard(self._sightings[0])
            self._sightings.append(entry)
            self._known.add(entry)

    def history(self, segment_id: str) -> SegmentHistory | None:
        """Give a segment's minutes, None where the network has no such segment."""
        index = self._network.index_of(segment_id)
        if index is None:
            return None
        newest = int(self._minutes.max())
        numbers = np.arange(max(0, newest - self._count + 1), newest + 1)
        slots = numbers % self._count
        values = self._values[slots, :, index].astype(np.float64)
        values[self._minutes[slots] != numbers] = 0.0
        first = int(np.argmax(values.any(axis=1))) if values.any() else len(numbers)
        seen = {
            name: np.where(values[first:, row] == 0.0, np.nan, (values[first:, row] - 1) * step)
            for row, (name, step) in enumerate(STEPS.items())
        }
        usual = seen.pop("usual_kmh")
        seen |= {"usual_low_kmh": usual / BAND, "usual_high_kmh": usual * BAND}
        start = float(numbers[first] * self.interval_s) if first < len(numbers) else 0.0
        return SegmentHistory(
            segment_id,
            start,
            self.interval_s,
            sightings=self.seen_on({segment_id}, start),
            **{name: _optional(column) for name, column in seen.items()},
        )

    def seen_on(self, segment_ids: Collection[str], since: Seconds) -> list[SeenThing]:
        """Give what was seen on these segments and lasted beyond a time."""
        return [
            thing
            for segment_id, thing in self._sightings
            if segment_id in segment_ids and thing.until >= since
        ]


def _optional(values: Floats) -> list[float | None]:
    return [None if math.isnan(value) else round(value, 3) for value in values.tolist()]
