"""The alerts of a lake or of runs as planners need them: where, since when, until when, why."""

from collections.abc import Iterable
from pathlib import Path

from congestion.reports.records import Told
from incidents.records import Alert, seconds
from ingest.units import Seconds
from streams.lake.reading import stored_alerts

_OVER = ("cleared", "verified", "closed", "dismissed", "merged")


def told_alerts(folders: Iterable[Path], until: Seconds) -> list[Told]:
    """Give each alert once, by its versions together; dismissed and merged ones are left out.

    One that is not over lasts `until` then. Raises StoredError where a file cannot be read.
    """
    versions: dict[str, list[Alert]] = {}
    for alert in stored_alerts(folders):
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
