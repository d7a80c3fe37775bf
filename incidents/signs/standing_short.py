"""How surely a queue on a street without a detector stands short of the stop line.

A queue at a signal begins at the stop line, so those of its vehicles that are probes stand anywhere
from there to its tail. Behind a block nobody stands between the block and the line. Of M probes
spread evenly over a queue, none stands in the gap of length g before the others' spread of length s
with a probability of (s / (s + g))^(M - 1), as the foremost is given: its negative logarithm is
what speaks for a block. Vehicles that stood at different times of one queue count together.
"""

import math
from collections.abc import Iterable

import msgspec
import numpy as np

from congestion.records import Sighting
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Metres
from mapmatch.network import Network

LINE_M = 30.0
"""Who stands so near the end of a segment stands at its stop line. Unit: m. Source: chosen, as
judgement.line_reach_m."""
ROOM_M = 20.0
"""A queue is taken to be so much longer than its probes show. Unit: m. Source: chosen, the error of
GPS in streets and two vehicles."""


class StandingQueue(msgspec.Struct):
    """The probes that stood in a segment since a queue stands in it, each stand once."""

    front_m: Metres
    rear_m: Metres
    stand_count: int = 0
    since: dict[str, float] = {}  # of each vehicle, when its last stand began


class _StandingShortState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    queues: dict[int, StandingQueue]
    earlier_front_m: Floats


class StandingShort:
    """Remembers who stood in the queues of segments, and where the queue before that began.

    A place at which a queue began before has a line of its own (a crossing, a stop): a queue that
    begins there again, or just behind, does not stand short. Takes minutes in order.
    """

    def __init__(self, network: Network, has_detector: Flags) -> None:
        self._length_m, self._has_detector = network.length_m, has_detector
        self.queues: dict[int, StandingQueue] = {}
        self.earlier_front_m = np.full(network.segment_count, np.nan)

    def step(self, stands: Iterable[tuple[int, Sighting]], jam_minutes: Floats) -> Floats:
        """Take a minute's standing vehicles with their segments; give the odds of n segments.

        `jam_minutes` (n) says for how long a queue stands in each, 0 where none does any more.
        """
        for segment in [s for s in self.queues if jam_minutes[s] <= 0]:
            self.earlier_front_m[segment] = self.queues.pop(segment).front_m
        for segment, sighting in stands:
            if not self._has_detector[segment]:
                self._take(segment, sighting)
        odds = np.zeros(len(jam_minutes))
        for segment, queue in self.queues.items():
            odds[segment] = self._odds(segment, queue)
        return odds

    def _take(self, segment: int, sighting: Sighting) -> None:
        at = sighting.offset_m
        queue = self.queues.setdefault(segment, StandingQueue(at, at))
        if queue.since.get(sighting.seen_by) == sighting.since:
            return
        queue.since[sighting.seen_by] = sighting.since
        queue.stand_count += 1
        queue.front_m, queue.rear_m = max(queue.front_m, at), min(queue.rear_m, at)

    def _odds(self, segment: int, queue: StandingQueue) -> float:
        earlier = float(self.earlier_front_m[segment])
        has_own_line = earlier > queue.front_m - ROOM_M  # False where none was seen: NaN
        line_m = earlier if has_own_line else float(self._length_m[segment])
        gap = max(0.0, line_m - queue.front_m - LINE_M)
        spread = queue.front_m - queue.rear_m + ROOM_M
        return (queue.stand_count - 1) * math.log((spread + gap) / spread)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.queues, self.earlier_front_m = state.queues, state.earlier_front_m

    def _state(self) -> _StandingShortState:
        return _StandingShortState(self.queues, self.earlier_front_m)
