"""What lies around a case: who can look at it, which bus lines it holds up, which green matters."""

from collections.abc import Mapping, Sequence
from math import hypot

import msgspec
import numpy as np

from congestion.roadside import Roadside
from incidents.records import Alert
from incidents.road_points import RoadPoint, coordinates
from incidents.seen_words import Seen, Value
from ingest.kernels.arrays import Floats
from ingest.units import Metres, Seconds
from mapmatch.network import NONE, Network

SIGHT_M = 300.0
"""A camera farther away sees nothing of it. Unit: m, as the crow flies. Source: chosen, a block."""
CAMERA_COUNT = 3
"""So many cameras are named. Unit: count. Source: chosen: two at the head, one at the tail."""
LEAST_MPS = 0.5
"""No road is slower: a jam moves. Unit: m/s. Source: chosen, half a slow walk."""
SATURATION_VEH_S = 0.5
"""A lane lets so many vehicles through a second while it is green. Unit: veh/s. Source: HCM 6,
1,900 veh/h less what turns."""
VEHICLE_M = 7.5
"""A standing vehicle takes so much of a lane. Unit: m. Source: HCM 6, 25 ft."""
FLOWS_SHARE = 0.7
"""An approach faster than this share of its free speed can spare green. Unit: none. Source: chosen,
between levels 1 and 2."""


class BusLine(msgspec.Struct, frozen=True):
    """A bus line that drives in the queue, and how much later its buses are at the root."""

    line: str
    stop_count: int
    delay_s: Seconds


class SignalHint(msgspec.Struct, frozen=True):
    """An approach of a signal that should get green, or could lose some, and why.

    `green_s` is what the queue in front of it needs to drive off, of all cycles together. `word`
    and `values` say the same as `why` (incidents/seen_words.py).
    """

    node_id: str
    segment_id: str
    road_name: str
    action: str  # more, less, hold_back
    why: str
    word: str
    values: Mapping[str, Value]
    green_s: Seconds | None = None


class Around:
    """A network and what stands beside it; remembers nothing of a case."""

    def __init__(
        self,
        network: Network,
        roadside: Roadside,
        driven: Mapping[str, frozenset[int]] | None = None,
    ) -> None:
        """Take the network and its roadside; `driven` are the segments that bus lines drive."""
        self._network, self._roadside, self._driven = network, roadside, driven or {}
        ends = np.argsort(network.to_node, kind="stable")
        counts = np.bincount(network.to_node, minlength=len(network.node_ids))
        self._into, self._first = ends, np.concatenate([[0], np.cumsum(counts)])

    def queue(self, case: Alert) -> list[int]:
        """Give the segments of a case's queue that are on the network, its root first."""
        found = [self._network.index_of(s) for s in [case.segment_id, *case.queue_segment_ids]]
        return list(dict.fromkeys(s for s in found if s is not None))

    def cameras(self, case: Alert) -> list[str]:
        """Give the two cameras nearest the head of the queue and the one nearest its tail."""
        queue = self.queue(case)
        if not queue:
            return []
        head = self._near((queue[0], case.offset_m))
        tail = self._near((self._tail(queue), 0.0)) if len(queue) > 1 else []
        chosen = head[: CAMERA_COUNT - 1] if tail else head
        return list(dict.fromkeys([*chosen, *tail, *head]))[:CAMERA_COUNT]

    def bus_lines(self, case: Alert, speed_mps: Floats) -> list[BusLine]:
        """Give the bus lines that drive or stop in the queue, the most held up first.

        A line whose way is not known is held up where it stops.
        """
        stops, queue = self._roadside.bus_stops, set(self.queue(case))
        lines: dict[str, list[int]] = {}
        for number, segment in enumerate(stops.segment.tolist()):
            if segment in queue and number < len(self._roadside.bus_lines):
                for line in self._roadside.bus_lines[number]:
                    lines.setdefault(line, []).append(segment)
        for line, segments in self._driven.items():
            if not queue.isdisjoint(segments):
                lines.setdefault(line, [])
        found = [
            BusLine(line, len(at), round(self._delay_s({*at, *self._way(line, queue)}, speed_mps)))
            for line, at in lines.items()
        ]
        return sorted(found, key=lambda one: (-one.delay_s, one.line))

    def _way(self, line: str, queue: set[int]) -> set[int]:
        """Give the part of the queue that a line drives, none where its way is not known."""
        return queue & self._driven.get(line, frozenset())

    def signals(self, case: Alert, speed_mps: Floats) -> list[SignalHint]:
        """Give which approaches should get green, and which could lose some or be held back."""
        network, queue = self._network, self.queue(case)
        hints: list[SignalHint] = []
        if not queue:
            return hints
        root = queue[0]
        if case.cause in ("signal", "demand", "bus_stop", "spillback"):
            hints += self._at_root(case, root, set(queue), speed_mps)
        tail = self._tail(queue)
        low, high = network.predecessor_offsets[tail : tail + 2]
        for segment in network.predecessors[low:high].tolist():
            node = int(network.to_node[segment])
            if segment not in queue and network.node_has_signal[node]:
                hints.append(self._hint(node, segment, "hold_back", Seen("feeds_tail")))
        return hints

    def _at_root(
        self, case: Alert, root: int, queue: set[int], speed_mps: Floats
    ) -> list[SignalHint]:
        network, node = self._network, int(self._network.to_node[root])
        if not network.node_has_signal[node]:
            return []
        vehicles = case.queue_length_m / VEHICLE_M
        hints = [
            self._hint(
                node, root, "more", Seen("stand_before", {"length_m": case.queue_length_m}),
                round(vehicles / SATURATION_VEH_S),
            )
        ]  # fmt: skip
        for segment in self._into[self._first[node] : self._first[node + 1]].tolist():
            share = speed_mps[segment] / network.free_speed_mps[segment]
            if segment not in queue and share >= FLOWS_SHARE:
                why = Seen("flows_free", {"speed_share": round(float(share), 3)})
                hints.append(self._hint(node, segment, "less", why))
        return hints

    def _hint(
        self, node: int, segment: int, action: str, why: Seen, green_s: Seconds | None = None
    ) -> SignalHint:
        network = self._network
        return SignalHint(
            network.node_ids[node], network.segment_ids[segment], network.names[segment], action,
            why.text, why.word, why.values, green_s,
        )  # fmt: skip

    def _tail(self, queue: Sequence[int]) -> int:
        """Give the segment of the queue whose beginning is farthest from the root."""
        x, y = coordinates(self._network, (queue[0], 0.0))
        away = {s: hypot(*np.subtract(coordinates(self._network, (s, 0.0)), (x, y))) for s in queue}
        return max(away, key=lambda segment: (away[segment], -segment))

    def _delay_s(self, segments: set[int], speed_mps: Floats) -> Seconds:
        """Give how much longer segments take than when free."""
        network, at = self._network, sorted(segments)
        free = network.free_speed_mps[at]
        speed = np.where(np.isnan(speed_mps[at]), free, np.maximum(speed_mps[at], LEAST_MPS))
        more = network.length_m[at] / speed - network.length_m[at] / free
        return float(np.maximum(more, 0.0).sum())

    def _near(self, point: RoadPoint) -> list[str]:
        """Give the cameras in sight of a point, the nearest first."""
        cameras, (x, y) = self._roadside.cameras, coordinates(self._network, point)
        seen: list[tuple[Metres, str]] = []
        for number, segment in enumerate(cameras.segment.tolist()):
            if segment != NONE:
                at = coordinates(self._network, (segment, float(cameras.offset_m[number])))
                seen.append((hypot(at[0] - x, at[1] - y), cameras.ids[number].camera_id))
        return list(dict.fromkeys(name for away, name in sorted(seen) if away <= SIGHT_M))
