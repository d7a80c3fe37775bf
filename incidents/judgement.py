"""Signs weighed together: which segments hold an incident, and what speaks for it."""

import msgspec
import numpy as np

from incidents.records import Cause
from incidents.settings import JudgementSettings
from incidents.signs.city import CitySigns
from incidents.signs.flows import FlowSigns
from incidents.signs.lane_detectors import DetectorBank
from incidents.signs.neighbours import Neighbours
from incidents.signs.stoppage import Sign, StoppageJudge
from ingest.kernels.arrays import Floats
from ingest.units import MINUTE_S, Metres
from mapmatch.network import NONE, Network

KERB_LANE = 0
"""Lanes are numbered from the kerb."""


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
        self._neighbours = Neighbours(network)
        self._stoppages = StoppageJudge(network, bank, settings)

    def suspects(self, signs: CitySigns) -> list[Suspect]:
        """Give the suspects that are strong enough to keep an alert open, the strongest first."""
        lanes, flows, cameras = signs.lanes, signs.flows, signs.cameras
        touched = set(np.flatnonzero(flows.stopped >= 2.0).tolist()) | set(cameras)
        is_odd = lanes.dead + lanes.slow >= 1.0
        touched |= set(self._bank.segment[is_odd].tolist())
        found = [self._weigh(int(s), signs) for s in sorted(touched)]
        strong = [suspect for suspect in found if suspect.odds >= self._settings.keep_at]
        return sorted(strong, key=lambda suspect: (-suspect.odds, suspect.segment))

    def _weigh(self, segment: int, city: CitySigns) -> Suspect:
        lanes, flows, cameras = city.lanes, city.flows, city.cameras
        signs: list[Sign] = []
        offset, lane, cause = self._network.length_m[segment] / 2, None, "incident"
        root = segment
        dead = self._strongest(segment, lanes.dead)
        slow = self._strongest(segment, lanes.slow)
        if slow is not None and not self._is_of_queue(segment, slow, city):
            odds = self._settings.slow_lane * self._over_lanes(segment, lanes.slow)
            odds -= self._tail_of_queue(segment, flows)
            if odds > 0:
                speed = lanes.slowest[slow] * 3.6
                seen = f"{speed:.0f} km/h with the lane not full"
                signs.append(Sign("slow", "magnetometer", seen, odds))
                offset, lane = float(self._bank.offset_m[slow]), int(self._bank.lane[slow])
        if dead is not None:
            odds = self._settings.dead_lane * float(lanes.dead[dead])
            signs.append(
                Sign(
                    "dead",
                    "magnetometer",
                    f"lane empty where {lanes.missed[dead]:.0f} vehicles are usual, busy beside it",
                    odds,
                )
            )
            offset, lane = float(self._bank.offset_m[dead]), int(self._bank.lane[dead])
            cause = "illegal_parking" if lane == KERB_LANE else "incident"
        if signs:
            signs += self._crowding(segment, flows)
        stop = self._stoppages.judge(segment, flows)
        if stop is not None:
            signs += stop.signs
            root, offset, cause, lane = stop.head, stop.offset_m, stop.cause, None
        for place in sorted({segment, root}):
            if place in cameras:
                said = cameras[place]
                signs.append(Sign(f"camera {place}", "camera", said.seen, said.odds))
        total = sum(sign.odds for sign in signs)
        return Suspect(root, float(offset), total, tuple(signs), cause, lane)  # type: ignore[arg-type]

    def _crowding(self, segment: int, flows: FlowSigns) -> list[Sign]:
        """Give what speaks against odd lanes: among many queues lanes do odd things."""
        count = self._stoppages.other_jams(segment, segment, flows)
        if not count:
            return []
        odds = -self._settings.lane_crowd * count
        return [Sign("crowd", "states", f"{count} other queues near by", odds)]

    def _over_lanes(self, segment: int, odds: Floats) -> float:
        """Give the strongest lane's odds and a share of the next one's."""
        of_lanes = odds[self._bank.first[segment] : self._bank.first[segment + 1]]
        ranked = np.sort(of_lanes)[::-1]
        second = float(ranked[1]) if len(ranked) > 1 else 0.0
        return float(ranked[0]) + self._settings.second_lane * second

    def _strongest(self, segment: int, odds: Floats) -> int | None:
        low, high = self._bank.first[segment], self._bank.first[segment + 1]
        if low == high:
            return None
        best = int(low + np.argmax(odds[low:high]))
        return best if odds[best] > 0 else None

    def _is_of_queue(self, segment: int, slow: int, city: CitySigns) -> bool:
        """Tell whether the lane is slow in a queue that was there before it, or towards one."""
        root_of = city.queues.queues.root_of
        if root_of[segment] == NONE:
            return any(root_of[s] != NONE for s in self._neighbours.after(segment))
        stood = (city.minute_start - float(city.queues.since[segment])) / MINUTE_S + 1
        before = stood - float(city.lanes.slow_minutes[slow])
        return root_of[segment] != segment or before > self._settings.apart_minutes

    def _tail_of_queue(self, segment: int, flows: FlowSigns) -> float:
        """Give what a queue ahead takes off: slow driving towards its tail is no incident."""
        if flows.is_jammed[segment] or any(
            flows.is_jammed[s] for s in self._neighbours.after(segment)
        ):
            return self._settings.queue_ahead
        return 0.0
