"""The picture of a minute that was, made of a lake as the board makes that of now."""

import gzip
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from congestion.corridors import Corridor
from incidents.records import Alert, seconds
from incidents.response.jams import ACTIVE, Jams, SegmentsAt, segments_at
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network
from streams.console.past.records import PastDay, PastDays, PastMinute
from streams.console.segment_board import SegmentBoard
from streams.lake.moments import LakeMoments
from streams.lake.reading import YEARS

OVER_FOR_S = 3600.0
"""What was over for longer is not told of. Unit: s. Source: chosen, as long as one asks why."""
NO_LAKE = "no lake is configured: start with --lake, or name one as lake.folder"
EMPTY = "nothing is stored yet"


PACKED = 5
"""How hard a minute is packed. Unit: level of gzip. Source: measured, less than half the time of
the usual 6 for 7 % more bytes."""
WHOLE = "whole"
"""All regions are taken as one: their minutes come together."""
FORM = "seconds since 1970 UTC, or ISO 8601 with its zone, such as 2026-09-16T07:24+08:00"
EARLIEST, LATEST = 0.0, datetime(YEARS[-1], 1, 1, tzinfo=UTC).timestamp()


class NotStoredError(Exception):
    """A minute of which nothing is stored; the message says what was asked and what there is."""


class Past:
    """Gives what was; remembers of it nothing but where the roads meet.

    Without a lake there is no past.
    """

    def __init__(
        self,
        lake: LakeMoments | None,
        network: Network,
        calm_minutes: int = 3,
        corridors: Sequence[Corridor] = (),
    ) -> None:
        self._lake, self._network, self._calm_minutes = lake, network, calm_minutes
        self._corridors = corridors

    @cached_property
    def _ends(self) -> SegmentsAt:
        return segments_at(self._network)

    def days(self) -> PastDays:
        """Give the days that can be looked back at."""
        if self._lake is None:
            return PastDays([], "no_lake")
        days = [PastDay(*day) for day in self._lake.days()]
        return PastDays(days, None if days else "empty")

    def packed(self, time: Seconds) -> bytes:
        """Give the minute that a time is in as JSON, as gzip. Raises NotStoredError."""
        return gzip.compress(msgspec.json.encode(self.minute(time)), PACKED, mtime=0)

    def minute(self, time: Seconds) -> PastMinute:
        """Give the minute that a time is in. Raises NotStoredError where there is none of it."""
        if self._lake is None:
            raise NotStoredError(NO_LAKE)
        minute = time // MINUTE_S * MINUTE_S
        board = SegmentBoard(self._network, 1, self._calm_minutes)
        first = minute - (self._calm_minutes - 1) * MINUTE_S
        regions: dict[str, Seconds] = {}
        for start, batch in _by_minute(self._lake.states(first, minute)):
            filled = board.fill(WHOLE, start, batch)
            if filled is not None:
                found = np.unique(self._network.region[filled.indices])
                regions |= {str(region): start for region in found.tolist()}
        if board.minute != minute:
            raise NotStoredError(self._why_not(self._lake, minute))
        board.summarise(minute)
        alerts = self._alerts(self._lake, minute + MINUTE_S)
        jams = Jams(self._network, self._ends)
        for alert in alerts:
            jams.take(alert)
        states = replace(board.snapshot(), regions=regions, segment_ids=[])
        areas, corridors = board.indices(), board.corridor_times(self._corridors)
        return PastMinute(minute, states, board.summary(), alerts, jams.jams(), areas, corridors)

    def _alerts(self, lake: LakeMoments, until: Seconds) -> list[Alert]:
        """Give what was active then, or over for a short while, the gravest first."""
        found = [
            alert for alert in lake.alerts(until)
            if alert.state in ACTIVE or seconds(alert.event_time) >= until - OVER_FOR_S
        ]  # fmt: skip
        return sorted(found, key=lambda alert: (-alert.severity, alert.alert_id))

    def _why_not(self, lake: LakeMoments, minute: Seconds) -> str:
        days, asked = lake.days(), _told(minute)
        if not days:
            return f"at {asked}: {EMPTY}"
        first, last = days[0].first, days[-1].last
        why = "nothing is stored of it, " if first < minute < last else ""
        return f"at {asked}: {why}expected a stored minute from {_told(first)} to {_told(last)}"


def _by_minute(rows: pa.Table) -> Iterable[tuple[Seconds, pa.RecordBatch]]:
    """Give each minute's rows, the oldest first."""
    for start in sorted(pc.unique(rows["interval_start"]).to_pylist()):
        of_minute = rows.filter(pc.equal(rows["interval_start"], pa.scalar(start)))
        yield start.timestamp(), of_minute.combine_chunks().to_batches()[0]


def moment_of(text: str) -> Seconds:
    """Give the time that a text says: seconds since 1970 UTC, or ISO 8601 with its zone.

    Raises ValueError saying what was expected.
    """
    told = " ".join(text.split()) or "nothing"
    try:
        time = float(told)
    except ValueError:
        # A plus sign in an address is a blank where it was not written as %2B.
        time = _iso_time(told, told.replace(" ", "+"))
    if not EARLIEST <= time < LATEST:  # also what is no number
        raise ValueError(f"at {told}, expected a time from 1970 to {YEARS[-1]}")
    return time


def _iso_time(told: str, text: str) -> Seconds:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"at {told}, expected {FORM}") from None
    if moment.tzinfo is None:
        raise ValueError(f"at {told} has no time zone, expected {FORM}")
    return moment.timestamp()


def _told(time: Seconds) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%MZ}"
