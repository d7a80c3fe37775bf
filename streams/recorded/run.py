"""The whole chain over a recorded feed in one process: the workers' stages without a broker."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

import msgspec
import pyarrow as pa
from msgspec.structs import replace

from congestion.indices import AreaIndices
from congestion.records import STATES
from ingest.frames import FIXES, Frame, FrameHeader
from ingest.recorded.arrivals import ClockOff
from ingest.recorded.feed import Feed
from ingest.recorded.slices import Slice, recorded_clocks_off, slices
from mapmatch.records import TRAVERSALS
from streams import topics
from streams.chain import Chain
from streams.lake.layout import TIMEZONE_KEY
from streams.lake.reading import RUN_STATES
from streams.recorded.area_minutes import AreaMinutes
from streams.recorded.block_writer import BlockWriter
from streams.recorded.ignored import IgnoredSource, ignored_sources
from streams.recorded.last_row import last_row_of
from streams.recorded.letters_of_files import LettersOfFiles
from streams.recorded.matched_rows import MatchedRows
from streams.recorded.path_times_and_faults import PathTimesAndFaults
from streams.recorded.run_folder import RunRecord, whole_run, write_record
from streams.recorded.segments import write_segments
from streams.recorded.slice_messages import replay_channel
from streams.settings import Settings
from streams.stages.city_minute import CityStep
from streams.stages.counts import StageCounts
from streams.stages.estimate_inputs import INPUTS
from streams.stages.messages import Incoming, Outgoing
from streams.stages.minute_header import MinuteHeader
from streams.stages.stage import Stage

TRAVERSAL_COLUMNS = ["vehicle_id", "segment_id", "enter_time", "exit_time", "is_complete"]
DETECTED = (topics.STATES, topics.REPORTS, topics.PATROLS)
LINE_FILES = {
    topics.ALERTS: "alerts.jsonl",
    topics.WATCH: "watch.jsonl",
    topics.RISKS: "risks.jsonl",
    topics.DEAD_LETTERS: "dead_letters.jsonl",
}
STATE_COLUMNS = STATES.names[:11]  # the contract's; the rest is for detection only


class StagePace(msgspec.Struct, frozen=True):
    """How many rows a stage took and in how many seconds of computing."""

    stage: str
    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """Rows taken a second of computing."""
        return self.rows / self.seconds if self.seconds else 0.0


class CityIndices(msgspec.Struct, frozen=True):
    """How congested the city was: the worst minute by travel time, and the last."""

    worst_minute: float  # its start, seconds since 1970 UTC
    worst: AreaIndices
    last: AreaIndices


class RunReport(msgspec.Struct, frozen=True):
    """What a run read, made and counted; rows in = used + refused by reason, source by source.

    `first_refusals` names the first row refused for each reason, and what stood there. `ignored`
    are the sources of which more than a tenth was not used, `clocks_off` those whose clocks were
    off by hours.
    """

    feed: str
    out: str
    seconds: float
    paces: list[StagePace]
    balance: list[StageCounts]
    fixes: dict[str, int]
    traversal_count: int
    state_row_count: int
    alert_version_count: int
    alert_counts: dict[str, int]
    dead_letter_count: int
    first_refusals: list[str]
    ignored: list[IgnoredSource]
    clocks_off: list[ClockOff] = []
    city: CityIndices | None = None


class FeedRun:
    """One run: the stages, the files they fill, and what each took of time."""

    def __init__(
        self,
        feed: Feed,
        chain: Chain,
        out: Path,
        state_columns: Sequence[str] = STATE_COLUMNS,
        traversal_columns: Sequence[str] = TRAVERSAL_COLUMNS,
        on_step: Callable[[CityStep], None] | None = None,
    ) -> None:
        self._feed = feed
        self._out = out
        self._state_columns, self._traversal_columns = state_columns, traversal_columns
        fixes = feed.fixes if feed.fixes is not None else FIXES.empty_table()
        self._network = chain.city.network
        self._matched = MatchedRows(fixes, self._network)
        self._match = chain.match_stage(0, self._matched.add)
        self._stages: dict[str, Stage] = {topics.FIXES: self._match}
        estimate = chain.estimate_stage(0)
        self._stages |= dict.fromkeys(INPUTS, estimate)
        self._stages |= dict.fromkeys(DETECTED, chain.detect_stage(on_step=on_step))
        self._seconds = dict.fromkeys(self._stages, 0.0)
        self._alert_counts: dict[str, int] = {}
        self._alert_versions = 0
        self._letters_out = LettersOfFiles()
        self._areas = AreaMinutes(chain.city.network)
        self._of_minutes = PathTimesAndFaults()
        self._last_row = last_row_of(feed)

    def go(self, settings: Settings, on_slice: Callable[[Slice], None]) -> RunReport:
        """Run over the whole feed and give the report."""
        began = time.perf_counter()
        with self._files():
            channel = replay_channel(self._feed)
            clocks = settings.clocks
            for piece in slices(self._feed, clocks.lateness_s, clocks.slice_s, skips_silence=True):
                header = FrameHeader(channel, piece.index, piece.watermark)
                self._letters_out.piece = piece
                self._deliver_told(piece)
                fixes = piece.fixes.append_column("row", pa.array(piece.fix_rows, pa.int64()))
                self._deliver(topics.FIXES, Frame(header, fixes))
                self._deliver(topics.READINGS, Frame(header, piece.readings))
                self._deliver(topics.CAMERA_EVENTS, Frame(header, piece.camera_events))
                on_slice(piece)
            self._deliver_all(self._match.finish())
        self._matched.write(self._out / "matched.parquet")
        self._areas.write(self._out / "area_minutes.parquet")
        self._of_minutes.write(self._out)
        write_segments(self._out / RUN_STATES, self._network, self._out)
        return self._report(time.perf_counter() - began)

    @contextmanager
    def _files(self) -> Iterator[None]:
        traversals = pa.schema([TRAVERSALS.field(name) for name in self._traversal_columns])
        states = pa.schema(
            [STATES.field(name) for name in self._state_columns],
            metadata={TIMEZONE_KEY: self._feed.manifest.timezone},
        )
        with ExitStack() as stack:
            paths = self._out / "traversals.parquet", self._out / RUN_STATES
            self._traversals = stack.enter_context(BlockWriter(paths[0], traversals))
            self._states = stack.enter_context(BlockWriter(paths[1], states))
            self._lines = {
                topic: stack.enter_context((self._out / file).open("wb"))
                for topic, file in LINE_FILES.items()
            }
            yield

    def _deliver(self, topic: str, frame: Frame) -> None:
        self._take(Incoming(topic, 0, frame.header.sequence or 0, frame))

    def _deliver_told(self, piece: Slice) -> None:
        for topic, lines in (
            (topics.REPORTS, piece.report_lines),
            (topics.PATROLS, piece.patrol_lines),
        ):
            columns = (lines.column(name).to_pylist() for name in ("row", "line"))
            for row, line in zip(*columns, strict=True):
                self._take(Incoming(topic, 0, row, line, sent_at=piece.arrival_end))

    def _take(self, message: Incoming) -> None:
        began = time.perf_counter()
        outgoing = self._stages[message.topic].take(message)
        self._seconds[message.topic] += time.perf_counter() - began
        self._deliver_all(outgoing)

    def _deliver_all(self, outgoing: Iterable[Outgoing]) -> None:
        waiting = deque(outgoing)
        while waiting:
            out = waiting.popleft()
            content = out.content
            if isinstance(content, bytes):
                self._write_line(out.topic, content)
            elif out.topic == topics.TRAVERSALS:
                self._traversals.add(content.batch)
            else:
                if out.topic == topics.STATES and content.batch.num_rows:
                    self._keep_states(content)
                self._deliver(out.topic, content)

    def _keep_states(self, states: Frame) -> None:
        """Keep a region's minute, unless it begins after the last row."""
        header = msgspec.json.decode(states.header.payload, type=MinuteHeader)
        if header.minute > self._last_row:
            return
        self._states.add(states.batch)
        self._areas.take(states)
        self._of_minutes.take(states)

    def _write_line(self, topic: str, line: bytes) -> None:
        if topic == topics.DEAD_LETTERS:
            line = self._letters_out.rewritten(line)
        if topic == topics.ALERTS:
            self._alert_versions += 1
            alert = msgspec.json.decode(line)
            if alert["version"] == 1:
                kind = alert["kind"]
                self._alert_counts[kind] = self._alert_counts.get(kind, 0) + 1
        self._lines[topic].write(line + b"\n")

    def _report(self, seconds: float) -> RunReport:
        counts = [c for stage in dict.fromkeys(self._stages.values()) for c in stage.counts()]
        rows = {count.source: count.rows_in for count in counts}
        paces = [
            StagePace("match", rows[topics.FIXES], self._seconds[topics.FIXES]),
            StagePace(
                "estimate",
                sum(rows[topic] for topic in INPUTS),
                sum(self._seconds[topic] for topic in INPUTS),
            ),
            StagePace(
                "detect",
                sum(rows[topic] for topic in DETECTED),
                sum(self._seconds[topic] for topic in DETECTED),
            ),
        ]
        city = self._areas.city()
        return RunReport(
            feed=self._feed.manifest.name,
            out=str(self._out),
            seconds=seconds,
            paces=paces,
            balance=counts,
            fixes=self._matched.counts(),
            traversal_count=self._traversals.row_count,
            state_row_count=self._states.row_count,
            alert_version_count=self._alert_versions,
            alert_counts=self._alert_counts,
            dead_letter_count=self._letters_out.count,
            first_refusals=list(self._letters_out.first.values()),
            ignored=ignored_sources(
                self._feed, self._matched.reasons(), counts, self._letters_out.reading_rows
            ),
            clocks_off=recorded_clocks_off(self._feed),
            city=None if city is None else CityIndices(city[1], city[2], city[0]),
        )


def run_feed(
    feed: Feed,
    chain: Chain,
    out: Path,
    settings: Settings,
    on_slice: Callable[[Slice], None] = lambda _: None,
    *,
    state_columns: Sequence[str] = STATE_COLUMNS,
    traversal_columns: Sequence[str] = TRAVERSAL_COLUMNS,
    on_step: Callable[[CityStep], None] | None = None,
) -> RunReport:
    """Run the chain over the feed, write its files into `out` and give the report.

    Files appear in `out` once all are written, run.json last. Raises OutsideError naming `out`
    where it cannot be written.

    The columns are those written, more than the contract's where one asks for them; `on_step`
    is shown what detection is given of each minute.
    """
    started = time.time()
    with whole_run(out) as half:
        run = FeedRun(feed, chain, half, state_columns, traversal_columns, on_step)
        report = replace(run.go(settings, on_slice), out=str(out))
        roads = chain.city.network
        record = RunRecord(
            version("clearway"), roads.name, roads.segment_count, started, time.time(), settings,
            report,
        )  # fmt: skip
        write_record(half, record)
    return report
