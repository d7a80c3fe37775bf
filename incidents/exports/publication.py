"""What leaves of the cases: those that are published, and of each what the public may know."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from incidents.case_records import LaneImpact, PlaceText
from incidents.cases.table import LIVE
from incidents.exports.settings import PublisherSettings
from incidents.records import Alert, Cause, Kind, seconds
from incidents.road_points import bearing_deg, coordinates
from ingest.units import Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

LEAST_LINE_M = 1.0
"""A shorter line says no direction. Unit: m. Source: chosen."""
DECIMALS = 6
"""Of degrees. Unit: digits. Source: chosen, 0.1 m on the ground."""
PUBLIC_ENDS = ("withdraw", "close", "dismiss", "merge")
"""What takes a case from the public."""

Point = tuple[float, float]
"""Longitude and latitude, WGS-84."""


class PublicIncident(msgspec.Struct, frozen=True):
    """What the public may know of a case: what, where and since when.

    Not who works on it, what they said, and what was seen by whom. Times are ISO 8601 UTC.
    """

    alert_id: str
    version: int
    kind: Kind
    is_over: bool  # it is cleared; it leaves when it is closed
    is_confirmed: bool
    cause: Cause
    cause_probability: float
    severity: int
    created_time: str
    updated_time: str
    onset_time: str
    segment_id: str
    longitude: float
    latitude: float
    bearing_deg: float  # of the traffic, clockwise from north
    line: list[Point]  # along the traffic: the queue up to the place, or the road around it
    road_name: str
    queue_length_m: float
    lane_count: int
    lane_impact: list[LaneImpact] = []
    cross_from: str | None = None
    cross_to: str | None = None
    place_text: PlaceText | None = None
    camera_id: str | None = None
    detour: list[Point] = []  # the way around, along the traffic
    detour_roads: list[str] = []  # its streets, in the order driven
    earlier: list[tuple[int, str]] = []  # versions that the public saw before, and their times

    @property
    def blocked_lanes(self) -> int:
        """How many lanes, shoulders left out, are blocked as operators said."""
        lanes = {one.lane for one in self.lane_impact if one.state == "blocked"}
        return sum(isinstance(lane, int) for lane in lanes)

    @property
    def is_road_closed(self) -> bool:
        """Tell whether operators said of every lane that it is blocked."""
        return self.blocked_lanes == self.whole_lane_count > 0

    @property
    def whole_lane_count(self) -> int:
        """How many lanes there are, shoulders left out: operators may know of more."""
        said = (one.lane for one in self.lane_impact if isinstance(one.lane, int))
        return max(self.lane_count, *said, 0)

    def place(self, language: str = "en") -> str:
        """Give the place in words."""
        if self.place_text is None:
            return self.road_name or f"{self.latitude:.5f} {self.longitude:.5f}"
        return self.place_text.zh if language == "zh" else self.place_text.en


class Withdrawn(msgspec.Struct, frozen=True):
    """A case that the public saw and should forget: the version that withdrew it, and its time.

    `earlier` are the versions that the public saw, and their times.
    """

    alert_id: str
    version: int
    time: str
    earlier: list[tuple[int, str]]


class Publication(msgspec.Struct, frozen=True):
    """The published cases as they are at one time (s since 1970 UTC), and who publishes them.

    `withdrawn` were published, and what was read of them would still hold. `left_out` says of
    each published case that is not on the network what is wrong with it.
    """

    publisher: PublisherSettings
    time: Seconds
    incidents: list[PublicIncident]
    withdrawn: list[Withdrawn] = []
    left_out: list[str] = []

    @property
    def valid_until(self) -> Seconds:
        """Until when it holds."""
        return self.time + self.publisher.valid_s


class PublicRoads:
    """Gives of cases what the public may know; remembers the network they are on."""

    def __init__(self, network: Network) -> None:
        self._network, self._plane = network, LocalPlane(network)

    def publication(
        self, alerts: Iterable[Alert], publisher: PublisherSettings, now: Seconds | None = None
    ) -> Publication:
        """Give what of the newest versions may leave; without a time it is that of the newest."""
        alerts, incidents, left_out = list(alerts), [], []
        if now is None:
            now = max((seconds(alert.event_time) for alert in alerts), default=0.0)
        for alert in alerts:
            segment = self._network.index_of(alert.segment_id)
            if may_leave(alert) and segment is not None:
                incidents.append(self._public(alert, segment))
            elif may_leave(alert):
                left_out.append(
                    f"alert {alert.alert_id}: segment_id {alert.segment_id!r} is not in the "
                    f"network {self._network.name}"
                )
        found = [
            withdrawn_of(a) for a in alerts if self._network.index_of(a.segment_id) is not None
        ]
        held_from = now - publisher.valid_s
        withdrawn = [one for one in found if one is not None and seconds(one.time) >= held_from]
        return Publication(publisher, now, incidents, withdrawn, left_out)

    def _public(self, alert: Alert, segment: int) -> PublicIncident:
        return PublicIncident(
            alert_id=alert.alert_id,
            version=alert.version,
            kind=alert.kind,
            is_over=alert.state in ("cleared", "verified"),
            is_confirmed=alert.is_confirmed,
            cause=alert.cause,
            cause_probability=alert.cause_probability,
            severity=alert.severity,
            created_time=alert.stamps.t1 or alert.event_time,
            updated_time=alert.event_time,
            onset_time=alert.onset_time,
            segment_id=alert.segment_id,
            longitude=alert.longitude,
            latitude=alert.latitude,
            bearing_deg=round(bearing_deg(self._network, segment, alert.offset_m), 1) % 360.0,
            line=self._line(segment, alert.offset_m, alert.queue_segment_ids),
            road_name=alert.road_name,
            queue_length_m=alert.queue_length_m,
            lane_count=int(self._network.lanes[segment]),
            lane_impact=alert.lane_impact,
            cross_from=alert.cross_from,
            cross_to=alert.cross_to,
            place_text=alert.place_text,
            camera_id=next(iter(alert.cameras), None),
            **self._detour(alert),
            earlier=_seen_before(alert),
        )

    def _detour(self, alert: Alert) -> dict[str, list[Any]]:
        """Give the way around of a case that is not over, where one is known."""
        network = self._network
        found = [network.index_of(name) for name in alert.detour]
        way = [segment for segment in found if segment is not None]
        if len(way) < len(found) or not way or alert.state in ("cleared", "verified"):
            return {}
        names = [network.names[segment] for segment in way]
        points = [xy for segment in way for xy in self._vertices(segment, math.inf, None)]
        return {
            "detour": self._degrees(points),
            "detour_roads": list(dict.fromkeys(name for name in names if name)),
        }

    def _line(self, segment: int, offset_m: float, queue_ids: Sequence[str]) -> list[Point]:
        """Give the way along the queue to a point, without a queue its segment up to it."""
        network = self._network
        queue = {network.index_of(name) for name in queue_ids} - {segment}
        way = [segment]
        while True:
            first = way[0]
            low, high = network.predecessor_offsets[first], network.predecessor_offsets[first + 1]
            before = [s for s in network.predecessors[low:high].tolist() if s in queue]
            if not before:
                break
            way.insert(0, before[0])
            queue.discard(before[0])
        is_short = len(way) == 1 and offset_m < LEAST_LINE_M
        end_m = float(network.length_m[segment]) if is_short else offset_m
        return self._degrees([xy for s in way for xy in self._vertices(s, end_m, segment)])

    def _degrees(self, metres: Sequence[tuple[float, float]]) -> list[Point]:
        """Give points of the network's plane in degrees, each once."""
        xs, ys = zip(*metres, strict=True)
        longitude, latitude = self._plane.to_degrees(np.array(xs), np.array(ys))
        points = zip(
            np.round(longitude, DECIMALS).tolist(),
            np.round(latitude, DECIMALS).tolist(),
            strict=True,
        )
        return list(dict.fromkeys(points))

    def _vertices(self, segment: int, end_m: float, last: int | None) -> list[tuple[float, float]]:
        """Give the points of a segment, of the last one those before its end."""
        low, high = self._network.vertex_offsets[segment : segment + 2]
        xs, ys = self._network.vertex_x[low:high], self._network.vertex_y[low:high]
        points = list(zip(xs.tolist(), ys.tolist(), strict=True))
        if segment != last:
            return points
        distances = self._network.vertex_distance_m[low:high]
        before = [xy for xy, m in zip(points, distances.tolist(), strict=True) if m < end_m]
        return [*before, coordinates(self._network, (segment, end_m))]


def may_leave(alert: Alert) -> bool:
    """Tell whether the public may see a case: an operator published it, and it is not over."""
    return alert.is_published and alert.state in LIVE


def withdrawn_of(alert: Alert) -> Withdrawn | None:
    """Give what the public should forget of a case, None where it saw none or it came to its end.

    That is one taken back, dismissed or merged into another; one that was closed had been told to
    be over before.
    """
    log = alert.log
    published = max((i for i, event in enumerate(log) if event.action == "publish"), default=None)
    if published is None or may_leave(alert):
        return None
    ended = next((event for event in log[published:] if event.action in PUBLIC_ENDS), None)
    if ended is None or ended.action == "close":
        return None
    seen = [
        (event.version, event.time) for event in log[published:] if event.version < ended.version
    ]
    return Withdrawn(alert.alert_id, ended.version, ended.time, seen)


def was_public(alert: Alert) -> bool:
    """Tell whether the public saw the version before this one."""
    ways = ("publish", *PUBLIC_ENDS)  # all that change it
    last = [event.action for event in alert.log[:-1] if event.action in ways]
    return last[-1:] == ["publish"]


def _seen_before(alert: Alert) -> list[tuple[int, str]]:
    """Give the versions before this one since the case was last published, and their times."""
    published = next(
        (i for i in reversed(range(len(alert.log))) if alert.log[i].action == "publish"), None
    )
    events = [] if published is None else alert.log[published:]
    return [(event.version, event.time) for event in events if event.version < alert.version]
