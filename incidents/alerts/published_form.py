"""Alerts in the form that subscribers read: ids, times, and coordinates."""

import numpy as np

from incidents.alerts.cameras_nearby import CamerasNearby
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.place_words import PlaceNames
from incidents.records import Alert, ForecastPoint, iso
from incidents.road_points import coordinates
from ingest.datum import wgs84_to_gcj02
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane


def published_form(
    alert: TrackedAlert,
    event_time: Seconds,
    network: Network,
    plane: LocalPlane,
    cameras: CamerasNearby,
    names: PlaceNames,
) -> Alert:
    """Give an alert's current version, decided at `event_time`; `plane` is the network's."""
    x, y = coordinates(network, (alert.segment, alert.offset_m))
    degrees = plane.to_degrees(np.array([x]), np.array([y]))
    longitude, latitude = (float(value[0]) for value in degrees)
    gcj02 = [float(value[0]) for value in wgs84_to_gcj02(*degrees)]
    words = names.words(alert.segment, alert.offset_m)
    return Alert(
        alert_id=alert.alert_id,
        version=alert.version,
        state=alert.state,
        kind=alert.kind,
        event_time=iso(event_time),
        onset_time=iso(alert.onset),
        segment_id=network.segment_ids[alert.segment],
        offset_m=round(alert.offset_m, 1),
        longitude=round(longitude, 6),
        latitude=round(latitude, 6),
        gcj02_longitude=round(gcj02[0], 6),
        gcj02_latitude=round(gcj02[1], 6),
        road_name=network.names[alert.segment],
        cause=alert.causes[0].cause if alert.causes else alert.cause,
        cause_probability=(
            alert.causes[0].probability if alert.causes else round(alert.cause_probability, 3)
        ),
        evidence=list(alert.evidence.values()),
        queue_segment_ids=[network.segment_ids[s] for s in alert.queue],
        queue_length_m=round(alert.queue_length_m, 1),
        delay_veh_h=round(alert.delay_veh_h, 3),
        severity=alert.severity,
        lane=alert.lane,
        cross_from=words.cross_from,
        cross_to=words.cross_to,
        place_text=words.text,
        causes=alert.causes,
        loop_segment_ids=[network.segment_ids[s] for s in alert.loop],
        ended_time=_ended(alert),
        forecast=[
            ForecastPoint(minutes, *(round(metres, 1) for metres in lengths))
            for minutes, *lengths in alert.forecast
        ],
        cameras=cameras.near(x, y),
    )


def _ended(alert: TrackedAlert) -> str | None:
    """Give when the last minute was over in which a cleared incident was as good as sure."""
    is_over = alert.kind == "incident" and alert.state == "cleared"
    return iso(alert.sure_minute + MINUTE_S) if is_over else None
