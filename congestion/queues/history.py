"""The city's queues minute after minute: since when they stand, how they grow, where from."""

from dataclasses import dataclass

import numpy as np

from congestion.kernels.queues import trace_origins
from congestion.queues.find import Queues, find_queues
from congestion.queues.forecast import ForecastModel, read_forecast_model
from congestion.queues.loops import find_loops
from congestion.queues.queue_settings import QueueSettings
from congestion.queues.vehicles import delay_veh_h, flow_everywhere, read_lane_flows, vehicles_on
from ingest.kernels.arrays import Flags, Floats, Int32s
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import NONE, Network

KEEP = 0.5
"""What a minute's pace and occupancy keep of the minute before: signals come and go, a queue stays.
Unit: share. Source: chosen; a memory of two minutes, the length of a cycle."""
BACKWARD_WAVE_MPS = 5.5
"""A queue's tail travels upstream at most as fast as the backward wave of the triangular
fundamental diagram. Unit: m/s. Source: Newell 1993; 15 to 20 km/h are measured, this is the upper
end."""
CYCLE_S = 120.0
"""A signal's cycle. Unit: s. Source: chosen, usual on arterials of large cities."""
_ALPHA = 0.5
"""What the filter of a queue's length takes of a surprise. Unit: share. Source: chosen, half new
and half old."""
_BETA = _ALPHA**2 / (2.0 - _ALPHA)
"""What the filter of a queue's growth takes of a surprise. Unit: share. Source: Benedict and
Bordner 1962, the best gain beside that of the length."""
_JUMP_M = BACKWARD_WAVE_MPS * MINUTE_S
"""A length that changes by more between minutes is another queue's, and the filter starts anew.
Unit: m. Source: what the backward wave travels in a minute."""
_FORGET_S = 180.0
"""A segment that was not slow for longer begins anew when it is slow again. Unit: s. Source:
chosen, a cycle and a half."""
_SLOWEST_MPS = 0.1
"""Speeds are taken for at least this, so that a pace stays a number. Unit: m/s. Source: chosen,
slower than any crawl."""


@dataclass(frozen=True)
class QueueMinute:
    """The queues of one minute with their past and future; q queues, n segments, h horizons.

    `origin_of` is the segment from which a member's queue came: its queue's root where every lag
    on the way is plausible, else the nearest member downstream that began to queue by itself.
    A queue is forecast to stay as long as it is; `low_m` and `high_m` bound its length at each of
    `forecast_minutes`.
    """

    minute_start: Seconds
    queues: Queues
    since: Floats  # n, start of the minute since which each member is slow, NaN for others
    origin_of: Int32s  # n, NONE outside queues
    onset: Floats  # q, since when its oldest member is slow
    growth_mps: Floats  # q, of the length, negative where it shrinks
    forecast_minutes: tuple[int, ...]  # h
    low_m: Floats  # q x h, one in ten will be shorter
    high_m: Floats  # q x h, one in ten will be longer
    outlasts_cycle: Flags  # q: driving through it loses more time than a signal's cycle
    delay_veh_h: Floats  # n, vehicle-hours that each segment's vehicles lost in the minute
    loops: dict[int, tuple[int, ...]]  # by head, the segments of a queue that waits for itself

    def growth_of(self, queue: int) -> float:
        """Give a queue's growth in metres a minute."""
        return float(self.growth_mps[queue]) * MINUTE_S

    def spilled_back(self, queue: int) -> Int32s:
        """Give a queue's members that back up from its root by plausible lags, root left out."""
        members = self.queues.members_of(queue)
        root = self.queues.roots[queue]
        return members[(self.origin_of[members] == root) & (members != root)]


class _QueueHistoryState(SavedState, frozen=True):
    SCHEMA_VERSION = 3

    arrays: dict[str, Floats]


class QueueHistory:
    """Remembers of each segment its smoothed pace and occupancy, and since when it is slow.

    It also remembers the length and growth of the queue that a segment was in last. A segment that
    was not slow for three minutes begins anew. Minutes must come in order.
    """

    _FIELDS = ("pace", "occupancy", "since", "last_slow", "length_m", "growth_mps")

    def __init__(
        self,
        network: Network,
        settings: QueueSettings | None = None,
        model: ForecastModel | None = None,
    ) -> None:
        self._network = network
        self._settings = settings or QueueSettings()
        self._model = model or read_forecast_model()
        self._flows = read_lane_flows()
        n = network.segment_count
        self.pace = np.full(n, np.nan)
        self.occupancy = np.full(n, np.nan)
        self.since = np.full(n, np.nan)
        self.last_slow = np.full(n, -np.inf)
        self.length_m = np.full(n, np.nan)
        self.growth_mps = np.zeros(n)

    def step(
        self,
        minute_start: Seconds,
        speed_mps: Floats,
        free_flow_mps: Floats,
        queued_m: Floats,
        flow_veh_h: Floats,
        occupancy: Floats,
        is_known: Flags | None = None,
    ) -> QueueMinute:
        """Take a minute of all n segments, NaN where nothing is known; give its queues.

        `is_known` marks those that were measured in the last minutes; None: all were.
        """
        network = self._network
        self.pace = _smoothed(self.pace, 1.0 / np.maximum(speed_mps, _SLOWEST_MPS))
        self.occupancy = _smoothed(self.occupancy, self._without_gaps(occupancy, flow_veh_h))
        speed = 1.0 / self.pace
        queues = find_queues(
            network, speed, free_flow_mps, queued_m, self._settings, self.occupancy
        )
        stands = speed < self._settings.standing_share * free_flow_mps
        known = np.ones(len(speed), np.bool_) if is_known is None else is_known
        self._date(minute_start, speed < self._settings.slow_share * free_flow_mps)
        since, origin = self._origins(queues)
        onset, growth = self._follow(queues)
        flow = flow_everywhere(network, flow_veh_h, self._flows)
        vehicles = vehicles_on(network, speed, flow, occupancy)
        low, high = self._model.bounds(queues.length_m)
        return QueueMinute(
            minute_start=minute_start,
            queues=queues,
            since=since,
            origin_of=origin,
            onset=onset,
            growth_mps=growth,
            forecast_minutes=tuple(h.minutes for h in self._model.horizons),
            low_m=low,
            high_m=high,
            outlasts_cycle=queues.delay_s > CYCLE_S,
            delay_veh_h=delay_veh_h(vehicles, speed, free_flow_mps),
            loops=find_loops(network, queues, stands, known, self.occupancy),
        )

    def _without_gaps(self, occupancy: Floats, flow_veh_h: Floats) -> Floats:
        """Give the occupancies, NaN where one fell while nothing passed.

        Such a detector may lie in the gap between two vehicles that stand.
        """
        is_gap = (flow_veh_h == 0.0) & (occupancy < self.occupancy)
        return np.where(is_gap, np.nan, occupancy)

    def _date(self, minute_start: Seconds, is_slow: Flags) -> None:
        """Carry on since when each segment is slow."""
        began = is_slow & (minute_start - self.last_slow > _FORGET_S)
        self.since[began] = minute_start
        self.last_slow[is_slow] = minute_start

    def _origins(self, queues: Queues) -> tuple[Floats, Int32s]:
        """Give since when each member is slow (NaN elsewhere), and from where its queue came."""
        members, network = queues.members, self._network
        since = np.full(network.segment_count, np.nan)
        since[members] = self.since[members]
        origin = np.full(network.segment_count, NONE, np.int32)
        trace_origins(
            members, queues.parent_of, since, network.length_m, BACKWARD_WAVE_MPS, MINUTE_S, origin
        )
        return since, origin

    def _follow(self, queues: Queues) -> tuple[Floats, Floats]:
        """Carry each queue's filter on from its oldest member's; give onset and growth."""
        members, root_of = queues.members, queues.root_of
        order = np.lexsort((members, self.since[members], root_of[members]))
        oldest = members[order][queues.member_offsets[:-1]]
        before, growth = self.length_m[oldest], self.growth_mps[oldest]
        expected = np.maximum(before + growth * MINUTE_S, 0.0)
        surprise = queues.length_m - expected
        follows = np.abs(surprise) <= _JUMP_M  # False where there was no queue: NaN
        length = np.where(follows, expected + _ALPHA * surprise, queues.length_m)
        growth = np.where(follows, growth + _BETA * surprise / MINUTE_S, 0.0)
        growth = np.clip(growth, -BACKWARD_WAVE_MPS, BACKWARD_WAVE_MPS)
        self.length_m.fill(np.nan)
        self.growth_mps.fill(0.0)
        queue = np.searchsorted(queues.roots, root_of[members])
        self.length_m[members], self.growth_mps[members] = length[queue], growth[queue]
        return self.since[oldest], growth

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        vars(self).update(unpack(data, self._state()).arrays)

    def _state(self) -> _QueueHistoryState:
        return _QueueHistoryState({name: getattr(self, name) for name in self._FIELDS})


def _smoothed(before: Floats, now: Floats) -> Floats:
    """Give the mean of before and now, KEEP of it before; where one is NaN, the other."""
    mixed = KEEP * before + (1.0 - KEEP) * now
    return np.where(np.isnan(mixed), np.where(np.isnan(now), before, now), mixed)
