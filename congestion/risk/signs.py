"""What speaks for a breakdown at each place of the network: the signs that its risk is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from congestion.queues.history import QueueMinute
from congestion.risk.record import BreakdownRecord
from ingest.kernels.arrays import Flags, Floats, Int32s
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import MINUTE_S
from mapmatch.network import Network

SLOW_SHARE = 0.25
"""A place has broken down where its speed over some minutes is under this share of its limit.
Source: the labels of the recordings (`congested`), data/README.md."""
HORIZON_MINUTES = 15
"""How far ahead a breakdown is forecast. Unit: min. Source: chosen, the time in which signals and
signs can still be set."""
LEAST_M = 75.0
"""A shorter segment is no place: every red fills it. Unit: m. Source: as
`QueueSettings.least_storage_m`."""
_SHORT_KEEP = 0.5 ** (1 / 1.5)
"""What the short mean of a place's speed keeps of the minute before. Source: chosen, half after a
cycle of 90 s, so that one red is no breakdown."""
_LONG_KEEP = 0.5 ** (1 / 8)
"""And the long one, with which it is compared. Source: chosen, half after 8 minutes."""
_LEAST_SHARE = 0.02
"""No share of the limit is taken for less, so that its logarithm is a number. Source: chosen, a
walker's pace on an arterial road."""


@dataclass(frozen=True)
class PlaceMinute:
    """What a minute's states say of n segments; NaN where nothing is known."""

    speed_mps: Floats
    occupancy: Floats
    flow_veh_h: Floats
    is_known: Flags  # measured in the last minutes
    queues: QueueMinute


class _RiskSignFinderState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    short: Floats
    long: Floats
    occupancy: Floats
    record: bytes


class RiskSignFinder:
    """Remembers each segment's speed of the last minutes and how often it broke down before.

    Minutes must come in order.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        n = network.segment_count
        self.is_place = (network.length_m >= LEAST_M) & ~network.is_bus_only
        self._limit = np.maximum(network.free_speed_mps, 1.0)
        self._ahead = _Neighbours(network, network.successor_offsets, network.successors)
        self._behind = _Neighbours(network, network.predecessor_offsets, network.predecessors)
        self.record = BreakdownRecord(n)
        self.short, self.long = np.full(n, np.nan), np.full(n, np.nan)
        self.occupancy = np.full(n, np.nan)
        self._fixed = {
            "signal": network.node_has_signal[network.to_node].astype(np.float64),
            "length": np.log(np.maximum(network.length_m, 1.0)),
            "lanes": np.maximum(network.lanes, 1).astype(np.float64),
        }

    def step(self, minute: PlaceMinute) -> Mapping[str, Floats]:
        """Take a minute; give each sign of all n segments, NaN where it cannot be told.

        Speeds are natural logarithms of shares of the limit, falls their differences; queues are
        in metres, their growth in metres a minute; the flow is vehicles an hour and lane; the
        length is the logarithm of metres; `record` is log odds.
        """
        share = minute.speed_mps / self._limit
        before = self.short
        self.short = _smoothed(self.short, share, _SHORT_KEEP)
        self.long = _smoothed(self.long, share, _LONG_KEEP)
        self.occupancy = _smoothed(self.occupancy, minute.occupancy, _SHORT_KEEP)
        self.record.step(self.is_slow(), minute.is_known & self.is_place, HORIZON_MINUTES)
        queued_m, growth_m = _queue_of_each(minute.queues, self._network.segment_count)
        own, long = _log(self.short), _log(self.long)
        ahead, queue_ahead = self._ahead.least(own), self._ahead.most(queued_m)
        return {
            "speed": own,
            "speed now": _log(share),
            "fall": own - long,
            "fall of a minute": own - _log(before),
            "speed ahead": ahead,
            "speed two ahead": self._ahead.least(ahead),
            "fall ahead": self._ahead.least(own - long),
            "speed behind": self._behind.least(own),
            "queue": queued_m,
            "queue ahead": queue_ahead,
            "queue two ahead": self._ahead.most(queue_ahead),
            "growth ahead": self._ahead.most(growth_m),
            "occupancy": self.occupancy,
            "flow": minute.flow_veh_h / self._fixed["lanes"],
            "measured": minute.is_known.astype(np.float64),
            "slow before": self.record.slow_share(),
            "record": self.record.log_odds(),
            **self._fixed,
        }

    def is_slow(self) -> Flags:
        """Tell which of n segments are slow now, as far as is known."""
        return np.asarray(self.short < SLOW_SHARE)

    def is_asked(self) -> Flags:
        """Tell of which of n segments a breakdown is forecast: places not slow, as far as known."""
        return np.asarray(self.is_place & (self.short >= SLOW_SHARE))

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.record = restored(self.record, state.record)
        self.short, self.long, self.occupancy = state.short, state.long, state.occupancy

    def _state(self) -> _RiskSignFinderState:
        return _RiskSignFinderState(self.short, self.long, self.occupancy, self.record.snapshot())


class _Neighbours:
    """The segments next to each on one side, without the way back."""

    def __init__(self, network: Network, offsets: Int32s, others: Int32s) -> None:
        source = np.repeat(np.arange(network.segment_count), np.diff(offsets))
        is_way = network.reverse_segment[source] != others
        source, others = source[is_way], others[is_way]
        _, first, counts = np.unique(source, return_index=True, return_counts=True)
        number = np.arange(len(source)) - np.repeat(first, counts)
        most = int(counts.max()) if len(counts) else 0
        # one after another: those that have a first neighbour and it, a second and it, ...
        self._pairs = [(source[number == k], others[number == k]) for k in range(most)]

    def least(self, values: Floats) -> Floats:
        """Give of each segment the least of its neighbours' values, NaN where none is known."""
        return self._spread(np.fmin, values)

    def most(self, values: Floats) -> Floats:
        """Give of each segment the most of its neighbours' values, NaN where none is known."""
        return self._spread(np.fmax, values)

    def _spread(self, way: np.ufunc, values: Floats) -> Floats:
        result = np.full(len(values), np.nan)
        for segments, neighbours in self._pairs:
            result[segments] = way(result[segments], values[neighbours])
        return result


def _queue_of_each(minute: QueueMinute, segment_count: int) -> tuple[Floats, Floats]:
    """Give length (m) and growth (m a minute) of the queue that each segment is in, 0 in none."""
    queues = minute.queues
    length, growth = np.zeros(segment_count), np.zeros(segment_count)
    counts = np.diff(queues.member_offsets)
    length[queues.members] = np.repeat(queues.length_m, counts)
    growth[queues.members] = np.repeat(minute.growth_mps * MINUTE_S, counts)
    return length, growth


def _smoothed(before: Floats, now: Floats, keep: float) -> Floats:
    """Carry a mean on by a minute; where one of both is unknown the other is taken."""
    mean = keep * before + (1.0 - keep) * now
    return np.where(np.isnan(now), before, np.where(np.isnan(before), now, mean))


def _log(share: Floats) -> Floats:
    return np.log(np.maximum(share, _LEAST_SHARE))
