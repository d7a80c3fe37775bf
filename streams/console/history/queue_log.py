"""How long the queue of each alert was, version by version."""

from collections import OrderedDict

import msgspec

from incidents.records import Alert, seconds
from ingest.units import Metres, Seconds

MOST_ALERTS = 5000
"""Of so many alerts, those heard of last, it is remembered. Unit: count. Source: chosen, five times
the cases that a centre has open."""
MOST_VERSIONS = 240
"""And of each, of so many versions. Unit: count. Source: chosen, one a minute for four hours."""


class QueuePoint(msgspec.Struct, frozen=True):
    """The length of a queue from a time on (seconds since 1970 UTC)."""

    time: Seconds
    length_m: Metres


class QueueLog:
    """Remembers the queue of each alert as its versions told it; takes them in any order."""

    def __init__(self) -> None:
        self._versions: OrderedDict[str, dict[int, QueuePoint]] = OrderedDict()

    def take(self, alert: Alert) -> None:
        """Take a version; the same one again changes nothing."""
        versions = self._versions.setdefault(alert.alert_id, {})
        self._versions.move_to_end(alert.alert_id)
        versions[alert.version] = QueuePoint(seconds(alert.event_time), alert.queue_length_m)
        if len(versions) > MOST_VERSIONS:
            del versions[min(versions)]
        if len(self._versions) > MOST_ALERTS:
            self._versions.popitem(last=False)

    def points(self, alert_id: str) -> list[QueuePoint]:
        """Give the lengths in order of versions; of one length told again and again the first."""
        versions = self._versions.get(alert_id, {})
        points: list[QueuePoint] = []
        for number in sorted(versions):
            if not points or points[-1].length_m != versions[number].length_m:
                points.append(versions[number])
        return points
