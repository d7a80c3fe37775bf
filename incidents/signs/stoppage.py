"""Where a flow stopped with a queue behind and free road ahead: a block, or a stuck signal."""

import msgspec
import numpy as np

from incidents.records import Cause
from incidents.settings import JudgementSettings
from incidents.signs.flows import FlowSigns
from incidents.signs.lane_detectors import DetectorBank
from incidents.signs.neighbours import Neighbours
from ingest.units import Metres
from mapmatch.network import Network


class Sign(msgspec.Struct, frozen=True):
    """One reason for or against an incident: its name, by whom, what, and its natural-log odds."""

    name: str
    source: str
    seen: str
    odds: float


class Stoppage(msgspec.Struct, frozen=True):
    """A stopped flow: the head of the queue behind it, its likely cause and its signs."""

    head: int
    offset_m: Metres
    cause: Cause
    signs: tuple[Sign, ...]


class StoppageJudge:
    """Weighs stopped flows; remembers nothing.

    What speaks for an incident: how surely the flow stopped and how long vehicles stand. What
    speaks against it: a jam ahead or other jams near by (a crowded network jams by itself), a
    queue that began long before or after the flow stopped, and a place that is often jammed or
    always busy.
    """

    def __init__(self, network: Network, bank: DetectorBank, settings: JudgementSettings) -> None:
        self._network, self._bank, self._settings = network, bank, settings
        self._neighbours = Neighbours(network)

    def judge(self, segment: int, flows: FlowSigns) -> Stoppage | None:
        """Give the stoppage whose flow is missed at the segment's end, None if there is none."""
        behind = (segment, *self._neighbours.before(segment))
        queued = [s for s in behind if flows.is_jammed[s]]
        if flows.stopped[segment] < self._settings.least_stopped or not queued:
            return None
        head = segment
        if segment not in queued:
            head = max(queued, key=lambda s: (flows.standing[s] + flows.full_lanes[s], -s))
        is_clear = head == segment and self._is_clear_ahead(segment, flows)
        ahead = self._neighbours.after(segment)
        if not is_clear and any(flows.is_jammed[s] for s in ahead):
            return None
        standing = float(sum(flows.standing[s] for s in queued))
        stand_odds = self._long_stand(head, standing, flows)
        odds = min(float(flows.stopped[segment]), self._settings.most_stopped)
        odds -= self._against(segment, head, ahead, is_clear, flows)
        if odds <= 0:
            return None
        stand_odds = min(stand_odds, self._settings.stand_share * odds)
        signs = [Sign("stopped", "magnetometer", "flow stopped with free road ahead", odds)]
        if stand_odds > 0:
            longest = float(flows.standing_s[head]) / 60.0
            seen = f"{standing:.0f} vehicles standing, up to {longest:.0f} min"
            signs.append(Sign("standing", "probe", seen, stand_odds))
        return Stoppage(
            head, self._offset_m(head, segment, flows), self._cause(head, flows), tuple(signs)
        )

    def other_jams(self, segment: int, head: int, flows: FlowSigns) -> int:
        """Count the segments near one that hold a queue of their own, now or minutes ago.

        Queues at signals come and go; one that just left does not make the streets around free.
        """
        stood = flows.jam_minutes > 0
        queue = self._neighbours.backing_up(head, stood) | {segment}
        near = self._neighbours.around(segment, self._settings.other_jam_hops) - queue
        return sum(bool(stood[s]) for s in near)

    def _against(
        self, segment: int, head: int, ahead: list[int], is_clear: bool, flows: FlowSigns
    ) -> float:
        settings = self._settings
        # A block stops the flow and starts the queue together; either alone has other reasons.
        apart = abs(float(flows.jam_minutes[head] - flows.stop_minutes[segment]))
        busy = float(flows.occupancy_before[head]) - settings.usual_occupancy
        crowd = settings.other_jam * self.other_jams(segment, head, flows)
        against = (
            settings.jam_share * float(flows.jam_share[head])
            + settings.occupancy * max(0.0, busy)
            + settings.apart * max(0.0, apart - settings.apart_minutes)
            + crowd * (settings.clear_ahead if is_clear else 1.0)
        )
        if not is_clear:
            worst = max((float(flows.level[s]) for s in ahead), default=0.0)
            against += settings.slow_ahead * max(0.0, worst - settings.slow_level)
            if ahead and not any(flows.is_known[s] for s in ahead):
                against += settings.unknown_ahead
        return against

    def _is_clear_ahead(self, segment: int, flows: FlowSigns) -> bool:
        """Tell whether the queue's head stands short of detectors that see an empty road."""
        gap = float(flows.line_offset_m[segment] - flows.standing_offset_m[segment])
        return bool(flows.line_empty[segment]) and gap > 0.0  # False where nobody stands: NaN

    def _long_stand(self, head: int, standing: float, flows: FlowSigns) -> float:
        """Give what standing vehicles add: how many, and how far beyond a signal's cycle."""
        settings = self._settings
        many = min(settings.per_standing * standing, settings.most_standing)
        if standing < 2 and not flows.full_lanes[head] > 0:
            return many
        beyond = (float(flows.standing_s[head]) - settings.cycle_s) / 60.0
        return many + min(settings.per_stand_minute * max(0.0, beyond), settings.most_stand)

    def _offset_m(self, head: int, segment: int, flows: FlowSigns) -> Metres:
        if head != segment:
            return float(self._network.length_m[head])
        offset = float(flows.standing_offset_m[head])
        return float(flows.line_offset_m[head]) if np.isnan(offset) else offset

    def _cause(self, head: int, flows: FlowSigns) -> Cause:
        """Tell a stuck signal from a blocked road by whether the queue reaches the stop line."""
        if not self._network.node_has_signal[self._network.to_node[head]]:
            return "incident"
        left_m = float(self._network.length_m[head] - flows.standing_offset_m[head])
        stands_at_line = left_m <= self._settings.line_reach_m  # False where nobody stands: NaN
        full = float(flows.line_full[head])  # some lanes full and others not: a lane is blocked
        return "signal" if full >= 1.0 or (full == 0.0 and stands_at_line) else "incident"
