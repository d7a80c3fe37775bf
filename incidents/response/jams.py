"""Which alerts are one jam: their queues meet, or their roots lie close together on the roads."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from incidents.cases.table import LIVE
from incidents.records import Alert
from ingest.units import Metres
from mapmatch.network import Network

TOGETHER_M = 300.0
"""Roots so near each other along the roads, whichever way they are driven, are of one jam. Unit: m.
Source: the distance within which an alert is that of an incident (incidents/scoring)."""
ACTIVE = LIVE - {"cleared", "verified"}
"""States of an alert that still is in a jam."""


SegmentsAt = dict[int, list[int]]
"""The segments that begin or end at each node."""


def segments_at(network: Network) -> SegmentsAt:
    """Give the segments that begin or end at each node of a network."""
    found: SegmentsAt = defaultdict(list)
    ends = zip(network.from_node.tolist(), network.to_node.tolist(), strict=True)
    for segment, nodes in enumerate(ends):
        for node in sorted(set(nodes)):
            found[node].append(segment)
    return found


class Jam(msgspec.Struct, frozen=True):
    """Several alerts of one jam, the gravest root first.

    `since` is the earliest onset; `queue_length_m` counts a street of several queues once.
    """

    jam_id: str
    alert_ids: list[str]
    severity: int
    since: str
    queue_length_m: Metres
    delay_veh_h: float


class JamList(msgspec.Struct, frozen=True):
    """Every jam of more than one alert, the gravest first."""

    jams: list[Jam]


class Jams:
    """Remembers the active alerts and which of them are one jam; forgets those that are over.

    Takes versions in any order; what comes out depends on that order only in its names. A jam keeps
    its name while one of its alerts is active; of jams that grow together the oldest gives it.
    """

    def __init__(self, network: Network, ends: SegmentsAt | None = None) -> None:
        """Make one that knows of no alert; `ends` are the network's, found where not given."""
        self._network = network
        self._alerts: dict[str, Alert] = {}
        self._near: dict[str, set[str]] = {}
        self._segments_at = segments_at(network) if ends is None else ends
        self._at_node: dict[int, set[str]] = defaultdict(set)
        self._at_segment: dict[int, set[str]] = defaultdict(set)
        self._name_of: dict[str, str] = {}
        self._jams: list[Jam] | None = None

    def take(self, alert: Alert) -> bool:
        """Take an alert's newest version; tell whether it has just joined a jam that was there."""
        before = self._alerts.get(alert.alert_id)
        if before is not None:
            self._leave(before)
        self._jams = None
        if alert.state not in ACTIVE or self._network.index_of(alert.segment_id) is None:
            self._name_of.pop(alert.alert_id, None)
            return False
        self._join(alert)
        return before is None and bool(self._near[alert.alert_id])

    @property
    def alert_count(self) -> int:
        """Number of active alerts."""
        return len(self._alerts)

    def jams(self) -> list[Jam]:
        """Give every jam of more than one alert, the gravest first, then by name."""
        if self._jams is None:
            groups = self._groups()
            self._name(groups)
            found = [self._jam(members) for members in groups if len(members) > 1]
            self._jams = sorted(found, key=lambda jam: (-jam.severity, jam.jam_id))
        return self._jams

    def _join(self, alert: Alert) -> None:
        name, root = alert.alert_id, self._network.index_of(alert.segment_id)
        assert root is not None
        self._alerts[name] = alert
        near = set[str]()
        for node in self._nodes(alert):
            near |= self._at_node[node]
            self._at_node[node].add(name)
        for segment, (from_m, to_m) in self._around(root, alert.offset_m).items():
            for other in self._at_segment.get(segment, ()):
                if self._apart_m(other, segment, from_m, to_m, alert, root) <= TOGETHER_M:
                    near.add(other)
        self._at_segment[root].add(name)
        self._near[name] = near
        for other in near:
            self._near[other].add(name)

    def _leave(self, alert: Alert) -> None:
        name, root = alert.alert_id, self._network.index_of(alert.segment_id)
        for node in self._nodes(alert):
            self._at_node[node].discard(name)
        if root is not None:
            self._at_segment[root].discard(name)
        for other in self._near.pop(name):
            self._near[other].discard(name)
        del self._alerts[name]

    def _around(self, root: int, offset_m: Metres) -> dict[int, tuple[Metres, Metres]]:
        """Give the segments in reach of a root, with the metres to where each begins and ends."""
        network = self._network
        frontier = [
            (offset_m, int(network.from_node[root])),
            (max(0.0, float(network.length_m[root]) - offset_m), int(network.to_node[root])),
        ]
        heapq.heapify(frontier)
        reached: dict[int, Metres] = {}
        while frontier:
            metres, node = heapq.heappop(frontier)
            if metres > TOGETHER_M:
                break
            if node in reached:
                continue
            reached[node] = metres
            for segment in self._segments_at[node]:
                ends = int(network.from_node[segment]), int(network.to_node[segment])
                beyond = ends[1] if ends[0] == node else ends[0]
                heapq.heappush(frontier, (metres + float(network.length_m[segment]), beyond))
        segments = {root, *(s for node in reached for s in self._segments_at[node])}
        return {
            s: (
                reached.get(int(network.from_node[s]), math.inf),
                reached.get(int(network.to_node[s]), math.inf),
            )
            for s in sorted(segments)
        }

    def _apart_m(
        self, other: str, segment: int, from_m: Metres, to_m: Metres, alert: Alert, root: int
    ) -> Metres:
        """Give how far another root on a segment in reach is, whichever way one may drive."""
        offset_m = self._alerts[other].offset_m
        along_m = abs(offset_m - alert.offset_m) if segment == root else math.inf
        left_m = float(self._network.length_m[segment]) - offset_m
        return min(along_m, from_m + offset_m, to_m + left_m)

    def _nodes(self, alert: Alert) -> set[int]:
        """Give the nodes at the ends of an alert's root and queue."""
        named = (alert.segment_id, *alert.queue_segment_ids)
        segments = [s for s in map(self._network.index_of, named) if s is not None]
        ends = self._network.from_node[segments], self._network.to_node[segments]
        return {node for end in ends for node in end.tolist()}

    def _groups(self) -> list[list[str]]:
        """Give the alerts that are together, the oldest first, groups by their oldest."""
        left, groups = set(self._alerts), list[list[str]]()
        for oldest in sorted(self._alerts, key=self._age):
            if oldest not in left:
                continue
            left.discard(oldest)
            reached = [oldest]
            for name in reached:
                more = self._near[name] & left
                left -= more
                reached += more
            groups.append(sorted(reached, key=self._age))
        return groups

    def _age(self, name: str) -> tuple[str, str]:
        return self._alerts[name].onset_time, name

    def _name(self, groups: Iterable[list[str]]) -> None:
        """Give every group its name: that of its oldest alert that has one which is still free."""
        taken = set[str]()
        for members in groups:
            known = (self._name_of[m] for m in members if m in self._name_of)
            name = next((one for one in known if one not in taken), f"jam-{members[0]}")
            taken.add(name)
            self._name_of |= dict.fromkeys(members, name)

    def _jam(self, members: list[str]) -> Jam:
        alerts = sorted(
            (self._alerts[name] for name in members),
            key=lambda a: (-a.severity, -a.delay_veh_h, a.alert_id),
        )
        whole_m = sum(alert.queue_length_m for alert in alerts)
        return Jam(
            jam_id=self._name_of[members[0]],
            alert_ids=[alert.alert_id for alert in alerts],
            severity=alerts[0].severity,
            since=min(alert.onset_time for alert in alerts),
            queue_length_m=round(min(whole_m, self._length_m(alerts)), 1),
            delay_veh_h=round(sum(alert.delay_veh_h for alert in alerts), 3),
        )

    def _length_m(self, alerts: Iterable[Alert]) -> Metres:
        named = {s for alert in alerts for s in (alert.segment_id, *alert.queue_segment_ids)}
        found = [s for s in map(self._network.index_of, named) if s is not None]
        return float(self._network.length_m[found].sum())
