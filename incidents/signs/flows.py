"""Segments whose flow has stopped, and segments in which a queue stands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from congestion.records import Sighting
from congestion.roadside import Roadside
from incidents.settings import FlowSettings
from incidents.signs.city_arrays import CityArrays
from incidents.signs.lane_detectors import LaneDetectors
from incidents.signs.standing_short import StandingShort
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, restored, unpack
from mapmatch.network import Network

LEAST_STANDING = 2
"""So many vehicles that stand are a queue; one alone may be parked. Unit: count. Source: chosen."""
EMPTY_OCCUPANCY = 0.05
"""Lanes at the stop line without vehicles are empty below this occupancy. Unit: share. Source:
chosen, three seconds of a minute."""
FREE_MINUTES = 5
"""What was usual before a queue is that of the last minute that had no queue for so long. Unit:
min. Source: chosen, two cycles of a signal and a half."""
GONE_MINUTES = 3
"""A queue has gone, and a segment is unknown, after so many minutes in which it was not seen.
Unit: min. Source: chosen, longer than a usual cycle of a signal."""
_LONG_AGO = 99.0
"""Minutes without a queue or a reading of a segment that was never seen."""


@dataclass(frozen=True)
class FlowSigns:
    """Signs in the flow of each of n segments."""

    stopped: Floats  # log odds that the flow past the segment's last detectors has stopped
    is_jammed: Flags  # a queue stands in it: a full lane that does not move, or standing vehicles
    full_lanes: Floats  # lanes full and not moving
    full_minutes: Floats  # in a row in which any was
    line_full: Floats  # share of the lanes nearest the stop line that are full, 0 where unseen
    line_empty: Flags  # those lanes are empty
    line_offset_m: Floats  # where their detectors stand, NaN where there are none
    standing: Floats  # vehicles that stand in it, buses at their stops not counted
    standing_offset_m: Floats  # of the foremost of them, NaN where none
    standing_s: Floats  # the longest stand, 0 where none
    stop_minutes: Floats  # since its flow stopped, 0 where it flows
    jam_minutes: Floats  # since the queue stands, 0 where none stood for three minutes
    jam_share: Floats  # share of the time before this jam in which it was jammed
    occupancy_before: Floats  # usual occupancy before this jam
    level: Floats  # 0 free to 5 blocked, 0 where unknown
    is_known: Flags  # anything was measured in it in the last minutes
    serving: Floats  # buses that stand at their stops in it
    short: Floats  # log odds that its queue stands short of the line, 0 where it has detectors


class _FlowSignFinderState(SavedState, frozen=True):
    SCHEMA_VERSION = 5

    minutes: int
    arrays: dict[str, Floats]
    short: bytes


class FlowSignFinder:
    """Remembers each segment's usual flow and occupancy and how often a queue stood in it.

    The usual flow is how many pass in a minute and how much that varies: behind some signals
    platoons come minutes apart. Minutes in which the flow has stopped do not change it. Takes
    minutes in order.
    """

    _FIELDS = (
        "rate", "spread", "stopped", "stop_minutes", "occupancy", "jam_memory", "jam_minutes",
        "free_minutes", "jam_share", "occupancy_before", "silent_minutes", "full_minutes",
    )  # fmt: skip

    def __init__(
        self, network: Network, detectors: LaneDetectors, roadside: Roadside, settings: FlowSettings
    ) -> None:
        self._network, self._detectors, self._settings = network, detectors, settings
        n = network.segment_count
        self._has_detector = detectors.first[1:] > detectors.first[:-1]
        self._is_last_row = _last_rows(detectors, n)
        self._line_offset_m = _line_offsets(detectors, n)
        self._stops = _stops_by_segment(roadside)
        self._short = StandingShort(network, self._has_detector)
        self._minutes = 0
        self.rate = np.zeros(n)  # vehicles a minute past the last row
        self.spread = np.zeros(n)  # mean square of how far a minute's count was from the rate
        self.stopped = np.zeros(n)
        self.stop_minutes = np.zeros(n)
        self.occupancy = np.zeros(n)
        self.jam_memory = np.zeros(n)
        self.jam_minutes = np.zeros(n)
        self.free_minutes = np.full(n, _LONG_AGO)
        self.jam_share = np.zeros(n)
        self.occupancy_before = np.zeros(n)
        self.silent_minutes = np.full(n, _LONG_AGO)
        self.full_minutes = np.zeros(n)

    def step(self, minute: CityArrays, sightings: Sequence[Sighting]) -> FlowSigns:
        """Take a minute; give the signs in its flows and of its standing vehicles."""
        self._minutes += 1
        settings = self._settings
        counts, occupancies = minute.lane_counts, minute.lane_occupancies
        is_full = (occupancies >= settings.full_occupancy) & (counts <= settings.full_count)
        is_empty = (counts == 0) & (occupancies < EMPTY_OCCUPANCY)
        full_lanes = self._over_segment(is_full.astype(np.float64))
        self.full_minutes = np.where(full_lanes > 0, self.full_minutes + 1, 0.0)
        stands, serving = self._stands(sightings, settings.standing_s)
        standing, offset, longest = self._standing(stands)
        is_jammed = (full_lanes > 0) | (standing > 0)
        is_stuck = (standing >= LEAST_STANDING) & ~(minute.probe_speed > settings.creep_mps)
        self._follow_stop(counts, is_stuck)
        self._follow_jam(is_jammed, occupancies)
        has_reading = self._has_reading(counts) | (minute.probe_count > 0) | (standing > 0)
        self.silent_minutes = np.where(has_reading, 0.0, self.silent_minutes + 1)
        return FlowSigns(
            stopped=self.stopped.copy(),
            is_jammed=is_jammed,
            full_lanes=full_lanes,
            full_minutes=self.full_minutes.copy(),
            line_full=self._on_line(is_full, occupancies),
            line_empty=self._on_line(is_empty, occupancies) >= 1.0,
            line_offset_m=self._line_offset_m,
            standing=standing,
            standing_offset_m=offset,
            standing_s=longest,
            stop_minutes=self.stop_minutes.copy(),
            jam_minutes=self.jam_minutes.copy(),
            jam_share=self.jam_share.copy(),
            occupancy_before=self.occupancy_before.copy(),
            level=np.nan_to_num(minute.level),
            is_known=self.silent_minutes < GONE_MINUTES,
            serving=serving,
            short=self._short.step(stands, self.jam_minutes),
        )

    def at(self, flows: FlowSigns, sightings: Sequence[Sighting]) -> FlowSigns:
        """Give the last minute's signs with those vehicles that stand now, in place of its own.

        All of them count: where the flow has stopped none waits at a red light only.
        """
        stands, serving = self._stands(sightings, 0.0)
        standing, offset, longest = self._standing(stands)
        return replace(
            flows,
            is_jammed=(flows.full_lanes > 0) | (standing > 0),
            standing=standing,
            standing_offset_m=offset,
            standing_s=longest,
            is_known=flows.is_known | (standing > 0),
            serving=serving,
        )

    def _follow_stop(self, counts: Floats, is_stuck: Flags) -> None:
        """Follow the flow past the last row, or where there is none whether vehicles get away."""
        settings = self._settings
        passed = self._over_segment(np.where(self._is_last_row, np.nan_to_num(counts), 0.0))
        has_reading = self._has_reading(counts)
        # Sequential test of a Poisson rate against a tenth of it (Wald 1947), floored at 0.
        gain = (1 - settings.stopped_ratio) * self.rate + passed * math.log(settings.stopped_ratio)
        step = np.where(has_reading, gain / self._dispersion(), 0.0)
        is_stuck = is_stuck & ~self._has_detector
        step = np.where(is_stuck, settings.stuck_minute, step)
        left = np.where(has_reading | is_stuck, 1.0, settings.silent_left)
        self.stopped = np.clip(left * self.stopped + step, 0.0, settings.most_stopped)
        has_stopped = self.stopped > settings.suspicious
        self.stop_minutes = np.where(has_stopped, self.stop_minutes + 1, 0.0)
        learn = max(1 - 0.5 ** (1 / settings.usual_minutes), 1 / self._minutes)
        is_learnt = has_reading & (self.stopped <= settings.odd)
        off = passed - self.rate
        self.rate = np.where(is_learnt, self.rate + learn * off, self.rate)
        self.spread = np.where(is_learnt, self.spread + learn * (off**2 - self.spread), self.spread)

    def _dispersion(self) -> Floats:
        """Give the variance of the counts over their mean, at least what is usual at signals.

        What was seen in some minutes is half believed: it is drawn half way to the usual, as logs.
        """
        usual = self._settings.count_dispersion
        seen = np.divide(self.spread, self.rate, out=np.zeros_like(self.rate), where=self.rate > 0)
        return np.sqrt(np.maximum(seen, usual) * usual)

    def _follow_jam(self, is_jammed: Flags, occupancies: Floats) -> None:
        """Follow how often and since when a queue stands in each segment, and its occupancy."""
        settings = self._settings
        was_free_long = self.free_minutes >= FREE_MINUTES
        self.jam_share = np.where(was_free_long, self.jam_memory, self.jam_share)
        self.occupancy_before = np.where(was_free_long, self.occupancy, self.occupancy_before)
        self.free_minutes = np.where(is_jammed, 0.0, self.free_minutes + 1)
        self.jam_minutes = np.where(self.free_minutes >= GONE_MINUTES, 0.0, self.jam_minutes + 1)
        slow = 1 - 0.5 ** (1 / settings.jam_memory_minutes)
        self.jam_memory = self.jam_memory + slow * (is_jammed - self.jam_memory)
        count = self._over_segment((~np.isnan(occupancies)).astype(np.float64))
        total = self._over_segment(np.nan_to_num(occupancies))
        mean = np.divide(total, count, out=self.occupancy.copy(), where=count > 0)
        fast = max(1 - 0.5 ** (1 / settings.usual_minutes), 1 / self._minutes)
        self.occupancy = self.occupancy + fast * (mean - self.occupancy)

    def _on_line(self, is_true: Flags, occupancies: Floats) -> Floats:
        """Give the share of the lanes nearest the stop line for which a claim holds."""
        has_reading = self._is_last_row & np.isfinite(occupancies)
        lane_count = self._over_segment(has_reading.astype(np.float64))
        true_count = self._over_segment((is_true & has_reading).astype(np.float64))
        return np.divide(
            true_count, lane_count, out=np.zeros_like(true_count), where=lane_count > 0
        )

    def _stands(
        self, sightings: Sequence[Sighting], least_s: float
    ) -> tuple[list[tuple[int, Sighting]], Floats]:
        """Give the vehicles that have stood for so long, with their segments, and the buses.

        Buses at one of their stops are left out, and counted for each segment.
        """
        stands: list[tuple[int, Sighting]] = []
        serving = np.zeros(self._network.segment_count)
        for sighting in sightings:
            segment = self._network.index_of(sighting.segment_id)
            if segment is None or sighting.kind != "standing_vehicle":
                continue
            if sighting.fleet == "bus" and self._serves_stop(segment, sighting.offset_m):
                serving[segment] += 1
            elif sighting.until - sighting.since >= least_s:
                stands.append((segment, sighting))
        return stands, serving

    def _standing(self, stands: Sequence[tuple[int, Sighting]]) -> tuple[Floats, Floats, Floats]:
        """Give for each segment how many vehicles stand, where the foremost does, how long any."""
        n = self._network.segment_count
        standing, offset, longest = np.zeros(n), np.full(n, np.nan), np.zeros(n)
        for segment, sighting in stands:
            standing[segment] += 1
            offset[segment] = np.fmax(offset[segment], sighting.offset_m)
            longest[segment] = max(longest[segment], sighting.until - sighting.since)
        return standing, offset, longest

    def _serves_stop(self, segment: int, offset_m: float) -> bool:
        reach = self._settings.stop_reach_m
        return any(abs(stop - offset_m) <= reach for stop in self._stops.get(segment, ()))

    def _has_reading(self, counts: Floats) -> Flags:
        return self._over_segment(np.isfinite(counts).astype(np.float64)) > 0

    def _over_segment(self, values: Floats) -> Floats:
        n = self._network.segment_count
        return np.bincount(self._detectors.segment, weights=values, minlength=n).astype(np.float64)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._short = restored(self._short, state.short)
        self._minutes = state.minutes
        vars(self).update(state.arrays)

    def _state(self) -> _FlowSignFinderState:
        arrays = {name: getattr(self, name) for name in self._FIELDS}
        return _FlowSignFinderState(self._minutes, arrays, self._short.snapshot())


def _line_offsets(detectors: LaneDetectors, segment_count: int) -> Floats:
    """Give for each segment the offset of its most downstream detector, NaN without one."""
    offsets = np.full(segment_count, np.nan)
    np.fmax.at(offsets, detectors.segment, detectors.offset_m)
    return offsets


def _last_rows(detectors: LaneDetectors, segment_count: int) -> Flags:
    """Give for each detector whether it stands in its segment's most downstream row."""
    if not len(detectors):
        return np.zeros(0, dtype=np.bool_)
    at_end = detectors.offset_m >= _line_offsets(detectors, segment_count)[detectors.segment]
    return np.isin(detectors.row, np.unique(detectors.row[at_end]))


def _stops_by_segment(roadside: Roadside) -> dict[int, list[float]]:
    """Give the offsets of the bus stops of each segment that has any."""
    stops: dict[int, list[float]] = {}
    for segment, offset in zip(
        roadside.bus_stops.segment.tolist(), roadside.bus_stops.offset_m.tolist(), strict=True
    ):
        stops.setdefault(segment, []).append(offset)
    return stops
