"""CloudEvents 1.0: what the headers of an alert on a topic say of it (Kafka, binary mode)."""

from incidents.records import Alert

Headers = tuple[tuple[str, bytes], ...]


def cloudevents_headers(alert: Alert, topic: str, network: str) -> Headers:
    """Give the headers; source and id together are those of no other version."""
    fields = {
        "ce_specversion": "1.0",
        "ce_id": f"{alert.alert_id}/{alert.version}",
        "ce_source": f"/clearway/{network}/{topic}",
        "ce_type": "clearway.alert",
        "ce_subject": alert.alert_id,
        "ce_time": alert.event_time,
        "content-type": "application/json",
    }
    return tuple((name, value.encode()) for name, value in fields.items())
