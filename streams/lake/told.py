"""The alerts of a lake or of runs as planners need them: where, since when, until when, why."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from congestion.reports.kinds.incident import Step, Where, incident_report
from congestion.reports.made import Made
from congestion.reports.opened import Opened, Say
from congestion.reports.records import Told
from incidents.case_records import CaseEvent
from incidents.place_words import PlaceNames
from incidents.records import Alert, seconds
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network
from streams.lake.reading import StoredError, stored_alerts

AROUND_S: Seconds = 900.0
"""A report on an incident shows so much before and after. Unit: s. Source: chosen, a quarter."""

_OVER = ("cleared", "verified", "closed", "dismissed", "merged")


def told_alerts(folders: Iterable[Path], until: Seconds, wrong: Say) -> list[Told]:
    """Give each alert once, by its versions together; dismissed and merged ones are left out.

    One that is not over lasts `until` then. What cannot be read is told as wrong and left out.
    """
    versions: dict[str, list[Alert]] = {}
    for alert in stored_alerts(folders, wrong):
        versions.setdefault(alert.alert_id, []).append(alert)
    lives = (sorted(of, key=lambda alert: alert.version) for _, of in sorted(versions.items()))
    return [_told(life, until) for life in lives if life[-1].state not in ("dismissed", "merged")]


def _told(life: list[Alert], until: Seconds) -> Told:
    last = life[-1]
    end = next((seconds(a.ended_time or a.event_time) for a in life if a.state in _OVER), until)
    return Told(
        alert_id=last.alert_id,
        kind=last.kind,
        cause=last.cause,
        segment_ids=frozenset(s for a in life for s in (a.segment_id, *a.queue_segment_ids)),
        start=min(seconds(alert.onset_time) for alert in life),
        end=end,
    )


def incident_times(folders: Sequence[Path], alert_id: str) -> tuple[Seconds, Seconds]:
    """Give the whole minutes of an alert's life and AROUND_S before and after.

    Raises StoredError where no such alert is stored.
    """
    told, _ = _stored_life(folders, alert_id)
    start = (told.start - AROUND_S) // MINUTE_S * MINUTE_S
    return start, (told.end + AROUND_S) // MINUTE_S * MINUTE_S


def incident_made(
    opened: Opened, folders: Sequence[Path], alert_id: str, say: Say = lambda _: None
) -> Made:
    """Make the report of one alert. Raises StoredError where no such alert is stored."""
    told, life = _stored_life(folders, alert_id)
    log = {(e.version, e.time, e.action): e for alert in life for e in alert.log}
    steps = [
        Step(seconds(e.time), e.actor, e.action, _detail(e))
        for e in sorted(log.values(), key=lambda e: (e.time, e.version))
    ]
    return incident_report(opened, told, _where(life[-1], opened.network), steps, say)


def _where(alert: Alert, network: Network) -> Where:
    """Give where an alert's root is; of a segment that the network has not only the road's name."""
    segment = network.index_of(alert.segment_id)
    if segment is None:
        return Where(alert.segment_id, alert.road_name, alert.road_name)
    text = PlaceNames(network).words(segment, alert.offset_m).text
    return Where(alert.segment_id, text.en, text.zh)


def _stored_life(folders: Sequence[Path], alert_id: str) -> tuple[Told, list[Alert]]:
    every = list(stored_alerts(folders, lambda _: None))  # `told_alerts` tells what is wrong
    life = sorted((a for a in every if a.alert_id == alert_id), key=lambda a: a.version)
    if not life:
        ids = sorted({alert.alert_id for alert in every})
        raise StoredError(
            f"alert {alert_id!r} is not stored, expected one of {len(ids)}: "
            f"{', '.join(ids[:5])}{' ...' if len(ids) > 5 else ''}"
        )
    return _told(life, max(seconds(alert.event_time) for alert in every)), life


def _detail(event: CaseEvent) -> str:
    """Give what a change brought, in short."""
    parts = [event.reason, event.comment, event.plan, event.unit]
    if event.patrol is not None:
        parts.append(f"patrol {event.patrol.id}")
    if event.cause is not None:
        parts.append(f"cause {event.cause}")
    if event.delay_veh_h is not None:
        parts.append(f"{event.delay_veh_h:.1f} veh h")
    return ", ".join(part for part in parts if part)
