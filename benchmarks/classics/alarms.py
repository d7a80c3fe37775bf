"""Alarms of segments and minutes as alerts that can be scored, one where many are of one place."""

import numpy as np
import numpy.typing as npt

from benchmarks.classics.minutes import SegmentMinutes
from incidents.records import Alert, iso
from incidents.road_points import DrivingDistances
from mapmatch.network import Network

REACH_M = 300.0
"""An alarm so near another that still lasts is of the same event. Unit: m. Source: the reach of the
published rule of scoring."""
LASTS_S = 600.0
"""An event lasts for so long after its last alarm. Unit: s. Source: chosen, so that a light's red
does not begin it anew."""


def alerts_of(
    network: Network, minutes: SegmentMinutes, alarming: npt.NDArray[np.bool_]
) -> list[Alert]:
    """Give one alert an event: alarms (m x n) within reach of one that lasts are of it.

    Of alarms in one minute the segment slowest against what is usual there is first.
    """
    share = minutes.speed_kmh / np.maximum(minutes.usual_kmh, 1.0)
    alerts: list[Alert] = []
    last_seen: list[float] = []
    reached: dict[int, set[int]] = {}  # by segment, the events whose reach it is in
    for at in np.flatnonzero(alarming.any(axis=1)).tolist():
        time = float(minutes.event_time[at])
        segments = np.flatnonzero(alarming[at])
        for segment in segments[np.argsort(share[at, segments], kind="stable")].tolist():
            of = [e for e in reached.get(segment, ()) if time - last_seen[e] <= LASTS_S]
            for event in of:
                last_seen[event] = time
            if of:
                continue
            number = len(alerts)
            point = (segment, float(network.length_m[segment]) / 2.0)
            around = DrivingDistances(network, point, REACH_M)
            for near in {segment, *around.downstream_m, *around.upstream_m}:
                reached.setdefault(near, set()).add(number)
            alerts.append(_alert(network, number, point, time))
            last_seen.append(time)
    return alerts


def _alert(network: Network, number: int, point: tuple[int, float], time: float) -> Alert:
    return Alert(
        alert_id=f"alarm-{number}", version=1, state="open", kind="incident",
        event_time=iso(time), onset_time=iso(time),
        segment_id=network.segment_ids[point[0]], offset_m=point[1],
        longitude=0.0, latitude=0.0, gcj02_longitude=0.0, gcj02_latitude=0.0, road_name="",
        cause="incident", cause_probability=1.0, evidence=[], queue_segment_ids=[],
        queue_length_m=0.0, delay_veh_h=0.0, severity=2,
    )  # fmt: skip
