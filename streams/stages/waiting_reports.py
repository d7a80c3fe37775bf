"""Reports from people on their way into the minute that they are of."""

import msgspec
import pyarrow as pa

from ingest.checks.check import FURTHEST_TIME_S
from ingest.checks.reports import check_reports
from ingest.raw import parse_raw
from ingest.refusals import Reason, Refusal
from ingest.reports import REPORTS, Report, reports_of
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.time_zone import UNKNOWN
from ingest.units import Seconds
from streams import topics
from streams.city import City
from streams.stages.counts import StageCounts, Tally
from streams.stages.messages import Incoming, Outgoing
from streams.stages.refused import letter_of_row, letters_of_records

LATE_S = 600.0
"""A report is late where it tells of a moment so long before the minute that is decided. Unit: s.
Source: chosen; people call minutes after what they saw."""


class _Waiting(msgspec.Struct, frozen=True):
    """A report, and where its record stood."""

    report: Report
    offset: int
    position: int


class _WaitingReportsState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    waiting: list[_Waiting]
    told: dict[str, Seconds]
    tally: bytes


class WaitingReports:
    """Remembers the reports of minutes to come, and the ids of those that may come again.

    Takes raw messages in any order of time. A report of a minute that was decided goes into the
    next one, unless it is late; the same id comes once.
    """

    def __init__(self, city: City) -> None:
        self._city = city
        self._waiting: list[_Waiting] = []
        self._told: dict[str, Seconds] = {}
        self._tally = Tally()

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take a raw message and give the letters of what is refused of it."""
        data = message.content if isinstance(message.content, bytes) else b""
        parsed = parse_raw(topics.REPORTS, data)
        checked = check_reports(parsed.batch, self._city.bounds, message.sent_at)
        refusals = [
            *parsed.refusals,
            *(
                msgspec.structs.replace(refusal, position=parsed.positions[refusal.position])
                for refusal in checked.refusals
                if refusal.position is not None
            ),
        ]
        bad = {refusal.position for refusal in refusals}
        good = [position for position in parsed.positions if position not in bad]
        for report, position in zip(reports_of(checked.batch), good, strict=True):
            if report.report_id in self._told:
                what = (report.report_id, "each report once")
                refusals.append(_refusal(position, Reason.DUPLICATE, "report_id", *what))
                continue
            self._told[report.report_id] = report.event_time
            self._waiting.append(_Waiting(report, message.offset, position))
        self._tally.take(parsed.batch.num_rows + sum(r.row_count for r in parsed.refusals))
        self._tally.rows_used += parsed.batch.num_rows + len(parsed.refusals) - len(refusals)
        self._tally.refuse(refusals)
        letters = letters_of_records(message, data, refusals, UNKNOWN)
        self._tally.dead_letters += len(letters)
        return letters

    def due(self, until: Seconds) -> tuple[list[Report], list[Outgoing]]:
        """Give the reports from before a time in order, and the letters of those with no minute."""
        due: list[Report] = []
        letters: list[Outgoing] = []
        rest: list[_Waiting] = []
        for one in self._waiting:
            ahead_s = one.report.event_time - until
            if ahead_s < -LATE_S:
                expected = f"at most {LATE_S / 60:g} min before the minute that is decided"
                letters.append(self._refuse(one, Reason.LATE, expected))
            elif ahead_s > FURTHEST_TIME_S:
                expected = f"within {FURTHEST_TIME_S / 3600:g} h of the minute that is decided"
                letters.append(self._refuse(one, Reason.BAD_TIME, expected))
            elif ahead_s >= 0.0:
                rest.append(one)
            else:
                due.append(one.report)
        self._waiting = rest
        self._told = {k: time for k, time in self._told.items() if time >= until - LATE_S}
        return sorted(due, key=lambda r: (r.event_time, r.report_id)), letters

    def _refuse(self, one: _Waiting, reason: Reason, expected: str) -> Outgoing:
        """Refuse a report that had been taken."""
        report = one.report
        row = msgspec.structs.asdict(report) | {"event_time": round(report.event_time * 1000.0)}
        batch = pa.RecordBatch.from_pylist([row], schema=REPORTS)
        shown = f"{batch.column('event_time')[0]}"
        refusal = _refusal(0, reason, "event_time", shown, expected)
        self._tally.rows_used -= 1
        self._tally.refuse([refusal])
        self._tally.dead_letters += 1
        origin = Incoming(topics.REPORTS, 0, one.offset, b"")
        return letter_of_row(origin, one.position, batch, refusal)

    def counts(self, stage: str, watermark: Seconds | None) -> StageCounts:
        """Give what was counted."""
        return self._tally.counts(stage, 0, topics.REPORTS, watermark)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._tally = restored(self._tally, state.tally)
        self._waiting, self._told = state.waiting, state.told

    def _state(self) -> _WaitingReportsState:
        return _WaitingReportsState(self._waiting, self._told, self._tally.snapshot())


def _refusal(position: int, reason: Reason, field: str, found: str, expected: str) -> Refusal:
    return Refusal(topics.REPORTS, position, reason, expected, field, found)
