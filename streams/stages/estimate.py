"""The estimate stage: progress, readings and camera events in, one frame a region-minute out."""

from collections.abc import Callable, Mapping

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.states.estimator import RegionMinute, StateEstimator
from ingest.checks.camera_events import check_camera_events
from ingest.checks.readings import check_readings
from ingest.frames import CAMERA_EVENTS, READINGS, Frame, FrameError, FrameHeader
from ingest.refusals import Reason, Refusal
from ingest.units import MINUTE_S
from mapmatch.network import NONE
from mapmatch.records import PROGRESS
from streams import topics
from streams.city import City
from streams.settings import Clocks
from streams.stages.counts import StageCounts, Tally
from streams.stages.input_clock import ClockState, InputClock
from streams.stages.messages import Incoming, Outgoing, Passed, frame_out
from streams.stages.refused import letter_of_message, letters_of_rows
from streams.stages.region_report import RegionReport
from streams.stages.saved_state import decode_state

SNAPSHOT_VERSION = 1
# A clock that leaps further than this skips the empty minutes between instead of closing each.
LONGEST_LEAP_MINUTES = 1440

SCHEMAS: Mapping[str, pa.Schema] = {
    topics.PROGRESS: PROGRESS,
    topics.READINGS: READINGS,
    topics.CAMERA_EVENTS: CAMERA_EVENTS,
}

_ROWS = {
    topics.PROGRESS: "progress",
    topics.READINGS: "readings",
    topics.CAMERA_EVENTS: "camera_events",
}


class _State(msgspec.Struct, frozen=True):
    version: int
    clock: ClockState
    next_minute: float | None
    counts: list[StageCounts]
    estimators: dict[int, bytes]


class EstimateStage:
    """The regions of one partition.

    Remembers what each region's estimator does, the clock of every channel that feeds it and the
    next minute to close. A minute closes once every channel's watermark has passed its end by the
    settling time; its frame is the same whatever the order in which channels' frames came.
    """

    def __init__(
        self,
        partition: int,
        city: City,
        make_estimator: Callable[[int], StateEstimator],
        clocks: Clocks,
        partition_count: int,
    ) -> None:
        self.partition = partition
        self._city = city
        self._clocks = clocks
        regions = range(partition, city.network.region_count, partition_count)
        self._estimators = {region: make_estimator(region) for region in regions}
        expected = [(topics.PROGRESS, f"match/{number}") for number in range(partition_count)]
        self._clock = InputClock(list(SCHEMAS), expected)
        self._tallies = {source: Tally() for source in SCHEMAS}
        self._next_minute: float | None = None
        self._segment_regions = city.network.region.astype(np.int32)

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take a frame of any input and give the minutes it closes, and dead letters."""
        source = message.topic
        tally = self._tallies[source]
        try:
            frame = message.frame(SCHEMAS[source])
            if source == topics.PROGRESS:
                self._check_segments(frame)
        except FrameError as error:
            tally.dead_letters += 1
            return [letter_of_message(message, error)]
        admission = self._clock.admit(source, frame.header)
        if admission.is_repeat:
            tally.repeats += 1
            return []
        tally.holes += admission.missing
        tally.take(frame.batch.num_rows, frame.header.watermark)
        letters = []
        if frame.batch.num_rows:
            letters = self._keep(message, frame, admission.promised, tally)
        return [*letters, *self._close_due()]

    def _check_segments(self, frame: Frame) -> None:
        segment = frame.batch.column("segment").to_numpy(zero_copy_only=False)
        if len(segment) and not 0 <= segment.min() <= segment.max() < len(self._segment_regions):
            raise FrameError(
                f"column 'segment' holds {segment.min()} to {segment.max()}, "
                f"expected 0 to {len(self._segment_regions) - 1}: another network's frame?"
            )

    def _keep(
        self, message: Incoming, frame: Frame, promised: float | None, tally: Tally
    ) -> list[Outgoing]:
        batch, refusals = self._checked(message.topic, frame)
        tally.refuse(refusals)
        if message.topic == topics.READINGS:
            self._keep_percentages(frame.batch, refusals, promised)
        regions = self._regions(message.topic, batch)
        used = 0
        for region, estimator in self._estimators.items():
            rows = batch.filter(pa.array(regions == region))
            if not rows.num_rows:
                continue
            used += rows.num_rows
            if message.topic == topics.PROGRESS:
                estimator.add_progress(rows, promised, frame.header.watermark)
            elif message.topic == topics.READINGS:
                estimator.add_readings(rows, promised)
            else:
                estimator.add_camera_events(rows, promised)
        if used < batch.num_rows:
            tally.refused["unplaced"] += int((regions == NONE).sum())
            elsewhere = batch.num_rows - used - int((regions == NONE).sum())
            if elsewhere:
                tally.refused["wrong_partition"] += elsewhere
        tally.rows_used += used
        letters = letters_of_rows(message, frame.batch, refusals)
        tally.dead_letters += len(letters)
        return letters

    def _keep_percentages(
        self, batch: pa.RecordBatch, refusals: list[Refusal], promised: float | None
    ) -> None:
        """Let the estimators know whose occupancies are told in percent."""
        rows = [r.position for r in refusals if r.reason is Reason.OCCUPANCY_IN_PERCENT]
        if not rows:
            return
        told = batch.take(pa.array(rows, pa.int64()))
        regions = self._regions(topics.READINGS, told)
        for region, estimator in self._estimators.items():
            estimator.add_percentages(told.filter(pa.array(regions == region)), promised)

    def _checked(self, source: str, frame: Frame) -> tuple[pa.RecordBatch, list[Refusal]]:
        if source == topics.PROGRESS:
            return frame.batch, []
        watermark = frame.header.watermark
        arrival = None if watermark is None else watermark + self._clocks.lateness_s
        if source == topics.READINGS:
            return check_readings(frame.batch, self._city.detector_ids, arrival)
        return check_camera_events(frame.batch, self._city.approach_keys, arrival)

    def _regions(self, source: str, batch: pa.RecordBatch) -> npt.NDArray[np.int32]:
        if source == topics.PROGRESS:
            return self._segment_regions[batch.column("segment").to_numpy(zero_copy_only=False)]
        if source == topics.READINGS:
            return self._city.regions_of_readings(batch)
        return self._city.regions_of_camera_events(batch)

    def _close_due(self) -> list[Outgoing]:
        time = self._clock.time
        if time is None:
            return []
        if self._next_minute is None:
            self._next_minute = float(np.ceil(time / MINUTE_S) * MINUTE_S)
        last = time - MINUTE_S - self._clocks.settle_s
        if last - self._next_minute > LONGEST_LEAP_MINUTES * MINUTE_S:
            self._next_minute = float(np.floor(last / MINUTE_S) * MINUTE_S)
        frames = []
        while self._next_minute <= last:
            for region, estimator in self._estimators.items():
                minute = estimator.close_minute(self._next_minute)
                frames.append(self._frame(region, minute))
            self._next_minute += MINUTE_S
        return frames

    def _frame(self, region: int, minute: RegionMinute) -> Outgoing:
        end = minute.minute_start + MINUTE_S
        report = RegionReport(
            region=region,
            minute=minute.minute_start,
            event_time=end + self._clocks.settle_s + self._clocks.lateness_s,
            sightings=list(minute.sightings),
            faults=list(minute.faults),
            path_times=list(minute.path_times),
        )
        header = FrameHeader(
            channel=f"estimate/{region}",
            sequence=round(minute.minute_start / MINUTE_S),
            watermark=end,
            payload=msgspec.Raw(msgspec.json.encode(report)),
        )
        self._tallies[topics.PROGRESS].rows_out += minute.states.num_rows
        return frame_out(topics.STATES, 0, minute.states, header, f"region/{region}")

    def counts(self) -> list[StageCounts]:
        """Give what was counted, one record a source.

        Rows too late for their minute and rows sent again are refused. Of progress rows only the
        pieces in closed minutes are late, so the rows count as used.
        """
        found = []
        for raw in self._raw_counts():
            name, estimators = _ROWS[raw.source], self._estimators.values()
            late = sum(e.late_counts()[name] for e in estimators)
            repeats = sum(e.repeat_counts()[name] for e in estimators)
            refused, used = raw.refused, raw.rows_used - repeats
            if repeats:
                refused = {**refused, Reason.DUPLICATE.value: repeats}
            if late and raw.source != topics.PROGRESS:
                refused, used = {**refused, Reason.LATE.value: late}, used - late
            found.append(
                msgspec.structs.replace(
                    raw,
                    rows_used=used,
                    refused=refused,
                    late=late,
                    excluded=self._excluded() if raw.source == topics.READINGS else {},
                    clocks_off=self._clocks_off() if raw.source == topics.CAMERA_EVENTS else {},
                )
            )
        return found

    def _excluded(self) -> dict[str, str]:
        return {
            name: fault
            for estimator in self._estimators.values()
            for name, fault in estimator.excluded_detectors().items()
        }

    def _clocks_off(self) -> dict[str, float]:
        return {
            clock.camera_id: clock.offset_s
            for estimator in self._estimators.values()
            for clock in estimator.clocks_off()
        }

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
        """Give everything remembered, as bytes."""
        estimators = {region: e.snapshot() for region, e in self._estimators.items()}
        return msgspec.msgpack.encode(
            _State(
                SNAPSHOT_VERSION,
                self._clock.state(),
                self._next_minute,
                self._raw_counts(),
                estimators,
            )
        )

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError where it is of another version or partition."""
        state = decode_state(data, _State, SNAPSHOT_VERSION)
        if set(state.estimators) != set(self._estimators):
            raise ValueError(
                f"saved state of regions {sorted(state.estimators)}, "
                f"expected {sorted(self._estimators)}"
            )
        self._clock.restore(state.clock)
        self._next_minute = state.next_minute
        for counts in state.counts:
            self._tallies[counts.source].restore(counts)
        for region, estimator in self._estimators.items():
            estimator.restore(state.estimators[region])
