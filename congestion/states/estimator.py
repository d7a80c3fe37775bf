"""The state of every segment of a region, minute by minute, from all that was seen of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pyarrow as pa

from congestion.cameras.sightings import camera_sightings
from congestion.cameras.travel_times import TravelTimes
from congestion.detectors.g_factor import GFactor
from congestion.detectors.health import DetectorHealth
from congestion.detectors.lanes_covered import LanesCovered
from congestion.detectors.spot_relation import SpotRelation, detector_speeds
from congestion.kernels.probes import TIME
from congestion.levels import NO_LEVEL, level_profile
from congestion.profile.week import Week
from congestion.queues.segment_queue import segment_queues
from congestion.records import CameraClock, DetectorFault, Fault, PathTime, Sighting
from congestion.region import Region, region_of
from congestion.roadside import Roadside
from congestion.seen.held import HeldReadings
from congestion.seen.minutes import OpenMinutes, by_columns, marks_of
from congestion.seen.minutes import minutes_of_ends as of_ends
from congestion.seen.minutes import minutes_of_events as of_events
from congestion.seen.parked import Parked, ParkedVehicles
from congestion.seen.passes import add_passes, without_cameras
from congestion.seen.pieces import Pieces
from congestion.seen.probes import Provisional, driven_sums, probe_sums
from congestion.seen.progress import OpenProgress
from congestion.seen.readings import (
    MinuteReadings,
    add_readings,
    against_probes,
    are_sums,
    minute_readings,
    occupied_segments,
    segments_with,
)
from congestion.seen.standing import StandingVehicles
from congestion.seen.sums import PASSES, REPORTED, SPOT_COUNT, probe_sum
from congestion.seen.ticks import Ticks
from congestion.settings import EstimatorSettings
from congestion.states.bus_usual import BusUsual, shown_by_buses
from congestion.states.features import LONG, SHORT
from congestion.states.free_flow import SpeedPercentiles
from congestion.states.fusion import Estimate, Fusion, with_history
from congestion.states.memories import Memories
from congestion.states.rows import FILLED, HISTORIC, QUALITIES, UNKNOWN, SegmentStates, state_rows
from ingest.frames import CAMERA_EVENTS, READINGS
from ingest.kernels.arrays import Floats, Int8s
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import Seconds
from mapmatch.network import Network

_ONE_READING = ("detector_id", "interval_start")
_READING_ORDER = by_columns(*_ONE_READING, "interval_s", "vehicle_count", "occupancy")
_EVENT_ORDER = by_columns("camera_id", "approach_id", "event_time", "kind", "lane")


class _StateEstimatorState(SavedState, frozen=True):
    SCHEMA_VERSION = 16

    segment_ids: Annotated[list[str], SAME]
    memories: bytes
    progress: bytes
    readings: bytes
    percentages: bytes
    events: bytes
    standing: bytes
    ticks: bytes
    parked: bytes
    held: bytes
    lanes: bytes
    health: bytes
    g_factor: bytes
    travel_times: bytes
    usual: bytes
    bus_usual: bytes
    level: Int8s


@dataclass(frozen=True)
class RegionMinute:
    """One minute of a region: a row of STATES a segment, and what was sighted.

    `faults` are the detector faults that began or ended; a faulty detector is not used.
    `path_times` are from camera to camera, by plate. `camera_clocks` are off now: their plates are
    timed by the corrected clock, their passes belong to another minute and are not used.
    """

    minute_start: Seconds
    states: pa.RecordBatch
    sightings: list[Sighting]
    counts: dict[str, int]
    faults: list[DetectorFault]
    path_times: list[PathTime]
    camera_clocks: list[CameraClock]


class StateEstimator:
    """Remembers a region's open minutes, fading sums of what was seen, and what is usual.

    Rows may come in any order and in any batches: each goes to its minute, and the result of a
    minute depends on its rows only. Minutes are closed in order, each once. `watermark` in the add
    methods is what the rows' channel had promised before them. Rows of a minute that the channel
    had finished by then (its end and settle_s) are late: they are counted and not used.
    """

    def __init__(
        self,
        network: Network,
        region: int,
        roadside: Roadside,
        settings: EstimatorSettings | None = None,
        make_fusion: Callable[[Region], Fusion] = Fusion,
        settle_s: Seconds = 20.0,
        week: Week | None = None,
        relation: SpotRelation | None = None,
    ) -> None:
        self._settings = settings or EstimatorSettings()
        self._region = region_of(network, region, roadside)
        self._progress = OpenProgress(settle_s, self._settings.belated_s)
        self._readings = OpenMinutes(
            READINGS, _READING_ORDER, settle_s, is_sent=True, once=_ONE_READING, again=are_sums
        )
        self._percentages = OpenMinutes(READINGS, _READING_ORDER, settle_s)
        self._events = OpenMinutes(CAMERA_EVENTS, _EVENT_ORDER, settle_s, is_sent=True)
        self._standing = StandingVehicles(self._region, self._settings)
        self._ticks = Ticks(self._region, self._settings, settle_s)
        self._parked = ParkedVehicles(self._region, self._settings.parked)
        self._held = HeldReadings(self._region)
        self._lanes = LanesCovered(self._region, self._settings.health.chatter_count)
        self._health = DetectorHealth(self._region, self._settings.health)
        self._g_factor = GFactor(self._region, self._settings.g_factor)
        self._travel_times = TravelTimes(self._region, self._settings.travel_times)
        self._profile = level_profile(self._settings.level_profile)
        self._fusion = make_fusion(self._region)
        self._week = week
        self._lines = None if relation is None else relation.of(self._region)
        self._usual = SpeedPercentiles(self._region, week)
        self._bus_usual = BusUsual(self._region)
        self._memories = Memories(self._region)
        self._level = np.full(len(self._region), NO_LEVEL, np.int8)
        self._ids = pa.array(self._region.segment_ids, pa.string())

    def add_progress(
        self,
        batch: pa.RecordBatch,
        watermark: Seconds | None = None,
        now: Seconds | None = None,
    ) -> None:
        """Take progress rows, each cut at the minutes it reaches into.

        A piece that is late for its minute still counts in the memories of the first minute that
        its channel has not finished, if it is not older than `belated_s`. A provisional piece
        counts in the state of its minute and in no memory, and only where its channel finishes that
        minute with these rows: `now` is what it promises from them on.
        """
        self._progress.add(batch, watermark, now)
        self._ticks.add_progress(batch, watermark)

    def add_readings(self, batch: pa.RecordBatch, watermark: Seconds | None = None) -> None:
        """Take detector readings; each belongs to the minute its interval ends in."""
        if batch.num_rows:
            self._readings.add(batch, of_ends(batch), marks_of(batch, watermark))

    def add_percentages(self, batch: pa.RecordBatch, watermark: Seconds | None = None) -> None:
        """Take readings refused for an occupancy in percent: evidence against their detectors."""
        if batch.num_rows:
            self._percentages.add(batch, of_ends(batch), marks_of(batch, watermark))

    def add_camera_events(self, batch: pa.RecordBatch, watermark: Seconds | None = None) -> None:
        """Take camera events; each belongs to the minute of its event time."""
        if batch.num_rows:
            self._events.add(batch, of_events(batch), marks_of(batch, watermark))
            self._ticks.add_camera_events(batch, watermark)

    def late_counts(self) -> dict[str, int]:
        """Give how many rows came too late for their minute; of progress, pieces of rows."""
        return {
            "progress": self._progress.late_count,
            "readings": self._readings.late_count,
            "camera_events": self._events.late_count,
        }

    def repeat_counts(self) -> dict[str, int]:
        """Give how many rows of closed minutes were sent again; of progress none is."""
        return {
            "progress": 0,
            "readings": self._readings.repeat_count + self._held.overlap_count,
            "camera_events": self._events.repeat_count,
        }

    def excluded_detectors(self) -> dict[str, Fault]:
        """Give the detectors that are not believed at present, and why."""
        return self._health.excluded

    def withdrawn_tests(self) -> dict[str, int]:
        """Give the tests of detectors that accused too many, and how many; they accuse nobody."""
        return self._health.withdrawn

    def unfelt_count(self) -> int:
        """Give of how many detectors the occupancy or the count alone is not believed now."""
        return self._health.unfelt_count

    def clocks_off(self) -> list[CameraClock]:
        """Give the cameras whose clocks are off at present: their passes are not used."""
        return self._travel_times.clocks_off()

    def first_start(self) -> Seconds:
        """Give the start of the first open minute of which anything came, inf where none is."""
        parts = (self._progress, self._readings, self._percentages, self._events)
        return min(part.first_start() for part in parts)

    def pass_over(self, minute_count: int) -> None:
        """Let minutes pass of which nothing came and nothing is said: what was seen fades."""
        self._memories.fade(minute_count)

    def tick(self, time: Seconds) -> list[Sighting]:
        """Give who stands at a time between the minutes, and what cameras said in open ones."""
        return self._ticks.at(time)

    def close_minute(self, minute_start: Seconds) -> RegionMinute:
        """Give the state of every segment in the minute that starts then, and forget its rows."""
        region, settings = self._region, self._settings
        progress, belated, provisional = self._progress.close(minute_start)
        readings = self._readings.close(minute_start)
        events = self._events.close(minute_start)
        sent = self._held.readings(minute_start, readings)
        reported = self._health.usable(sent)
        sightings = self._standing.step(belated, progress)
        parked = self._park(minute_start, progress, reported)
        moving, late, still_open = (
            parked.without(rows, region.local) for rows in (progress, belated, provisional)
        )
        stop_reach_m = settings.bus_stop_reach_m
        sums, tail_m, provisional_sums = driven_sums(region, moving, still_open, stop_reach_m)
        believed, faults = self._believe(minute_start, sent, reported, sums)
        lanes = self._lanes.step(believed.counts)
        add_readings(region, believed, lanes, self._health.is_healthy, sums)
        path_times = self._travel_times.step(minute_start, events)
        camera_clocks = self._travel_times.clocks_off()
        add_passes(region, without_cameras(events, camera_clocks), sums)
        late_sums, _ = probe_sums(region, late, stop_reach_m)
        self._memories.add(late_sums, sums, minute_start)
        estimate = self._estimate(sums, provisional_sums)
        self._standing.forget_before(minute_start - settings.forget_vehicle_s)
        sightings += camera_sightings(region, events)
        states = self._states(minute_start, sums, believed, tail_m, estimate)
        counts = {
            "progress": len(progress),
            "belated": len(belated),
            "provisional": len(provisional),
            "readings": readings.num_rows,
            "camera_events": events.num_rows,
            "camera_clocks_off": len(camera_clocks),
            "parked": len(parked),
            "faulty_detectors": int((~self._health.is_healthy).sum()),
            "late": sum(self.late_counts().values()),
        }
        return RegionMinute(
            minute_start, states, sightings, counts, faults, path_times, camera_clocks
        )

    def _park(self, minute_start: Seconds, progress: Pieces, reported: MinuteReadings) -> Parked:
        """Give who is parked, and take what they had added before out of the memories."""
        is_occupied = occupied_segments(self._region, reported, self._health.is_healthy)
        parked = self._parked.step(minute_start, progress, self._standing.stands, is_occupied)
        self._memories.take_back(parked, minute_start)
        return parked

    def _believe(
        self, minute_start: Seconds, sent: MinuteReadings, reported: MinuteReadings, sums: Floats
    ) -> tuple[MinuteReadings, list[DetectorFault]]:
        """Judge the detectors; give their readings with speeds, and the faults that changed.

        Occupancies in percent are NaN among these readings.
        """
        percent = minute_readings(self._region, self._percentages.close(minute_start))
        filled = self._g_factor.fill(reported, self._health.is_healthy)
        faults = self._health.step(
            minute_start,
            sent,
            against_probes(self._region, filled, sums),
            percent.has_reported,
        )
        self._memories.forget_detectors(segments_with(self._region, self._health.fell_out))
        shares = np.where(self._health.sends_percent, np.nan, filled.occupancies)
        return replace(filled, occupancies=shares), faults

    def _estimate(self, sums: Floats, provisional: Provisional) -> Estimate:
        """Give the estimate; what is provisional is added to the minute's sums.

        It stays in no memory, and nothing else is judged by it (who stands, who is parked, which
        detector has a fault): the same driving comes again when it is settled.
        """
        sums[provisional.touched] += provisional.sums
        with self._memories.with_provisional(provisional) as memories:
            return self._fusion.estimate(sums, memories)

    def _states(
        self,
        minute_start: Seconds,
        sums: Floats,
        readings: MinuteReadings,
        tail_m: Floats,
        estimate: Estimate,
    ) -> pa.RecordBatch:
        region = self._region
        by_probe = probe_sum(sums, TIME) > 0.0
        by_road = (sums[:, REPORTED] > 0) | (sums[:, PASSES] > 0)
        has_speed = by_probe | (sums[:, SPOT_COUNT] > 0) | (sums[:, PASSES] > 0)
        self._usual.step(estimate.speed_mps, has_speed)
        is_seen = by_probe | by_road
        self._memories.see(is_seen, minute_start)
        is_recent = minute_start - self._memories.last_seen < self._settings.fill_s
        is_recent |= self._fusion.seen_around(self._memories.sums[SHORT])
        is_doubted = segments_with(region, readings.has_reported & ~self._health.is_healthy)
        quality = np.select(
            [by_probe & by_road, is_seen, is_doubted, is_recent],
            [0, 1, UNKNOWN, FILLED],
            HISTORIC,
        )
        if self._week is not None:
            usual, spread = (v[region.segment] for v in self._week.usual(minute_start))
            estimate = with_history(estimate, quality == HISTORIC, usual, spread)
        free = np.maximum(self._usual.free_flow_mps, 1e-3)
        if shown_by_buses(self._memories.sums[LONG]):
            self._bus_usual.step(by_probe, estimate.speed_mps)
            estimate, free = self._bus_usual.drawn(estimate), self._bus_usual.free_flow(free)
        level = self._profile.settled(
            self._level, estimate.speed_mps, free, region.road_class, self._settings.level_margin
        )
        self._level = level
        queue = segment_queues(region, sums, tail_m, estimate.speed_mps, free, level)
        segments = SegmentStates(
            estimate,
            free,
            self._usual.usual_mps,
            level,
            queue,
            QUALITIES.take(pa.array(quality)),
            self._usual.rung,
            np.full(len(region), self._health.lanes_are_doubted),
        )
        is_healthy = self._health.is_healthy
        by_detectors = detector_speeds(region, readings, is_healthy, self._lines)
        return state_rows(
            region, self._ids, minute_start, sums, readings, is_healthy, by_detectors, segments
        )

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        parts = (
            restored(self._memories, state.memories), restored(self._progress, state.progress),
            restored(self._readings, state.readings),
            restored(self._percentages, state.percentages), restored(self._events, state.events),
            restored(self._standing, state.standing), restored(self._ticks, state.ticks),
            restored(self._parked, state.parked),
            restored(self._held, state.held), restored(self._lanes, state.lanes),
            restored(self._health, state.health), restored(self._g_factor, state.g_factor),
            restored(self._travel_times, state.travel_times), restored(self._usual, state.usual),
            restored(self._bus_usual, state.bus_usual),
        )  # fmt: skip
        (
            self._memories, self._progress, self._readings, self._percentages, self._events,
            self._standing, self._ticks, self._parked, self._held, self._lanes, self._health,
            self._g_factor, self._travel_times, self._usual, self._bus_usual,
        ) = parts  # fmt: skip
        self._level = state.level

    def _state(self) -> _StateEstimatorState:
        return _StateEstimatorState(
            segment_ids=self._region.segment_ids,
            memories=self._memories.snapshot(),
            progress=self._progress.snapshot(),
            readings=self._readings.snapshot(),
            percentages=self._percentages.snapshot(),
            events=self._events.snapshot(),
            standing=self._standing.snapshot(),
            ticks=self._ticks.snapshot(),
            parked=self._parked.snapshot(),
            held=self._held.snapshot(),
            lanes=self._lanes.snapshot(),
            health=self._health.snapshot(),
            g_factor=self._g_factor.snapshot(),
            travel_times=self._travel_times.snapshot(),
            usual=self._usual.snapshot(),
            bus_usual=self._bus_usual.snapshot(),
            level=self._level,
        )
