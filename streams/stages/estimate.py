"""The estimate stage: progress, readings and camera events in, one frame a region-minute out."""

from collections.abc import Callable
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa

from congestion.records import STATES, Sighting
from congestion.states.estimator import RegionMinute, StateEstimator
from ingest.frames import FrameError, FrameHeader
from ingest.kernels.arrays import Int32s
from ingest.refusals import Reason, Refusal
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import MINUTE_S
from mapmatch.network import NONE
from streams import topics
from streams.city import City
from streams.settings import ClockSettings
from streams.stages.counts import StageCounts, Tally
from streams.stages.estimate_inputs import INPUTS, Add, Input
from streams.stages.input_clock import InputClock
from streams.stages.messages import Incoming, Outgoing, Passed, frame_out
from streams.stages.minute_header import MinuteHeader, TickHeader
from streams.stages.refused import letter_of_message, letters_of_rows

LONGEST_LEAP_MINUTES = 30
"""A clock that leaps further passes over the minutes between of which nothing came, which have then
no states. Unit: min. Source: chosen; by then no state tells of anything that was seen.
"""

LEAP_MINUTES = 5
"""Where so many minutes are closed at once, the clock leapt over them: the mark at the end of a
recording closes ten. Unit: min. Source: chosen, more than any source is late."""

_NO_STATES = pa.RecordBatch.from_pylist([], schema=STATES)

Promises = tuple[float | None, float | None]
"""What a frame's channel had promised before it, and what the frame promises."""


class _EstimateStageState(SavedState, frozen=True):
    SCHEMA_VERSION = 4

    regions: Annotated[list[int], SAME]
    clock: bytes
    next_minute: float | None
    next_tick: float
    tallies: dict[str, bytes]
    estimators: dict[int, bytes]


class EstimateStage:
    """The regions of one partition.

    Remembers what each region's estimator does, the clock of every channel that feeds it and the
    next minute to close. A minute closes once every channel's watermark has passed its end by the
    settling time; its frame is the same whatever the order in which channels' frames came. So is
    that of a tick, which has no rows and is there once every watermark has passed its time.
    """

    def __init__(
        self,
        partition: int,
        city: City,
        make_estimator: Callable[[int], StateEstimator],
        clocks: ClockSettings,
        partition_count: int,
    ) -> None:
        self.partition = partition
        self._city = city
        self._clocks = clocks
        regions = range(partition, city.network.region_count, partition_count)
        self._estimators = {region: make_estimator(region) for region in regions}
        sources = [source for source in INPUTS if regions or source != topics.PROGRESS]
        makers = range(partition_count if regions else 0)  # none sends progress of no region
        self._clock = InputClock(sources, [(topics.PROGRESS, f"match/{n}") for n in makers])
        self._tallies = {source: Tally() for source in INPUTS}
        self._next_minute: float | None = None
        self._next_tick = 0.0

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take a frame of any input and give the minutes it closes, and dead letters."""
        source, tally = INPUTS[message.topic], self._tallies[message.topic]
        try:
            frame = message.frame(source.schema)
            checked = source.check(self._city, frame.batch, self._arrival(frame.header))
        except FrameError as error:
            tally.dead_letters += 1
            return [letter_of_message(message, error)]
        admission = self._clock.admit(message.topic, frame.header)
        if admission.is_repeat:
            tally.repeats += 1
            return []
        tally.holes += admission.missing
        tally.take(frame.batch.num_rows, frame.header.watermark)
        tally.refuse(checked.refusals)
        tally.set_aside.update(checked.set_aside)
        promises = admission.promised, frame.header.watermark
        self._add_refused(source, frame.batch, checked.refusals, promises)
        self._add_used(source, checked.batch, promises, tally)
        letters = letters_of_rows(message, frame.batch, checked.refusals)
        tally.dead_letters += len(letters)
        return [*letters, *self._close_due()]

    def _arrival(self, header: FrameHeader) -> float | None:
        return None if header.watermark is None else header.watermark + self._clocks.lateness_s

    def _add_refused(
        self, source: Input, batch: pa.RecordBatch, refusals: list[Refusal], promises: Promises
    ) -> None:
        for reason, add in source.add_refused.items():
            places = [r.position for r in refusals if r.reason is reason]
            if places:
                rows = batch.take(pa.array(places, pa.int64()))
                self._share(rows, source.regions(self._city, rows), add, promises)

    def _add_used(
        self, source: Input, batch: pa.RecordBatch, promises: Promises, tally: Tally
    ) -> None:
        if not batch.num_rows:
            return
        regions = source.regions(self._city, batch)
        used = self._share(batch, regions, source.add, promises)
        unplaced = int((regions == NONE).sum())
        elsewhere = batch.num_rows - used - unplaced
        tally.rows_used += used
        tally.refused.update({"unplaced": unplaced} if unplaced else {})
        tally.refused.update({"wrong_partition": elsewhere} if elsewhere else {})

    def _share(self, batch: pa.RecordBatch, regions: Int32s, add: Add, promises: Promises) -> int:
        """Give each region's estimator its rows; gives how many had a region of this partition."""
        order = np.argsort(regions, kind="stable")
        ordered, used = regions[order], 0
        if len(order) and ordered[0] != ordered[-1]:
            batch = batch.take(pa.array(order))
        for region, estimator in self._estimators.items():
            first, stop = np.searchsorted(ordered, (region, region + 1)).tolist()
            if first < stop:
                add(estimator, batch.slice(first, stop - first), *promises)
                used += stop - first
        return used

    def _close_due(self) -> list[Outgoing]:
        time = self._clock.time
        if time is None:
            return []
        if self._next_minute is None:
            self._next_minute = float(np.ceil(time / MINUTE_S) * MINUTE_S)
            self._next_tick = self._next_minute
        last = time - MINUTE_S - self._clocks.settle_s
        is_leapt = last - self._next_minute >= (LEAP_MINUTES - 1) * MINUTE_S
        frames = []
        while self._next_minute <= last:
            frames += self._ticks_before(self._next_minute + time - last)
            self._next_minute += MINUTE_S * self._silent_minutes(self._next_minute, last)
            for region, estimator in self._estimators.items():
                minute = estimator.close_minute(self._next_minute)
                frames.append(self._frame(region, minute, is_leapt))
            self._next_minute += MINUTE_S
        return frames + self._ticks_before(np.nextafter(time, np.inf))

    def _ticks_before(self, end: float) -> list[Outgoing]:
        """Give the ticks that are due before a time; where the clock leapt, only the last ones."""
        tick_s = self._clocks.tick_s
        first = np.ceil(end / tick_s - LONGEST_LEAP_MINUTES * MINUTE_S / tick_s) * tick_s
        self._next_tick = max(self._next_tick, float(first))
        frames = []
        while self._next_tick < end:
            for region, estimator in self._estimators.items():
                frames.append(self._tick_frame(region, estimator.tick(self._next_tick)))
            self._next_tick += tick_s
        return frames

    def _tick_frame(self, region: int, sightings: list[Sighting]) -> Outgoing:
        tick = self._next_tick
        of_tick = TickHeader(region, tick, tick + self._clocks.lateness_s, sightings)
        payload = msgspec.Raw(msgspec.json.encode(of_tick))
        header = FrameHeader(
            f"ticks/{region}", round(tick / self._clocks.tick_s), tick, payload=payload
        )
        return frame_out(topics.STATES, 0, _NO_STATES, header, f"region/{region}")

    def _silent_minutes(self, first: float, last: float) -> int:
        """Pass over the minutes from `first` on of which nothing came, where the clock leapt.

        Gives how many those are: none where they are few.
        """
        if last - first <= LONGEST_LEAP_MINUTES * MINUTE_S:
            return 0
        seen = min((e.first_start() for e in self._estimators.values()), default=last)
        count = int((min(seen, last) - first) // MINUTE_S)
        if count <= LONGEST_LEAP_MINUTES:
            return 0
        for estimator in self._estimators.values():
            estimator.pass_over(count)
        return count

    def _frame(self, region: int, minute: RegionMinute, is_leapt: bool) -> Outgoing:
        end = minute.minute_start + MINUTE_S
        of_minute = MinuteHeader(
            region=region,
            minute=minute.minute_start,
            event_time=end + self._clocks.settle_s + self._clocks.lateness_s,
            sightings=list(minute.sightings),
            faults=list(minute.faults),
            path_times=list(minute.path_times),
            is_leapt=is_leapt,
        )
        header = FrameHeader(
            channel=f"estimate/{region}",
            sequence=round(minute.minute_start / MINUTE_S),
            watermark=end,
            payload=msgspec.Raw(msgspec.json.encode(of_minute)),
        )
        self._tallies[topics.PROGRESS].rows_out += minute.states.num_rows
        return frame_out(topics.STATES, 0, minute.states, header, f"region/{region}")

    def counts(self) -> list[StageCounts]:
        """Give what was counted, one record a source.

        Rows too late for their minute and rows sent again are refused. Of progress rows only the
        pieces in closed minutes are late, so the rows count as used.
        """
        return [self._with_estimators(raw) for raw in self._raw_counts()]

    def _with_estimators(self, raw: StageCounts) -> StageCounts:
        source, estimators = INPUTS[raw.source], self._estimators.values()
        late = sum(e.late_counts()[source.count_name] for e in estimators)
        repeats = sum(e.repeat_counts()[source.count_name] for e in estimators)
        refused = {
            Reason.DUPLICATE.value: repeats,
            Reason.LATE.value: late if source.counts_late_as_refused else 0,
        }
        return msgspec.structs.replace(
            raw,
            rows_used=raw.rows_used - sum(refused.values()),
            refused=raw.refused | {reason: count for reason, count in refused.items() if count},
            late=late,
            **{name: find(estimators) for name, find in source.findings.items()},
        )

    def _raw_counts(self) -> list[StageCounts]:
        return [
            tally.counts("estimate", self.partition, source, self._clock.time)
            for source, tally in self._tallies.items()
        ]

    def pass_time(self, now: float) -> Passed:
        """Stop waiting for channels silent too long; gives the minutes that waited for them."""
        silent = self._clock.set_idle(now, self._clocks.idle_after_s)
        return Passed(silent, self._close_due() if silent else [])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        clock = restored(self._clock, state.clock)
        tallies = {
            source: restored(tally, state.tallies.get(source, b""))
            for source, tally in self._tallies.items()
        }
        estimators = {
            region: restored(estimator, state.estimators.get(region, b""))
            for region, estimator in self._estimators.items()
        }
        self._clock, self._tallies, self._estimators = clock, tallies, estimators
        self._next_minute, self._next_tick = state.next_minute, state.next_tick

    def _state(self) -> _EstimateStageState:
        return _EstimateStageState(
            list(self._estimators),
            self._clock.snapshot(),
            self._next_minute,
            self._next_tick,
            {source: tally.snapshot() for source, tally in self._tallies.items()},
            {region: e.snapshot() for region, e in self._estimators.items()},
        )
