"""What a run will do with each row of a feed, found with the run's own checks and matcher."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.checks.cleaning_settings import CleaningSettings
from ingest.dead_letters import DeadLetter
from ingest.frames import Frame, FrameHeader
from ingest.recorded.feed import Feed
from ingest.recorded.slices import Rows, Slice, slices
from ingest.recorded.told_lines import PATROLS_FILE, REPORTS_FILE
from ingest.refusals import Reason
from ingest.units import KMH, MINUTE_S
from mapmatch.network import NONE
from mapmatch.records import TRAVERSALS
from streams import topics
from streams.chain import Chain
from streams.feed_check.records import Example, Ignored
from streams.settings import Settings
from streams.stages.estimate_inputs import INPUTS
from streams.stages.match import Trace
from streams.stages.messages import Incoming, Outgoing
from streams.stages.patrol_desk import PatrolDesk
from streams.stages.waiting_reports import WaitingReports

BUSES, TAXIS, OTHERS = "buses", "taxis", "other fleets"
READINGS, EVENTS, CAMERAS = "detector readings", "detector events", "cameras"
REPORTS, PATROLS = "reports", "patrols"
FLEETS = {"bus": BUSES, "taxi": TAXIS}
FILES = {
    BUSES: "gps.parquet",
    TAXIS: "gps.parquet",
    OTHERS: "gps.parquet",
    READINGS: "magnetometer.parquet",
    EVENTS: "magnetometer_events.parquet",
    CAMERAS: "camera.parquet",
    REPORTS: REPORTS_FILE,
    PATROLS: PATROLS_FILE,
}
UNPLACED, NO_MINUTE = "unplaced", "unused"

Text = npt.NDArray[np.object_]


@dataclass
class Ledger:
    """What becomes of one source's rows: how many are used, why others are not, one row of each."""

    used_count: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Example] = field(default_factory=dict)
    unmatched: Counter[str] = field(default_factory=Counter)
    set_aside: Counter[str] = field(default_factory=Counter)
    matched_count: int = 0

    def ignored(self) -> list[Ignored]:
        """Give the refusals, most rows first."""
        return [Ignored(r, n, self.examples.get(r)) for r, n in self.refused.most_common() if n]


@dataclass
class Rehearsed:
    """Each source's ledger, what the probes crossed, and the detectors and approaches that send.

    `readings` are those that a run uses.
    """

    ledgers: dict[str, Ledger]
    traversals: pa.Table
    detector_ids: set[str]
    approach_ids: set[tuple[str, str]]
    readings: list[pa.RecordBatch]


def sources_of_fixes(fixes: pa.Table | None) -> Text:
    """Give the source that each fix is of, by its fleet."""
    if fixes is None:
        return np.zeros(0, object)
    fleets = fixes["fleet"].to_pandas()
    return np.asarray(fleets.map(FLEETS).fillna(OTHERS), object)


def rehearse(
    feed: Feed, chain: Chain, settings: Settings, say: Callable[[Slice], None] = lambda _: None
) -> Rehearsed:
    """Give what a run will do with a feed's rows, short of estimating.

    The slices, checks and match stage are a run's.
    """
    whole = _Rehearsal(feed, chain, settings)
    clocks = settings.clocks
    for piece in slices(feed, clocks.lateness_s, clocks.slice_s, skips_silence=True):
        whole.take(piece)
        say(piece)
    return whole.finish()


class _Rehearsal:
    """Remembers each source's ledger and what matching gave, slice after slice."""

    def __init__(self, feed: Feed, chain: Chain, settings: Settings) -> None:
        self._feed, self._city, self._settings = feed, chain.city, settings
        self._match = None if feed.fixes is None else chain.match_stage(0, self._take_trace)
        self._fleets = sources_of_fixes(feed.fixes)
        self._ledgers: dict[str, Ledger] = {name: Ledger() for name in FILES}
        self._reports, self._patrols = WaitingReports(chain.city), PatrolDesk(chain.city)
        self._traversals: list[pa.RecordBatch] = []
        self._detector_ids: set[str] = set()
        self._approach_ids: set[tuple[str, str]] = set()
        self._readings: list[pa.RecordBatch] = []
        self._sent_readings = sent_reading_count(feed) or 0
        self._told = {
            topics.READINGS: _Told(_reading_keys(feed.readings)),
            topics.CAMERA_EVENTS: _Told(feed.camera_events),
        }

    def take(self, piece: Slice) -> None:
        """Take one slice of every source."""
        if self._match is not None:
            header = FrameHeader("check", piece.index, piece.watermark)
            fixes = piece.fixes.append_column("row", pa.array(piece.fix_rows, pa.int64()))
            message = Incoming(topics.FIXES, 0, piece.index, Frame(header, fixes))
            for out in self._match.take(message):
                self._take_out(out.topic, out.content, piece.fix_rows)
        if piece.readings.num_rows:
            used = self._checked(topics.READINGS, piece.readings, piece.reading_rows, piece)
            self._detector_ids.update(used.column("detector_id").unique().to_pylist())
            self._readings.append(used)
        if piece.camera_events.num_rows:
            used = self._checked(topics.CAMERA_EVENTS, piece.camera_events, piece.camera_rows,
                                 piece)  # fmt: skip
            ids = (used.column(name).to_pylist() for name in ("camera_id", "approach_id"))
            self._approach_ids.update(zip(*ids, strict=True))

        self._take_told(piece)

    def _take_told(self, piece: Slice) -> None:
        letters = [
            out
            for message in _messages(topics.REPORTS, piece.report_lines, piece)
            for out in self._reports.take(message)
        ]
        self._refuse_told(REPORTS, [*letters, *self._reports.due(piece.watermark)[1]])
        for message in _messages(topics.PATROLS, piece.patrol_lines, piece):
            self._refuse_told(PATROLS, self._patrols.take(message))

    def _refuse_told(self, source: str, letters: Sequence[Outgoing]) -> None:
        """Enter what was refused of what people or patrols told."""
        ledger = self._ledgers[source]
        for out in letters:
            letter = msgspec.json.decode(out.encode(), type=DeadLetter)
            row, reason = letter.offset, letter.reason.value
            ledger.refused[reason] += 1
            ledger.examples.setdefault(
                reason, Example(FILES[source], row, letter.field, letter.value, letter.expected)
            )

    def finish(self) -> Rehearsed:
        """Settle what is open, and give the whole."""
        self._ledgers[REPORTS].used_count = self._reports.counts("check", None).rows_used
        self._ledgers[PATROLS].used_count = self._patrols.counts("check", None).rows_used
        if self._match is not None:
            for out in self._match.finish():
                self._take_out(out.topic, out.content, np.zeros(0, np.int64))
        if self._feed.unused_event_count:
            events = self._ledgers[EVENTS]
            events.refused[NO_MINUTE] += self._feed.unused_event_count
        return Rehearsed(
            self._ledgers,
            pa.Table.from_batches(self._traversals, TRAVERSALS),
            self._detector_ids,
            self._approach_ids,
            self._readings,
        )

    def _take_out(self, topic: str, content: bytes | Frame, rows: Rows) -> None:
        if topic == topics.TRAVERSALS and isinstance(content, Frame):
            self._traversals.append(content.batch)
        elif topic == topics.DEAD_LETTERS and isinstance(content, bytes):
            letter = msgspec.json.decode(content, type=DeadLetter)
            if letter.position is not None:
                row = int(rows[letter.position])
                example = Example(FILES[BUSES], row, letter.field, letter.value, letter.expected)
                ledger = self._ledgers[self._fleets[row]]
                ledger.examples.setdefault(letter.reason.value, example)

    def _take_trace(self, trace: Trace) -> None:
        for row, reason in zip(trace.refused_rows.tolist(), trace.reasons, strict=True):
            ledger = self._ledgers[self._fleets[row]]
            ledger.refused[reason] += 1
            if reason not in ledger.examples and Reason(reason) in _OF_TRACES:
                ledger.examples[reason] = self._example_of_trace(row, Reason(reason))
        matched = trace.output.matched
        fleets = self._fleets[matched.column("row").to_numpy()]
        reasons = np.array(matched.column("reason").to_pylist(), object)
        reasons[matched.column("segment_id").is_valid().to_numpy(zero_copy_only=False)] = None
        for name in np.unique(fleets):
            mine = Counter(reasons[fleets == name].tolist())
            ledger = self._ledgers[name]
            ledger.matched_count += mine.pop(None, 0)
            ledger.unmatched.update(mine)
            ledger.used_count = ledger.matched_count + ledger.unmatched.total()

    def _example_of_trace(self, row: int, reason: Reason) -> Example:
        name, expected = _OF_TRACES[reason]
        assert self._feed.fixes is not None
        value = self._feed.fixes[name][row].as_py()
        settings = self._settings.cleaner
        return Example(FILES[BUSES], row, name, str(value), expected(settings))

    def _checked(self, topic: str, batch: pa.RecordBatch, rows: Rows, piece: Slice
    ) -> pa.RecordBatch:  # fmt: skip
        """Give the rows that pass the run's checks and have a place; count the others."""
        source = INPUTS[topic]
        checked = source.check(self._city, batch, piece.arrival_end)
        self._ledgers[self._source(topic, int(rows[0]))].set_aside.update(checked.set_aside)
        for refusal in checked.refusals:
            if refusal.position is not None:
                self._refuse(topic, int(rows[refusal.position]), refusal.reason.value,
                             refusal.field, refusal.value, refusal.expected)  # fmt: skip
        regions = source.regions(self._city, checked.batch)
        is_placed = regions != NONE
        kept = np.ones(len(rows), bool)
        kept[[r.position for r in checked.refusals if r.position is not None]] = False
        passed = rows[kept]
        name = "detector_id" if topic == topics.READINGS else "approach_id"
        for place in np.flatnonzero(~is_placed).tolist():
            value = checked.batch.column(name)[place].as_py()
            self._refuse(topic, int(passed[place]), UNPLACED, name, value, _PLACE)
        for row in passed[is_placed].tolist():
            if self._told[topic].is_new(row):
                self._ledgers[self._source(topic, row)].used_count += 1
            else:
                self._refuse(topic, row, Reason.DUPLICATE.value, *self._once(topic, row))
        return checked.batch.filter(pa.array(is_placed))

    def _once(self, topic: str, row: int) -> tuple[str, str, str]:
        """Give the field, value and what was expected of a row that was told before."""
        if topic == topics.CAMERA_EVENTS:
            assert self._feed.camera_events is not None
            return "event_time", str(self._feed.camera_events["event_time"][row]), "each event once"
        assert self._feed.readings is not None
        detector, start = (self._feed.readings[n][row] for n in ("detector_id", "interval_start"))
        return "interval_start", str(start), f"one reading of {detector} from this time on"

    def _source(self, topic: str, row: int) -> str:
        if topic == topics.CAMERA_EVENTS:
            return CAMERAS
        return READINGS if row < self._sent_readings else EVENTS

    def _refuse(
        self, topic: str, row: int, reason: str, name: str | None, value: str | None, expected: str
    ) -> None:
        source = self._source(topic, row)
        ledger = self._ledgers[source]
        ledger.refused[reason] += 1
        if reason not in ledger.examples:
            number = None if source == EVENTS else row
            ledger.examples[reason] = Example(FILES[source], number, name, value, expected)


class _Told:
    """Remembers which rows were told, and knows a row that equals one of these."""

    def __init__(self, rows: pa.Table | None) -> None:
        """Take the columns in which rows are compared; null equals null."""
        self._codes = np.zeros(0, np.int64)
        if rows is not None and rows.num_rows:
            groups = rows.to_pandas().groupby(rows.column_names, sort=False, dropna=False)
            self._codes = groups.ngroup().to_numpy()
        self._has = np.zeros(self._codes.max(initial=-1) + 1, np.bool_)

    def is_new(self, row: int) -> bool:
        """Tell whether no row like this was told before, and remember it."""
        code = self._codes[row]
        is_new = not self._has[code]
        self._has[code] = True
        return is_new


_PLACE = "one that has a place on a road of the network"
_OF_TRACES: dict[Reason, tuple[str, Callable[[CleaningSettings], str]]] = {
    Reason.LATE: ("event_time", lambda s: f"a time at most {s.late_s:g} s behind all fixes"),
    Reason.CLOCK_SKEW: (
        "event_time",
        lambda s: f"a time at most {s.skew_s:g} s after its arrival",
    ),
    Reason.DUPLICATE: ("event_time", lambda _: "each fix once"),
    Reason.SAME_TIME: ("event_time", lambda _: "a vehicle at one place at a time"),
    Reason.OUT_OF_ORDER: ("event_time", lambda _: "times of a vehicle that grow"),
    Reason.JUMP: (
        "longitude",
        lambda s: f"a place that it can have come to at {KMH * s.highest_speed:g} km/h",
    ),
    Reason.TWO_DEVICES: ("longitude", lambda _: "one device under an id"),
}


def _reading_keys(readings: pa.Table | None) -> pa.Table | None:
    """Give what no two readings share in a run: detector, start, and the minute of the end."""
    if readings is None:
        return None
    start = pc.fill_null(readings["interval_start"].cast(pa.int64()), 0)
    end = start.to_numpy() + 1000 * pc.fill_null(readings["interval_s"], 0).to_numpy()
    minute = np.ceil(end / (1000.0 * MINUTE_S))
    return pa.table({"detector": readings["detector_id"], "start": start, "minute": minute})


def sent_reading_count(feed: Feed) -> int | None:
    """Give how many of a feed's readings stand in their file; the others are made of events."""
    path = feed.folder / FILES[READINGS]
    return pq.read_metadata(path).num_rows if path.exists() else None


def _messages(topic: str, lines: pa.RecordBatch, piece: Slice) -> Iterator[Incoming]:
    """Give the lines that somebody told in a slice, each a message whose offset is its row."""
    columns = (lines.column(name).to_pylist() for name in ("row", "line"))
    for row, line in zip(*columns, strict=True):
        yield Incoming(topic, 0, row, line, sent_at=piece.arrival_end)
