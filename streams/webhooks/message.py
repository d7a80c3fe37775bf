"""What a subscriber is sent of a version, and how it is signed (Standard Webhooks 1.0)."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook

from incidents.exports.publication import PublicRoads, may_leave, was_public
from incidents.exports.settings import PublisherSettings
from incidents.exports.subscribers import SubscriberSettings
from incidents.records import Alert
from ingest.units import Seconds


class Message(msgspec.Struct, frozen=True):
    """One message: its id, the same at each try, and its bytes."""

    id: str
    body: bytes


class Messages:
    """Makes the messages for a subscriber; remembers what it wants."""

    def __init__(
        self, subscriber: SubscriberSettings, roads: PublicRoads, publisher: PublisherSettings
    ) -> None:
        self._is_public = subscriber.sends == "published"
        self._wanted, self._roads, self._publisher = subscriber.wanted(), roads, publisher

    def of(self, alert: Alert) -> Message | None:
        """Give the message about a version, None where the subscriber is not to be told.

        Who is told of published cases only is told too that one is withdrawn or over.
        """
        if not self._wanted.lets(alert):
            return None
        if not self._is_public:
            return _message(alert, "alert.changed", msgspec.to_builtins(alert))
        if may_leave(alert):
            found = self._roads.publication([alert], self._publisher).incidents
            known = [msgspec.to_builtins(one) for one in found]  # none where it is on no road
            return _message(alert, "incident.published", known[0]) if known else None
        if was_public(alert):
            gone = {"alert_id": alert.alert_id, "version": alert.version}
            return _message(alert, "incident.withdrawn", gone)
        return None


def _message(alert: Alert, kind: str, data: dict[str, Any]) -> Message:
    body = {"type": kind, "timestamp": alert.event_time, "data": data}
    return Message(f"{alert.alert_id}.{alert.version}", msgspec.json.encode(body))


def signed_headers(message: Message, secret: str, now: Seconds) -> dict[str, str]:
    """Give the headers of one try. Raises ValueError where the secret is no base64."""
    at = datetime.fromtimestamp(int(now), UTC)
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": Webhook(secret).sign(message.id, at, message.body.decode()),
        "Content-Type": "application/json",
    }
