"""The way around each case, looked for anew as the speeds of the roads change."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from incidents.cases.table import NEXT
from incidents.records import Alert
from incidents.response.detour import Detour, detour, driving_time_s
from ingest.kernels.arrays import Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import KMH, Seconds
from mapmatch.network import NONE, Network
from mapmatch.segment_places import SegmentPlaces

AGAIN_S = 300.0
"""A way around is looked for again after so long. Unit: s. Source: chosen, as a patrol is
(`[dispatch] again_s`)."""
A_MINUTE = 20
"""At most so many are looked for in a minute, those of the gravest cases first. Unit: count.
Source: chosen, 0.1 s of a core where the network has 60,000 segments."""
SLOWER_SHARE, SLOWER_S = 1.2, 60.0
"""The way that was told is told no more where another takes so many times less, and so much less.
Unit: none and s. Source: chosen: drivers who are sent to and fro heed no sign."""


class _DetoursState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    looked: dict[str, Seconds]


class Detours:
    """Remembers when it looked for a way around each case; takes minutes in order."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._places = SegmentPlaces(network.segment_ids)
        self._looked: dict[str, Seconds] = {}

    def step(
        self, now: Seconds, states: Sequence[pa.RecordBatch], cases: Sequence[Alert]
    ) -> dict[str, Detour | None]:
        """Take a minute's speeds; give by case the ways around that are others than were told.

        None is given where a way was told and there is none any more, or none that is worth it.
        """
        waiting = [case for case in cases if (case.state, "reroute") in NEXT]
        ids = {case.alert_id for case in waiting}
        self._looked = {name: time for name, time in self._looked.items() if name in ids}
        due = [case for case in waiting if now - self._looked.get(case.alert_id, 0.0) >= AGAIN_S]
        due.sort(key=lambda case: (-case.severity, case.alert_id))
        speed_mps = self._speeds(states) if due else np.zeros(0)
        news: dict[str, Detour | None] = {}
        for case in due[:A_MINUTE]:
            self._looked[case.alert_id] = now
            found = detour(self._network, case, speed_mps)
            found = found if found is not None and _is_worth_it(case, found) else None
            if self._is_news(case, found, speed_mps):
                news[case.alert_id] = found
        return news

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_DetoursState(self._looked))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._looked = unpack(data, _DetoursState(self._looked)).looked

    def _speeds(self, states: Sequence[pa.RecordBatch]) -> Floats:
        """Give the speed of each segment in m/s, NaN where a minute does not know it."""
        speed_mps = np.full(self._network.segment_count, np.nan)
        for batch in states:
            places = self._places.of(batch["segment_id"])
            rows = np.flatnonzero(places != NONE)
            speeds = batch["speed_kmh"].to_numpy(zero_copy_only=False)[rows]
            speed_mps[places[rows]] = speeds / KMH
        return speed_mps

    def _is_news(self, case: Alert, found: Detour | None, speed_mps: Floats) -> bool:
        """Tell whether another way than was told must be told."""
        if found is None or not case.detour:
            return bool(case.detour) != (found is not None)
        if found.segment_ids == case.detour:
            return False
        told = [self._network.index_of(name) for name in case.detour]
        queue = {case.segment_id, *case.queue_segment_ids}
        if None in told or not queue.isdisjoint(case.detour):
            return True
        told_s = driving_time_s(self._network, [s for s in told if s is not None], speed_mps)
        return told_s >= found.time_s * SLOWER_SHARE and told_s >= found.time_s + SLOWER_S


def _is_worth_it(case: Alert, found: Detour) -> bool:
    """Tell whether drivers should be sent around: it is quicker, or the road may be closed."""
    return case.kind == "incident" or found.time_s < found.queue_time_s


def detours_of(found: Mapping[str, Detour | None]) -> dict[str, tuple[list[str], str]]:
    """Give by case the segments of the way around, and in a line what it is."""
    return {alert_id: ([], "no way around") if way is None else (way.segment_ids, _said(way))
            for alert_id, way in found.items()}  # fmt: skip


def _said(way: Detour) -> str:
    roads = ", ".join(dict.fromkeys(name for name in way.road_names if name))
    by = f" by {roads}" if roads else ""
    return f"{way.length_m:.0f} m{by} in {way.time_s:.0f} s, {way.queue_time_s:.0f} s in the queue"
