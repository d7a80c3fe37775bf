"""Causes and lanes as the public reads them, Chinese and English."""

from collections.abc import Mapping

from incidents.exports.publication import PublicIncident
from incidents.records import Cause

CAUSES: Mapping[Cause, tuple[str, str]] = {
    "incident": ("交通事件", "Traffic incident"),
    "spillback": ("排队溢出", "Queue spilling back"),
    "signal": ("信号灯拥堵", "Congestion at a signal"),
    "demand": ("车流拥堵", "Heavy traffic"),
    "bus_stop": ("公交站拥堵", "Congestion at a bus stop"),
    "illegal_parking": ("违停占道", "Illegally parked vehicle"),
    "work_zone": ("道路施工", "Roadworks"),
    "weather": ("天气影响", "Weather"),
    "event": ("大型活动", "Public event"),
    "gridlock": ("路网锁死", "Gridlock"),
    "detector_fault": ("交通拥堵", "Congestion"),
    "unclassified": ("交通拥堵", "Congestion"),
}
"""In Chinese and in English."""


def cause_words(incident: PublicIncident, language: str) -> str:
    """Say the cause."""
    zh, en = CAUSES[incident.cause]
    return zh if language == "zh" else en


def description(incident: PublicIncident, language: str) -> str:
    """Say the place, the queue and the lanes that are blocked."""
    queue_m, lanes = round(incident.queue_length_m), incident.blocked_lanes
    if language == "zh":
        said = [incident.place("zh")]
        said += [f"排队{queue_m}米"] if queue_m else []
        said += ["道路封闭"] if incident.is_road_closed else []
        said += [f"{lanes}条车道封闭"] if lanes and not incident.is_road_closed else []
        said += ["已清除"] if incident.is_over else []
        return "，".join(said)
    said = [incident.place("en")]
    said += [f"queue of {queue_m} m"] if queue_m else []
    said += ["road closed"] if incident.is_road_closed else []
    blocked = f"{lanes} {'lane' if lanes == 1 else 'lanes'} of {incident.whole_lane_count} blocked"
    said += [blocked] if lanes and not incident.is_road_closed else []
    said += ["cleared"] if incident.is_over else []
    return "; ".join(said)


def detour_words(incident: PublicIncident, language: str) -> str:
    """Say the streets of the way around, nothing where none is known or they have no names."""
    if not incident.detour_roads:
        return ""
    if language == "zh":
        return f"请绕行：{'、'.join(incident.detour_roads)}"
    return f"Way around: {', '.join(incident.detour_roads)}"
