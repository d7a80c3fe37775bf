"""What the alert versions on a topic are compared by."""

from incidents.records import Alert


def by_version(alerts: list[Alert]) -> dict[tuple[str, int], Alert]:
    """Give each alert version under its id and number."""
    return {(alert.alert_id, alert.version): alert for alert in alerts}


def doubled(alerts: list[Alert]) -> dict[tuple[str, int], list[int]]:
    """Give the alert versions that appear more than once, with their places on the topic."""
    places: dict[tuple[str, int], list[int]] = {}
    for place, alert in enumerate(alerts):
        places.setdefault((alert.alert_id, alert.version), []).append(place)
    return {version: at for version, at in places.items() if len(at) > 1}
