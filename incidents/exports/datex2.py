"""DATEX II 3.1, Situation: one situation with one record an incident."""

from collections.abc import Mapping

from lxml import etree

from incidents.exports.publication import Publication, PublicIncident
from incidents.exports.words import cause_words, description, detour_words
from incidents.exports.xml_tree import XSI, document, element, root, typed
from incidents.records import Cause, iso

NAMESPACES = {
    name: f"http://datex2.eu/schema/3/{space}"
    for name, space in {
        "d2": "d2Payload", "com": "common", "sit": "situation", "loc": "locationReferencing",
    }.items()
}  # fmt: skip
LANGUAGES = ("zh", "en")
SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "highest"}
_RECORDS: Mapping[Cause, tuple[str, str, str]] = {
    "incident": ("GeneralObstruction", "obstructionType", "incident"),
    "illegal_parking": ("VehicleObstruction", "vehicleObstructionType", "abandonedVehicle"),
    "work_zone": ("MaintenanceWorks", "roadMaintenanceType", "roadworks"),
    "weather": ("PoorEnvironmentConditions", "poorEnvironmentType", "badWeather"),
    "event": ("PublicEvent", "publicEventType", "unknown"),
}
"""By cause: the type of the record, and its own field. All else is abnormal traffic."""
_JAMS = {1: "heavyTraffic", 2: "slowTraffic", 3: "queuingTraffic", 4: "stationaryTraffic"}


def datex2(publication: Publication) -> bytes:
    """Give the payload, a SituationPublication."""
    publisher = publication.publisher
    payload = root(_tag("d2", "payload"), {**NAMESPACES, "xsi": XSI}, lang="en")
    payload.set("modelBaseVersion", "3")
    payload.set(f"{{{XSI}}}type", "sit:SituationPublication")
    _com(payload, "publicationTime", iso(publication.time))
    creator = _com(payload, "publicationCreator")
    _com(creator, "country", publisher.country)
    _com(creator, "nationalIdentifier", publisher.id)
    for incident in publication.incidents:
        _situation(payload, incident, publication)
    return document(payload)


def _situation(payload: etree._Element, incident: PublicIncident, publication: Publication) -> None:
    situation = element(payload, _tag("sit", "situation"), id=incident.alert_id)
    _sit(situation, "overallSeverity", SEVERITIES[incident.severity])
    _sit(situation, "situationVersionTime", incident.updated_time)
    header = _sit(situation, "headerInformation")
    _com(header, "confidentiality", "noRestriction")
    _com(header, "informationStatus", "real")
    kind, field, value = _RECORDS.get(incident.cause, ("AbnormalTraffic", "", ""))
    record = _record(situation, incident, publication, 1, kind)
    if incident.blocked_lanes:
        impact = _sit(record, "impact")
        _sit(impact, "numberOfLanesRestricted", incident.blocked_lanes)
        free = incident.whole_lane_count - incident.blocked_lanes
        _sit(impact, "numberOfOperationalLanes", free)
    comment = _sit(_sit(record, "generalPublicComment"), "comment")
    _texts(
        comment,
        {
            way: f"{cause_words(incident, way)}: {description(incident, way)}"
            for way in ("zh", "en")
        },
    )
    _location(record, incident)
    if field:
        _sit(record, field, value)
    else:
        _sit(record, "abnormalTrafficType", _JAMS[incident.severity])
        _sit(record, "queueLength", round(incident.queue_length_m))
    if incident.detour_roads:
        _rerouting(situation, incident, publication)


def _record(
    situation: etree._Element, incident: PublicIncident, publication: Publication, number: int,
    kind: str,
) -> etree._Element:  # fmt: skip
    """Add a record of the situation, with what all kinds begin with."""
    record = typed(
        situation, _tag("sit", "situationRecord"), f"sit:{kind}",
        id=f"{incident.alert_id}-{number}", version=str(incident.version),
    )  # fmt: skip
    _sit(record, "situationRecordCreationTime", incident.created_time)
    _sit(record, "situationRecordVersionTime", incident.updated_time)
    _sit(record, "probabilityOfOccurrence", "certain" if incident.is_confirmed else "probable")
    _sit(record, "severity", SEVERITIES[incident.severity])
    source = _sit(record, "source")
    _texts(_com(source, "sourceName"), {"en": publication.publisher.name})
    _validity(record, incident)
    return record


def _rerouting(
    situation: etree._Element, incident: PublicIncident, publication: Publication
) -> None:
    """Add the way around as advice, along streets that bear no signs for it."""
    record = _record(situation, incident, publication, 2, "ReroutingManagement")
    _location(record, incident)
    _sit(record, "complianceOption", "advisory")
    _sit(record, "reroutingManagementType", "followLocalDiversion")
    words = {language: detour_words(incident, language) for language in LANGUAGES}
    _texts(_sit(record, "reroutingItineraryDescription"), words)
    _sit(record, "signedRerouting", "false")


def _validity(record: etree._Element, incident: PublicIncident) -> None:
    validity = _sit(record, "validity")
    status = "definedByValidityTimeSpec" if incident.is_over else "active"
    _com(validity, "validityStatus", status)
    period = _com(validity, "validityTimeSpecification")
    _com(period, "overallStartTime", incident.onset_time)
    if incident.is_over:
        _com(period, "overallEndTime", incident.updated_time)


def _location(record: etree._Element, incident: PublicIncident) -> None:
    place = typed(record, _tag("sit", "locationReference"), "loc:PointLocation")
    words = _loc(place, "supplementaryPositionalDescription")
    _texts(_loc(words, "locationDescription"), {w: incident.place(w) for w in LANGUAGES})
    if incident.road_name:
        _loc(_loc(words, "roadInformation"), "roadName", incident.road_name)
    point = _loc(place, "pointByCoordinates")
    _loc(point, "bearing", round(incident.bearing_deg) % 360)
    degrees = _loc(point, "pointCoordinates")
    _loc(degrees, "latitude", incident.latitude)
    _loc(degrees, "longitude", incident.longitude)


def _texts(parent: etree._Element, texts: Mapping[str, str]) -> None:
    """Give an element its text in several languages."""
    values = _com(parent, "values")
    for language, text in texts.items():
        element(values, _tag("com", "value"), text, lang=language)


def _tag(space: str, name: str) -> str:
    return f"{{{NAMESPACES[space]}}}{name}"


def _com(parent: etree._Element, name: str, text: object = None) -> etree._Element:
    return element(parent, _tag("com", name), text)


def _sit(parent: etree._Element, name: str, text: object = None) -> etree._Element:
    return element(parent, _tag("sit", name), text)


def _loc(parent: etree._Element, name: str, text: object = None) -> etree._Element:
    return element(parent, _tag("loc", name), text)
