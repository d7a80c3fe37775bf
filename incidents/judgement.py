"""Signs weighed together: which segments hold an incident, and what speaks for it."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from incidents.bank import DetectorBank
from incidents.flows import FlowSigns
from incidents.lanes import LaneSigns
from incidents.records import Cause
from incidents.settings import JudgementSettings
from incidents.watch import CitySigns
from mapmatch.network import NONE, Network

Metres = Annotated[float, "m"]
Floats = npt.NDArray[np.float64]

KERB_LANE = 0
"""Lanes are numbered from the kerb."""


class Sign(msgspec.Struct, frozen=True):
    """One reason to believe in an incident: by whom, what, and its natural-log odds."""

    source: str
    seen: str
    odds: float


class Suspect(msgspec.Struct, frozen=True):
    """A place where an incident is likely in this minute, with its reasons."""

    segment: int
    offset_m: Metres
    odds: float
    signs: tuple[Sign, ...]
    cause: Cause
    lane: int | None = None


class Judge:
    """Turns one minute's signs into suspects; remembers nothing."""

    def __init__(self, network: Network, bank: DetectorBank, settings: JudgementSettings) -> None:
        self._network, self._bank, self._settings = network, bank, settings

    def suspects(self, signs: CitySigns) -> list[Suspect]:
        """Give the suspects that are strong enough to keep an alert open, the strongest first."""
        lanes, flows, cameras = signs.lanes, signs.flows, signs.cameras
        touched = set(np.flatnonzero(flows.stopped >= 2.0).tolist()) | set(cameras)
        is_odd = lanes.dead + lanes.slow >= 1.0
        touched |= set(self._bank.segment[is_odd].tolist())
        found = [self._weigh(int(s), lanes, flows, cameras) for s in sorted(touched)]
        strong = [suspect for suspect in found if suspect.odds >= self._settings.keep_at]
        return sorted(strong, key=lambda suspect: (-suspect.odds, suspect.segment))

    def _weigh(
        self, segment: int, lanes: LaneSigns, flows: FlowSigns, cameras: Mapping[int, float]
    ) -> Suspect:
        signs: list[Sign] = []
        offset, lane, cause = self._network.length_m[segment] / 2, None, "incident"
        root = segment
        dead = self._strongest(segment, lanes.dead)
        slow = self._strongest(segment, lanes.slow)
        if slow is not None:
            odds = self._settings.slow_lane * float(lanes.slow[slow])
            odds -= self._tail_of_queue(segment, flows)
            if odds > 0:
                speed = lanes.slowest[slow] * 3.6
                signs.append(Sign("magnetometer", f"{speed:.0f} km/h with the lane not full", odds))
                offset, lane = float(self._bank.offset_m[slow]), int(self._bank.lane[slow])
        if dead is not None:
            odds = self._settings.dead_lane * float(lanes.dead[dead])
            signs.append(
                Sign(
                    "magnetometer",
                    f"lane empty where {lanes.missed[dead]:.0f} vehicles are usual, busy beside it",
                    odds,
                )
            )
            offset, lane = float(self._bank.offset_m[dead]), int(self._bank.lane[dead])
            cause = "illegal_parking" if lane == KERB_LANE else "incident"
        stop = self._stopped(segment, flows)
        if stop:
            signs += stop
            lane = None
            root, offset = self._head(segment, flows)
            cause = self._cause_of_stop(root, flows)
        camera = cameras.get(segment, 0.0) + (cameras.get(root, 0.0) if root != segment else 0.0)
        if camera > 0:
            signs.append(Sign("camera", "camera event", camera))
        total = sum(sign.odds for sign in signs)
        return Suspect(root, float(offset), total, tuple(signs), cause, lane)  # type: ignore[arg-type]

    def _strongest(self, segment: int, odds: Floats) -> int | None:
        low, high = self._bank.first[segment], self._bank.first[segment + 1]
        if low == high:
            return None
        best = int(low + np.argmax(odds[low:high]))
        return best if odds[best] > 0 else None

    def _stopped(self, segment: int, flows: FlowSigns) -> list[Sign]:
        """Give the signs of a flow that stopped with a queue behind and free road ahead."""
        settings = self._settings
        queued = [s for s in (segment, *self._predecessors(segment)) if flows.is_jammed[s]]
        if flows.stopped[segment] < 2.0 or not queued:
            return []
        ahead = self._successors(segment)
        if any(flows.is_jammed[s] for s in ahead):
            return []
        head = max(queued, key=lambda s: (flows.standing[s] + flows.full_lanes[s], -s))
        lead = float(flows.jam_minutes[head] - flows.stop_minutes[segment])
        busy = float(flows.occupancy_before[head]) - settings.usual_occupancy
        odds = (
            min(float(flows.stopped[segment]), settings.most_stopped)
            - settings.jam_share * float(flows.jam_share[head])
            - settings.occupancy * max(0.0, busy)
            - settings.lead * max(0.0, lead - settings.lead_minutes)
            - settings.slow_ahead * self._slowness(ahead, flows)
        )
        if ahead and not any(flows.is_known[s] for s in ahead):
            odds -= settings.unknown_ahead
        odds -= settings.other_jam * self._other_jams(segment, head, flows) if odds > 0 else 0.0
        if odds <= 0:
            return []
        signs = [Sign("magnetometer", "flow stopped with free road ahead", odds)]
        standing = float(sum(flows.standing[s] for s in queued))
        if standing > 0:
            weight = min(settings.per_standing * standing, settings.most_standing)
            signs.append(Sign("probe", f"{standing:.0f} vehicles standing", weight))
        return signs

    def _slowness(self, ahead: list[int], flows: FlowSigns) -> float:
        worst = max((float(flows.level[s]) for s in ahead), default=0.0)
        return max(0.0, worst - self._settings.slow_level)

    def _other_jams(self, segment: int, head: int, flows: FlowSigns) -> int:
        """Count the jammed segments near by that are not of the queue behind the head."""
        queue, frontier = {segment, head}, [head]
        while frontier:
            behind = self._predecessors(frontier.pop())
            fresh = [s for s in behind if flows.is_jammed[s] and s not in queue]
            queue.update(fresh)
            frontier += fresh
        near, edge = {segment}, {segment}
        for _ in range(self._settings.other_jam_hops):
            around = {n for s in edge for n in self._successors(s) + self._predecessors(s)}
            edge = around - near
            near |= edge
        return sum(bool(flows.is_jammed[s]) for s in near - queue)

    def _head(self, segment: int, flows: FlowSigns) -> tuple[int, Metres]:
        """Give where the queue behind a stopped flow has its head."""
        if flows.is_jammed[segment]:
            offset = flows.standing_offset_m[segment]
            if np.isnan(offset):
                low = self._bank.first[segment]
                offset = self._bank.offset_m[low] if low < self._bank.first[segment + 1] else 0.0
            return segment, float(offset)
        queued = [s for s in self._predecessors(segment) if flows.is_jammed[s]]
        root = max(queued, key=lambda s: (flows.standing[s] + flows.full_lanes[s], -s))
        return root, float(self._network.length_m[root])

    def _cause_of_stop(self, root: int, flows: FlowSigns) -> Cause:
        """Tell a stuck signal from a blocked road by whether the queue reaches the stop line."""
        if not self._network.node_has_signal[self._network.to_node[root]]:
            return "incident"
        left_m = float(self._network.length_m[root] - flows.standing_offset_m[root])
        stands_at_line = left_m <= self._settings.line_reach_m  # False where nobody stands: NaN
        return "signal" if stands_at_line or flows.line_full[root] >= 1.0 else "incident"

    def _tail_of_queue(self, segment: int, flows: FlowSigns) -> float:
        """Give what a queue ahead takes off: slow driving towards its tail is no incident."""
        if flows.is_jammed[segment] or any(flows.is_jammed[s] for s in self._successors(segment)):
            return self._settings.queue_ahead
        return 0.0

    def _successors(self, segment: int) -> list[int]:
        network = self._network
        low, high = network.successor_offsets[segment], network.successor_offsets[segment + 1]
        back = network.reverse_segment[segment]
        return [int(s) for s in network.successors[low:high] if back == NONE or s != back]

    def _predecessors(self, segment: int) -> list[int]:
        network = self._network
        low, high = network.predecessor_offsets[segment], network.predecessor_offsets[segment + 1]
        back = network.reverse_segment[segment]
        return [int(s) for s in network.predecessors[low:high] if back == NONE or s != back]
