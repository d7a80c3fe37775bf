"""Is traffic as usual again where a case is? Speed and flow beside what they were before it."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.records import MEASURED
from incidents.cases.settings import CaseSettings
from incidents.cases.table import LIVE
from incidents.records import Alert, iso
from ingest.kernels.arrays import Floats
from ingest.saved_state import SAME, SavedState, pack, unpack
from ingest.units import Seconds
from mapmatch.network import NONE
from mapmatch.segment_places import SegmentPlaces

HALF_LIFE_MINUTES = 20.0
"""What is usual of a segment forgets half in this time. Unit: min. Source: chosen, some times what
passes before an incident is found."""
LEAST_MINUTES = 8
"""So many minutes must have been seen before anything is usual. Unit: count. Source: chosen, more
than a few cycles of a signal."""
BAND_SPREADS = 1.5
"""Traffic is as usual while neither is more spreads below its mean. Unit: standard deviations.
Source: chosen, one minute in fifteen of a normal distribution is lower."""
LEAST_LOG_SPREAD = 0.25
"""No spread of ln speed is believed to be smaller. Unit: none. Source: that of lanes,
`[detection.lanes] least_spread`."""
LEAST_FLOW_SHARE = 0.3
"""And none of a flow to be a smaller share of it. Unit: share. Source: chosen, ten vehicles a
minute by Poisson."""
SLOWEST_KMH = 1.0
"""Slower counts as this fast, before the logarithm. Unit: km/h. Source: chosen, slower stands."""

_MEASURED = pa.array(sorted(MEASURED))

Word = Literal["recovered", "relapsed", "disputed"]


class RoadNews(NamedTuple):
    """What the road says of a case, and since when (s since 1970 UTC)."""

    alert_id: str
    word: Word
    since: Seconds


class _Watched(msgspec.Struct):
    """A case's place, what was usual there before it, and what was seen since."""

    segment: int
    log_speed: float
    least_log_speed: float
    least_flow: float  # NaN where no detector counts
    was_out: bool = False  # of its band, since the case began
    usual_count: int = 0  # minutes in a row
    odd_count: int = 0
    since: Seconds = 0.0  # the first of them began
    slow_minutes: int = 0  # slower than usual since the case began
    slow_log_speed: float = 0.0  # their mean

    def is_slow(self, log_speed: float) -> bool:
        """Take a minute's ln speed; tell whether it is below what is usual.

        So it is, too, where it is nearer to the slow minutes of the case than to the usual ones: a
        street on which speeds differ much has a wide band, in which a queue may stand.
        """
        if log_speed < self.least_log_speed:
            self.slow_minutes += 1
            self.slow_log_speed += (log_speed - self.slow_log_speed) / self.slow_minutes
            return True
        between = (self.log_speed + self.slow_log_speed) / 2.0
        return self.slow_minutes > 0 and log_speed < between


class _RoadWatchState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    segment_ids: Annotated[list[str], SAME]
    arrays: dict[str, Floats]
    watched: dict[str, _Watched]


class RoadWatch:
    """Remembers what is usual of each segment, and for each case what was usual before it.

    Takes minutes in order. Where a case is nothing is learnt until it is over. A minute in which
    its segment was not measured says nothing. Hot spots are not watched: they end with their queue.
    """

    _FIELDS = ("minutes", "log_speed", "log_speed_square", "flow", "flow_square")

    def __init__(self, segment_ids: Sequence[str], settings: CaseSettings | None = None) -> None:
        self._ids = list(segment_ids)
        self._places = SegmentPlaces(self._ids)
        self._index = {name: number for number, name in enumerate(self._ids)}
        self._settings = settings or CaseSettings()
        n = len(self._ids)
        self._arrays: dict[str, Floats] = {name: np.zeros(n) for name in self._FIELDS}
        self._watched: dict[str, _Watched] = {}

    def step(
        self, minute_start: Seconds, states: Sequence[pa.RecordBatch], cases: Iterable[Alert]
    ) -> list[RoadNews]:
        """Take a minute's rows of every region; give what the road says of the cases."""
        log_speed, flow = self._measured(states)
        live = {c.alert_id: c for c in cases if c.kind == "incident" and c.state in LIVE}
        self._watched = {k: w for k, w in self._watched.items() if k in live}
        for alert_id, case in live.items():
            segment = self._index.get(case.segment_id)
            known = self._watched.get(alert_id)
            if segment is not None and (known is None or known.segment != segment):
                self._watched[alert_id] = self._begin(segment)
        news = []
        for alert_id, watched in self._watched.items():
            word = self._follow(watched, live[alert_id], minute_start, log_speed, flow)
            if word is not None:
                news.append(RoadNews(alert_id, word, watched.since))
                watched.usual_count = watched.odd_count = 0
        self._learn(log_speed, flow)
        return news

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._arrays, self._watched = state.arrays, state.watched

    def _state(self) -> _RoadWatchState:
        return _RoadWatchState(self._ids, self._arrays, self._watched)

    def _measured(self, states: Sequence[pa.RecordBatch]) -> tuple[Floats, Floats]:
        """Give ln speed (km/h) and flow (veh/h) of each segment, NaN where not measured."""
        log_speed, flow = (np.full(len(self._ids), np.nan) for _ in range(2))
        for batch in states:
            is_measured = pc.is_in(batch["quality"], value_set=_MEASURED)
            places = self._places.of(batch["segment_id"])
            rows = np.flatnonzero(is_measured.to_numpy(zero_copy_only=False) & (places != NONE))
            at = places[rows]
            speeds = batch["speed_kmh"].to_numpy(zero_copy_only=False)[rows]
            log_speed[at] = np.log(np.maximum(speeds, SLOWEST_KMH))
            flow[at] = batch["flow_veh_h"].to_numpy(zero_copy_only=False)[rows]
        return log_speed, flow

    def _begin(self, segment: int) -> _Watched:
        """Give what is usual of a segment now."""
        minutes, log_speed, log_square, flow, flow_square = (
            float(self._arrays[name][segment]) for name in self._FIELDS
        )
        if minutes < LEAST_MINUTES:
            return _Watched(segment, np.nan, np.nan, np.nan)
        spread = max(max(log_square - log_speed**2, 0.0) ** 0.5, LEAST_LOG_SPREAD)
        flow_spread = max(max(flow_square - flow**2, 0.0) ** 0.5, LEAST_FLOW_SHARE * flow)
        least_flow = flow - BAND_SPREADS * flow_spread if flow > 0.0 else np.nan
        return _Watched(segment, log_speed, log_speed - BAND_SPREADS * spread, least_flow)

    def _follow(
        self, watched: _Watched, case: Alert, minute: Seconds, log_speed: Floats, flow: Floats
    ) -> Word | None:
        """Take a minute of a case's place; give what it says after enough of them."""
        speed = float(log_speed[watched.segment])
        if np.isnan(speed) or np.isnan(watched.least_log_speed):
            return None
        # Nothing is lower than NaN: where no flow is known, the speed alone says it.
        is_odd = watched.is_slow(speed) or bool(flow[watched.segment] < watched.least_flow)
        if (watched.odd_count if is_odd else watched.usual_count) == 0:
            watched.since = minute
        watched.odd_count = watched.odd_count + 1 if is_odd else 0
        watched.usual_count = 0 if is_odd else watched.usual_count + 1
        watched.was_out |= watched.odd_count >= self._settings.back_minutes
        if max(watched.odd_count, watched.usual_count) < self._settings.back_minutes:
            return None
        by = _ended_by(case)
        if watched.usual_count and watched.was_out:
            return "recovered" if case.state != "verified" and by != "recovered" else None
        if watched.odd_count and by == "recovered":
            return "relapsed" if case.state == "cleared" else None
        is_told = by in ("clear", "verify") and case.state in ("cleared", "verified")
        return "disputed" if watched.odd_count and is_told and not case.is_disputed else None

    def _learn(self, log_speed: Floats, flow: Floats) -> None:
        busy = np.zeros(len(self._ids), np.bool_)
        busy[[watched.segment for watched in self._watched.values()]] = True
        arrays = self._arrays
        is_new = ~np.isnan(log_speed) & ~busy
        # The first minutes are their plain mean.
        least = 1.0 - 0.5 ** (1.0 / HALF_LIFE_MINUTES)
        gain = np.maximum(least, 1.0 / (arrays["minutes"] + 1.0))
        for name, value in (
            ("log_speed", log_speed), ("log_speed_square", log_speed**2),
            ("flow", flow), ("flow_square", flow**2),
        ):  # fmt: skip
            step = gain * (value - arrays[name])
            arrays[name] += np.where(is_new & ~np.isnan(value), step, 0.0)
        arrays["minutes"] = arrays["minutes"] + is_new


def _ended_by(case: Alert) -> str | None:
    """Give what brought a cleared or verified case there last, None where it goes on."""
    if case.state not in ("cleared", "verified"):
        return None
    ends = ("clear", "verify", "quiet", "recovered")
    return next((e.action for e in reversed(case.log) if e.action in ends), None)


def said(news: RoadNews) -> str:
    """Say what the road says, for the log."""
    usual = "as usual" if news.word == "recovered" else "not as usual"
    return f"traffic {usual} since {iso(news.since)}"
