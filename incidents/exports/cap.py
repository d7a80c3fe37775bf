"""CAP 1.2 (OASIS Common Alerting Protocol): one message an incident, and an Atom feed of them."""

import re
from collections.abc import Sequence

from lxml import etree

from incidents.exports.publication import Publication, PublicIncident, Withdrawn
from incidents.exports.words import cause_words, description, detour_words
from incidents.exports.xml_tree import document, element, root
from incidents.records import iso
from ingest.units import Seconds

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
CONTENT_TYPE = "application/cap+xml"
SEVERITIES = {1: "Minor", 2: "Moderate", 3: "Severe", 4: "Severe"}
"""`Extreme` is kept for what threatens life beyond the road."""
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
RADIUS_KM = 0.1
"""The least area that is alerted about a point. Unit: km. Source: chosen, a junction."""
_FORBIDDEN = re.compile(r"[\s,<&]")


def cap_message(publication: Publication, alert_id: str) -> bytes | None:
    """Give the message about one case, None where the public knows of none.

    The first is an Alert, those that follow are Updates of it; a Cancel takes all of them back.
    """
    for incident in publication.incidents:
        if incident.alert_id == alert_id:
            return document(_message(publication, incident))
    for gone in publication.withdrawn:
        if gone.alert_id == alert_id:
            return document(_cancel(publication, gone))
    return None


def cap_feed(publication: Publication) -> bytes:
    """Give an Atom feed (RFC 4287) with a message in each entry."""
    publisher, now = publication.publisher, iso(publication.time)
    feed = root("feed", {None: ATOM})
    element(feed, "id", f"urn:clearway:{publisher.id}:cap")
    element(feed, "title", publisher.name)
    element(feed, "updated", now)
    element(element(feed, "author"), "name", publisher.name)
    for incident in publication.incidents:
        entry = element(feed, "entry")
        element(entry, "id", f"urn:clearway:{publisher.id}:{_identifier(incident.alert_id)}")
        element(entry, "title", f"{cause_words(incident, 'en')}: {incident.place()}")
        element(entry, "updated", incident.updated_time)
        content = element(entry, "content", type=CONTENT_TYPE)
        content.append(_message(publication, incident))
    for gone in publication.withdrawn:
        entry = element(feed, "entry")
        element(entry, "id", f"urn:clearway:{publisher.id}:{_identifier(gone.alert_id)}")
        element(entry, "title", "Withdrawn")
        element(entry, "updated", gone.time)
        content = element(entry, "content", type=CONTENT_TYPE)
        content.append(_cancel(publication, gone))
    return document(feed)


def _message(publication: Publication, incident: PublicIncident) -> etree._Element:
    kind = "Update" if incident.earlier else "Alert"
    alert = _head(publication, incident.alert_id, incident.version, incident.updated_time, kind)
    _references(alert, publication, incident.alert_id, incident.earlier)
    for language in LANGUAGES:
        _info(alert, publication, incident, language)
    return alert


def _cancel(publication: Publication, gone: Withdrawn) -> etree._Element:
    alert = _head(publication, gone.alert_id, gone.version, gone.time, "Cancel")
    _references(alert, publication, gone.alert_id, gone.earlier)
    return alert


def _head(
    publication: Publication, alert_id: str, version: int, time: str, kind: str
) -> etree._Element:
    alert = root("alert", {None: CAP})
    element(alert, "identifier", _version_id(alert_id, version))
    element(alert, "sender", publication.publisher.id)
    element(alert, "sent", _time(time))
    element(alert, "status", "Actual")
    element(alert, "msgType", kind)
    element(alert, "scope", "Public")
    return alert


def _references(
    alert: etree._Element,
    publication: Publication,
    alert_id: str,
    earlier: Sequence[tuple[int, str]],
) -> None:
    """Name the messages before, where there are any, and the incident that all are about."""
    if earlier:
        named = [
            f"{publication.publisher.id},{_version_id(alert_id, version)},{_time(time)}"
            for version, time in earlier
        ]
        element(alert, "references", " ".join(named))
    element(alert, "incidents", _identifier(alert_id))


def _info(
    alert: etree._Element, publication: Publication, incident: PublicIncident, language: str
) -> None:
    info = element(alert, "info")
    element(info, "language", LANGUAGES[language])
    element(info, "category", "Transport")
    element(info, "event", cause_words(incident, language))
    element(info, "responseType", "AllClear" if incident.is_over else "Avoid")
    element(info, "urgency", "Past" if incident.is_over else "Immediate")
    element(info, "severity", SEVERITIES[incident.severity])
    element(info, "certainty", _certainty(incident))
    element(info, "effective", _time(incident.updated_time))
    element(info, "onset", _time(incident.onset_time))
    element(info, "expires", _time_of(publication.valid_until))
    element(info, "senderName", publication.publisher.name)
    element(info, "headline", f"{cause_words(incident, language)}: {incident.place(language)}")
    element(info, "description", description(incident, language))
    if incident.detour_roads:
        element(info, "instruction", detour_words(incident, language))
    area = element(info, "area")
    element(area, "areaDesc", incident.place(language))
    radius_km = max(RADIUS_KM, incident.queue_length_m / 1000.0)
    element(area, "circle", f"{incident.latitude:.6f},{incident.longitude:.6f} {radius_km:.3f}")


def _certainty(incident: PublicIncident) -> str:
    """Say how sure it is; CAP calls Likely what is more probable than not."""
    if incident.is_confirmed:
        return "Observed"
    return "Likely" if incident.cause_probability > 0.5 else "Possible"


def _identifier(text: str) -> str:
    """Give an id without the characters that CAP forbids in one."""
    return _FORBIDDEN.sub("_", text)


def _version_id(alert_id: str, version: int) -> str:
    return f"{_identifier(alert_id)}.{version}"


def _time(time: str) -> str:
    """Give an alert's time as CAP has it: to the second, and UTC is -00:00."""
    return f"{time[:19]}-00:00"


def _time_of(time: Seconds) -> str:
    return _time(iso(time))
