"""Alerts in the contract's form: places, times and words for what the detector found."""

from math import hypot

import numpy as np
from rtree.index import Index

from congestion.roadside import Roadside
from incidents.alerts.incidents import Case
from incidents.records import Alert, ForecastPoint, iso
from incidents.road_points import coordinates
from ingest.datum import wgs84_to_gcj02
from ingest.units import Seconds
from mapmatch.network import NONE, Network
from mapmatch.projection import LocalPlane

CAMERA_REACH_M = 300.0
MAX_CAMERAS = 4


class Composer:
    """Writes alert versions; remembers only what stands where."""

    def __init__(self, network: Network, roadside: Roadside) -> None:
        self._network = network
        self._plane = LocalPlane(network)
        cameras = roadside.cameras
        on_road = [i for i in range(len(cameras)) if cameras.segment[i] != NONE]
        points = [(int(cameras.segment[i]), float(cameras.offset_m[i])) for i in on_road]
        self._camera_ids = [cameras.ids[i].camera_id for i in on_road]
        self._camera_points = [coordinates(network, point) for point in points]
        self._camera_index = Index()
        for i, (x, y) in enumerate(self._camera_points):
            self._camera_index.insert(i, (x, y, x, y))

    def alert(self, case: Case, event_time: Seconds) -> Alert:
        """Give the case's current version as an alert decided at `event_time`."""
        network = self._network
        x, y = coordinates(network, (case.segment, case.offset_m))
        degrees = self._plane.to_degrees(np.array([x]), np.array([y]))
        longitude, latitude = (float(value[0]) for value in degrees)
        gcj02 = [float(value[0]) for value in wgs84_to_gcj02(*degrees)]
        return Alert(
            alert_id=case.alert_id,
            version=case.version,
            state=case.state,
            kind=case.kind,
            event_time=iso(event_time),
            onset_time=iso(case.onset),
            segment_id=network.segment_ids[case.segment],
            offset_m=round(case.offset_m, 1),
            longitude=round(longitude, 6),
            latitude=round(latitude, 6),
            gcj02_longitude=round(gcj02[0], 6),
            gcj02_latitude=round(gcj02[1], 6),
            road_name=network.names[case.segment],
            cause=case.cause,
            cause_probability=round(case.cause_probability, 3),
            evidence=list(case.evidence.values()),
            queue_segment_ids=[network.segment_ids[s] for s in case.queue],
            queue_length_m=round(case.queue_length_m, 1),
            delay_veh_h=round(case.delay_veh_h, 3),
            severity=severity(case),
            lane=case.lane,
            forecast=[ForecastPoint(minutes, round(m, 1)) for minutes, m in case.forecast],
            cameras=self._cameras_near(x, y),
        )

    def _cameras_near(self, x: float, y: float) -> list[str]:
        reach = (x - CAMERA_REACH_M, y - CAMERA_REACH_M, x + CAMERA_REACH_M, y + CAMERA_REACH_M)
        near = [
            (hypot(self._camera_points[i][0] - x, self._camera_points[i][1] - y), i)
            for i in self._camera_index.intersection(reach)
        ]
        found = [self._camera_ids[i] for away, i in sorted(near) if away <= CAMERA_REACH_M]
        return list(dict.fromkeys(found))[:MAX_CAMERAS]


def severity(case: Case) -> int:
    """Give 1 to 4 by queue and delay; an incident is never below 2."""
    by_queue = 1 + sum(case.queue_length_m >= limit for limit in (250.0, 600.0, 1200.0))
    by_delay = 1 + sum(case.delay_veh_h >= limit for limit in (2.0, 8.0, 25.0))
    return max(by_queue, by_delay, 2 if case.kind == "incident" else 1)
