"""Alerts against the true incidents: who was found, how fast, where, and what was false."""

import math

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa

from incidents.records import Alert, seconds
from incidents.road_points import driving_distance_m
from ingest.units import Seconds
from mapmatch.network import Network

REACH_M = 300.0
"""An alert so near a true incident, along the network, is a hit. Unit: m. Source: the published
rule of scoring."""
GRACE_S = 300.0
"""An alert may come this long after the incident's end and still be a hit. Unit: s. Source: the
published rule of scoring."""
END_WITHIN_S = 180.0
"""An end that is told so near the true one is right. Unit: s. Source: chosen, the three minutes in
which traffic must be as usual before it counts as so."""
TRUTH_MINUTES = 4
"""A false alarm stood on the congestion of its own minute or of one just before it; so many are
looked at. Unit: count. Source: chosen, an alert decides on a minute that ended up to two minutes
before it is published."""
RIGHT_CAUSES = {
    "illegal_parking": ("illegal_parking",),
    "signal_stuck": ("signal",),
    "signal_dark": ("signal",),
    "stuck_signal": ("signal",),
    "dark_signal": ("signal",),
    "work_zone": ("incident", "work_zone"),
    "surge": ("event", "demand"),
    "gridlock": ("gridlock",),
    "slow_zone": ("incident", "work_zone", "weather"),
}
"""What each type of true incident may rightly be called; any other type is an `incident`.

The types are those of the recordings of shanghai-core and of `clearway simulate`."""


class TrueIncident(msgspec.Struct, frozen=True):
    """One entry of a feed's `truth/incidents.json`; what else it holds is not scored."""

    incident_id: str
    type: str
    link_id: str
    offset_m: float
    start: str
    end: str
    visible_in_flow: bool = True
    loop_link_ids: list[str] = []  # of gridlock

    @property
    def incident_class(self) -> str:
        """Give A for what the flow shows, B for what only a camera or the vehicle itself shows."""
        return "A" if self.visible_in_flow else "B"


class Hit(msgspec.Struct, frozen=True):
    """A true incident and the alert that found it."""

    incident_id: str
    type: str
    incident_class: str
    alert_id: str
    time_to_detect_s: float
    place_error_m: float
    cause: str
    is_cause_right: bool
    is_end_recorded: bool
    end_error_s: float | None  # told end minus true end, None where no end was told


class FalseAlarm(msgspec.Struct, frozen=True):
    """An alert that matches no incident, and what really stood at its root then (class C)."""

    alert_id: str
    segment_id: str
    event_time: str
    cause: str
    truth: str  # `free`, or the true cause of the congestion there


class IncidentScore(msgspec.Struct, frozen=True):
    """The counts and times of the rule; None where there is nothing to average."""

    incident_count: int
    alert_count: int
    hit_count: int
    duplicate_count: int
    false_alarm_count: int
    detection_rate: dict[str, float]  # by class: A, B and all
    counts: dict[str, tuple[int, int]]  # by class: found, of
    false_alarms_per_hour: float
    precision: float | None
    mean_time_to_detect_s: float | None
    median_time_to_detect_s: float | None
    mean_time_with_misses_s: float | None
    median_time_with_misses_s: float | None
    mean_place_error_m: float | None
    cause_hit_rate: float | None
    ended_count: int  # hits whose true end is in the recording
    end_right_count: int  # of these, those whose end was told within 3 minutes of it
    end_right_share: float | None
    hits: list[Hit]
    missed: list[TrueIncident]
    duplicates: list[str]
    false_alarms: list[FalseAlarm]
    hours: float


def read_alerts(lines: bytes) -> list[Alert]:
    """Give the alert versions of an `alerts.jsonl`, in publishing order.

    Raises ValueError naming the line that is in another form, and its field.
    """
    alerts = []
    for number, line in enumerate(lines.splitlines(), 1):
        if line.strip():
            try:
                alerts.append(msgspec.json.decode(line, type=Alert))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise ValueError(f"line {number}: {error}, expected an alert version") from error
    return alerts


def read_incidents(data: bytes) -> list[TrueIncident]:
    """Give the true incidents of an `incidents.json`; raises msgspec.ValidationError."""
    return msgspec.json.decode(data, type=list[TrueIncident])


def score_incidents(
    versions: list[Alert],
    incidents: list[TrueIncident],
    network: Network,
    hours: float,
    minutes: pa.Table | None = None,
    recorded_until: Seconds = math.inf,
) -> IncidentScore:
    """Match alerts of kind `incident` to incidents one to one, earliest alert first.

    An alert counts with its first version of that kind. Its time must lie in [start, end + 5 min].
    Its root must be on the true segment or within 300 m, driving from either place to the other by
    permitted movements. Of several incidents still unmatched it takes the nearest. An alert that
    only matches incidents already found is a duplicate, any other a false alarm. The cause is
    that of its last version, and so is its end, which is judged where the true one and
    END_WITHIN_S more are before `recorded_until`. `minutes` (the truth's segment_minutes) names
    what a false alarm stood on.
    """
    first, last = _first_and_last(versions)
    order = sorted(first, key=lambda name: (seconds(first[name].event_time), name))
    open_incidents = {incident.incident_id: incident for incident in incidents}
    hits: list[Hit] = []
    duplicates: list[str] = []
    false_alarms: list[Alert] = []
    for name in order:
        near = _matching_incidents(first[name], incidents, network)
        fresh = [pair for pair in near if pair[1].incident_id in open_incidents]
        if fresh:
            distance, incident = fresh[0]
            del open_incidents[incident.incident_id]
            hits.append(_hit(first[name], last[name], incident, distance, recorded_until))
        elif near:
            duplicates.append(name)
        else:
            false_alarms.append(first[name])
    return _summary(
        incidents, hits, duplicates, _name_truth(false_alarms, minutes), len(order), hours
    )


def _first_and_last(versions: list[Alert]) -> tuple[dict[str, Alert], dict[str, Alert]]:
    first: dict[str, Alert] = {}
    last: dict[str, Alert] = {}
    for alert in versions:
        if alert.kind != "incident":
            continue
        first.setdefault(alert.alert_id, alert)
        last[alert.alert_id] = alert
    return first, last


def _matching_incidents(
    alert: Alert, incidents: list[TrueIncident], network: Network
) -> list[tuple[float, TrueIncident]]:
    """Give the incidents the alert matches, nearest first."""
    time = seconds(alert.event_time)
    segment = network.index_of(alert.segment_id)
    if segment is None:
        return []
    near: list[tuple[float, TrueIncident]] = []
    for incident in incidents:
        link = network.index_of(incident.link_id)
        if link is None or not (seconds(incident.start) <= time <= seconds(incident.end) + GRACE_S):
            continue
        distance = driving_distance_m(
            network, (segment, alert.offset_m), (link, incident.offset_m), REACH_M
        )
        if link == segment or distance <= REACH_M:
            near.append((distance, incident))
    return sorted(near, key=lambda pair: (pair[0], pair[1].start, pair[1].incident_id))


def _hit(
    first: Alert, last: Alert, incident: TrueIncident, distance_m: float, until: Seconds
) -> Hit:
    right = RIGHT_CAUSES.get(incident.type, ("incident",))
    return Hit(
        incident_id=incident.incident_id,
        type=incident.type,
        incident_class=incident.incident_class,
        alert_id=first.alert_id,
        time_to_detect_s=seconds(first.event_time) - seconds(incident.start),
        place_error_m=distance_m,
        cause=last.cause,
        is_cause_right=last.cause in right,
        is_end_recorded=seconds(incident.end) + END_WITHIN_S <= until,
        end_error_s=_end_error_s(last, incident),
    )


def _end_error_s(last: Alert, incident: TrueIncident) -> float | None:
    """Give how much too late the end was told that stands in an alert's last version."""
    told = last.stamps.t7 or (last.ended_time if last.state == "cleared" else None)
    return None if told is None else seconds(told) - seconds(incident.end)


def _name_truth(alerts: list[Alert], minutes: pa.Table | None) -> list[FalseAlarm]:
    causes: dict[tuple[str, int], str] = {}
    if minutes is not None and alerts:
        frame = minutes.select(["link_id", "interval_start", "congested", "cause"]).to_pandas()
        frame = frame[frame.congested.astype(bool)]
        starts = frame.interval_start.map(lambda time: int(time.timestamp()))
        causes = {
            (link, second): "unknown" if pd.isna(cause) else str(cause)
            for link, second, cause in zip(frame.link_id, starts, frame.cause, strict=True)
        }
    named = []
    for alert in alerts:
        minute = int(seconds(alert.event_time)) // 60 * 60
        before = (minute - 60 * back for back in range(TRUTH_MINUTES))
        seen = [causes.get((alert.segment_id, second)) for second in before]
        truth = next((cause for cause in seen if cause), "free")
        named.append(
            FalseAlarm(alert.alert_id, alert.segment_id, alert.event_time, alert.cause, truth)
        )
    return named


def _summary(
    incidents: list[TrueIncident],
    hits: list[Hit],
    duplicates: list[str],
    false_alarms: list[FalseAlarm],
    alert_count: int,
    hours: float,
) -> IncidentScore:
    found = {hit.incident_id for hit in hits}
    counts = {}
    for name in ("A", "B", "all"):
        group = [i for i in incidents if name in ("all", i.incident_class)]
        counts[name] = (sum(i.incident_id in found for i in group), len(group))
    times = [hit.time_to_detect_s for hit in hits]
    ends = [hit.end_error_s for hit in hits if hit.is_end_recorded]
    right_ends = sum(error_s is not None and abs(error_s) <= END_WITHIN_S for error_s in ends)
    missed = [incident for incident in incidents if incident.incident_id not in found]
    with_misses = times + [seconds(i.end) - seconds(i.start) for i in missed]
    return IncidentScore(
        incident_count=len(incidents),
        alert_count=alert_count,
        hit_count=len(hits),
        duplicate_count=len(duplicates),
        false_alarm_count=len(false_alarms),
        detection_rate={name: n / of for name, (n, of) in counts.items() if of},
        counts=counts,
        false_alarms_per_hour=len(false_alarms) / hours,
        precision=len(hits) / alert_count if alert_count else None,
        mean_time_to_detect_s=_mean(times),
        median_time_to_detect_s=_median(times),
        mean_time_with_misses_s=_mean(with_misses),
        median_time_with_misses_s=_median(with_misses),
        mean_place_error_m=_mean([hit.place_error_m for hit in hits]),
        cause_hit_rate=_mean([float(hit.is_cause_right) for hit in hits]),
        ended_count=len(ends),
        end_right_count=right_ends,
        end_right_share=right_ends / len(ends) if ends else None,
        hits=hits,
        missed=missed,
        duplicates=duplicates,
        false_alarms=false_alarms,
        hours=hours,
    )


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None
