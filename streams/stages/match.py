"""The match stage: fixes of one partition's vehicles in, progress by region and traversals out."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from congestion.seen.minutes import first_open
from ingest.checks.check import Bounds, Checked
from ingest.checks.fixes import check_fixes
from ingest.checks.traces import CleanFixes, FixCleaner
from ingest.frames import FIXES, Frame, FrameError, FrameHeader
from ingest.refusals import Reason
from ingest.saved_state import SavedState, pack, restored, unpack
from mapmatch.matcher import OnlineMatcher
from mapmatch.records import MatchOutput
from streams import topics
from streams.city import City, partitions_of_regions, split
from streams.settings import ClockSettings
from streams.stages.counts import StageCounts, Tally
from streams.stages.input_clock import InputClock
from streams.stages.lost_rows import REASONS
from streams.stages.messages import Incoming, Outgoing, Passed, frame_out
from streams.stages.refused import letter_of_message, letters_of_rows


class _MatchStageState(SavedState, frozen=True):
    SCHEMA_VERSION = 4

    clock: bytes
    emitted: int
    promised: float | None
    tally: bytes
    cleaner: bytes
    matcher: bytes


FLEETS = ("bus", "taxi")


@dataclass(frozen=True)
class Trace:
    """What taking one frame settled, for whoever writes it down.

    `refused_rows` are the values of the frame's `row` column for the rows refused, `reasons` why.
    """

    output: MatchOutput
    refused_rows: npt.NDArray[np.int64]
    reasons: list[str]


class MatchStage:
    """One partition of vehicles.

    Remembers each vehicle's cleaning and matching state, its channels' clock, how many frames it
    has given and what the last one promised; forgets a vehicle when cleaner and matcher do. Each
    frame taken gives exactly one progress frame for every partition with a region, empty or not,
    so that event time moves on. The frame that finishes a minute also holds what is known by then
    of the fixes not yet settled, as provisional rows: what is settled after it comes late for that
    minute.
    """

    def __init__(
        self,
        partition: int,
        city: City,
        matcher: OnlineMatcher,
        cleaner: FixCleaner,
        clocks: ClockSettings,
        partition_count: int,
        on_trace: Callable[[Trace], None] | None = None,
        turns: AbstractContextManager[object] | None = None,
    ) -> None:
        """Make the stage; `turns` is held while matching, where partitions share what it writes."""
        self.partition = partition
        self._city = city
        self._matcher = matcher
        self._cleaner = cleaner
        self._clocks = clocks
        self._partition_count = partition_count
        self._on_trace = on_trace
        self._turns = turns or nullcontext()
        self._clock = InputClock([topics.FIXES])
        self._tally = Tally()
        self._emitted = 0
        self._promised: float | None = None
        self._outside: Bounds | None = None

    @property
    def channel(self) -> str:
        """The channel of the frames this stage gives."""
        return f"match/{self.partition}"

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take a frame of fixes and give progress, traversals and dead letters."""
        try:
            frame = message.frame(FIXES)
        except FrameError as error:
            self._tally.dead_letters += 1
            return [letter_of_message(message, error)]
        admission = self._clock.admit(topics.FIXES, frame.header)
        if admission.is_repeat:
            self._tally.repeats += 1
            return []
        self._tally.holes += admission.missing
        self._tally.take(frame.batch.num_rows, frame.header.watermark)
        return self._match(message, frame)

    def _match(self, message: Incoming, frame: Frame) -> list[Outgoing]:
        watermark = frame.header.watermark
        arrival = None if watermark is None else watermark + self._clocks.lateness_s
        checked = check_fixes(frame.batch, self._city.bounds, arrival)
        clean = self._cleaner.clean(checked.batch, self._clock.time)
        now = self._clock.time
        with self._turns:
            output = self._matcher.match(clean.batch, float("-inf") if now is None else now)
            provisional = self._provisional(now)
        self._tally.refuse(checked.refusals)
        self._outside = _around(self._outside, frame.batch, checked)
        self._tally.set_aside.update(checked.set_aside)
        self._tally.refused.update(clean.refused_counts())
        self._tally.rows_used += clean.batch.num_rows
        self._tally.fleet_rows_in.update(_rows_by_fleet(frame.batch))
        self._tally.fleet_rows_used.update(_rows_by_fleet(clean.batch))
        for fleet, reasons in _untimely_by_fleet(frame.batch, checked, clean).items():
            self._tally.refuse_untimely(fleet, reasons)
        progress = pa.concat_batches([output.progress, *provisional])
        self._tally.rows_out += progress.num_rows
        if self._on_trace is not None:
            self._on_trace(_trace(frame.batch, checked, clean, output))
        letters = letters_of_rows(message, frame.batch, checked.refusals)
        self._tally.dead_letters += len(letters)
        return [*self._frames(progress, output), *letters]

    def _provisional(self, now: float | None) -> list[pa.RecordBatch]:
        """Give what is known of open fixes in the minutes that end with this frame, if any do."""
        if now is None or self._promised is None:
            return []
        first, after = (first_open(time, self._clocks.settle_s) for time in (self._promised, now))
        if first == after:
            return []
        rows = self._matcher.provisional()
        is_within = pc.and_(
            pc.greater_equal(rows["exit_time"], float(first)),
            pc.less(rows["enter_time"], float(after)),
        )
        return [rows.filter(is_within)]

    def _frames(self, progress: pa.RecordBatch, output: MatchOutput) -> list[Outgoing]:
        header = FrameHeader(self.channel, self._emitted, self._clock.time)
        self._emitted += 1
        self._promised = self._clock.time
        frames = [
            frame_out(topics.PROGRESS, number, batch, header)
            for number, batch in enumerate(self._by_partition(progress, progress["segment"]))
        ]
        by_partition = self._by_partition(output.traversals, output.traversal_segment)
        return frames + [
            frame_out(topics.TRAVERSALS, number, batch, header)
            for number, batch in enumerate(by_partition)
            if batch.num_rows
        ]

    def _by_partition(self, rows: pa.RecordBatch, segment: pa.Int32Array) -> list[pa.RecordBatch]:
        """Give the rows of each partition; of more partitions than regions the last have none."""
        count = min(self._partition_count, self._city.network.region_count)
        regions = self._city.network.region[segment.to_numpy()].astype(np.int32)
        return split(rows, partitions_of_regions(regions, self._partition_count), count)

    def finish(self) -> list[Outgoing]:
        """Settle every fix still undecided and close every route: the feed has ended."""
        output = self._matcher.finish()
        if self._on_trace is not None:
            self._on_trace(Trace(output, np.zeros(0, np.int64), []))
        return self._frames(output.progress, output)

    def counts(self) -> list[StageCounts]:
        """Give what was counted."""
        counts = self._tally.counts("match", self.partition, topics.FIXES, self._clock.time)
        return [msgspec.structs.replace(counts, outside=self._outside)]

    def pass_time(self, now: float) -> Passed:
        """Stop waiting for channels silent too long on the caller's clock."""
        return Passed(self._clock.set_idle(now, self._clocks.idle_after_s), [])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._clock, self._tally, self._cleaner, self._matcher = (
            restored(self._clock, state.clock),
            restored(self._tally, state.tally),
            restored(self._cleaner, state.cleaner),
            restored(self._matcher, state.matcher),
        )
        self._emitted, self._promised = state.emitted, state.promised

    def _state(self) -> _MatchStageState:
        return _MatchStageState(
            self._clock.snapshot(), self._emitted, self._promised, self._tally.snapshot(),
            self._cleaner.snapshot(), self._matcher.snapshot(),
        )  # fmt: skip


def _trace(
    batch: pa.RecordBatch, checked: Checked, clean: CleanFixes, output: MatchOutput
) -> Trace:
    row = batch.column("row").to_numpy()
    positions = [r.position for r in checked.refusals if r.position is not None]
    refused = checked.batch.column("row").filter(clean.reasons.is_valid())
    return Trace(
        output,
        np.concatenate([row[positions], refused.to_numpy()]).astype(np.int64),
        [r.reason.value for r in checked.refusals if r.position is not None]
        + clean.reasons.drop_null().to_pylist(),
    )


def _around(known: Bounds | None, batch: pa.RecordBatch, checked: Checked) -> Bounds | None:
    """Give the rectangle of the fixes outside the network, as known and of a batch."""
    rows = [r.position for r in checked.refusals if r.reason == Reason.OUTSIDE_NETWORK]
    if not rows:
        return known
    longitude, latitude = (
        batch[name].to_numpy(zero_copy_only=False)[rows] for name in ("longitude", "latitude")
    )
    corners = [known] if known else []
    found = Bounds(longitude.min(), latitude.min(), longitude.max(), latitude.max())
    boxes = np.array([*corners, found], dtype=np.float64)
    return Bounds(*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())


def _untimely_by_fleet(
    batch: pa.RecordBatch, checked: Checked, clean: CleanFixes
) -> dict[str, Counter[str]]:
    """Give by fleet why fixes were refused for their times."""
    found: dict[str, Counter[str]] = {}
    fleets = batch.column("fleet")
    for refusal in checked.refusals:
        if refusal.reason in REASONS and refusal.position is not None:
            fleet = fleets[refusal.position].as_py()
            found.setdefault(fleet, Counter())[refusal.reason.value] += 1
    if clean.reasons.null_count < len(clean.reasons):
        is_untimely = pc.is_in(clean.reasons.cast(pa.string()), value_set=pa.array(REASONS))
        reasons = clean.reasons.filter(is_untimely).to_pylist()
        of = checked.batch.column("fleet").filter(is_untimely).to_pylist()
        for fleet, reason in zip(of, reasons, strict=True):
            found.setdefault(fleet, Counter())[reason] += 1
    return found


def _rows_by_fleet(batch: pa.RecordBatch) -> dict[str, int]:
    counted = pc.value_counts(batch.column("fleet"))
    found = dict(zip(*(counted.field(part).to_pylist() for part in range(2)), strict=True))
    return {fleet: found.get(fleet, 0) for fleet in FLEETS}
