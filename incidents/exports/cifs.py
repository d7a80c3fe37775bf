"""CIFS, the closure and incident feed of Waze, as JSON and as XML."""

import msgspec

from incidents.exports.publication import Publication, PublicIncident
from incidents.exports.words import cause_words, description
from incidents.exports.xml_tree import XSI, document, element, root
from incidents.records import iso

SCHEMA = "http://www.gstatic.com/road-incidents/cifsv2.xsd"
JAMS = {1: "JAM_LIGHT_TRAFFIC", 2: "JAM_MODERATE_TRAFFIC", 3: "JAM_HEAVY_TRAFFIC",
        4: "JAM_STAND_STILL_TRAFFIC"}  # fmt: skip
HAZARDS = {
    "illegal_parking": "HAZARD_ON_ROAD_CAR_STOPPED",
    "work_zone": "HAZARD_ON_ROAD_CONSTRUCTION",
    "weather": "HAZARD_WEATHER",
    "incident": "HAZARD_ON_ROAD",
}
CLOSURES = {"work_zone": "ROAD_CLOSED_CONSTRUCTION", "event": "ROAD_CLOSED_EVENT"}
NO_NAME = "unnamed road"


def cifs_json(publication: Publication) -> bytes:
    """Give the feed as JSON."""
    incidents = [{"incident": fields} for fields in _incidents(publication)]
    return msgspec.json.encode({"incidents": incidents})


def cifs_xml(publication: Publication) -> bytes:
    """Give the feed as XML."""
    feed = root("incidents", {"xsi": XSI})
    feed.set(f"{{{XSI}}}noNamespaceSchemaLocation", SCHEMA)
    for fields in _incidents(publication):
        incident = element(feed, "incident", id=fields.pop("id"))
        for name, value in fields.items():
            element(incident, name, value)
    return document(feed)


def _incidents(publication: Publication) -> list[dict[str, str]]:
    """Give the fields of what is not over: the feed has no word for that, it leaves the feed."""
    ends = _time(iso(publication.valid_until))
    return [_fields(one, ends) for one in publication.incidents if not one.is_over]


def _fields(incident: PublicIncident, ends: str) -> dict[str, str]:
    kind, subtype = _kind(incident)
    points = incident.line if len(incident.line) > 1 else incident.line * 2
    return {
        "id": incident.alert_id,
        "type": kind,
        "subtype": subtype,
        "polyline": " ".join(f"{latitude:.6f} {longitude:.6f}" for longitude, latitude in points),
        "direction": "ONE_DIRECTION",
        "street": incident.road_name or NO_NAME,
        "creationtime": _time(incident.created_time),
        "updatetime": _time(incident.updated_time),
        "starttime": _time(incident.onset_time),
        "endtime": ends,
        "description": f"{cause_words(incident, 'en')}. {description(incident, 'en')}",
    }


def _kind(incident: PublicIncident) -> tuple[str, str]:
    """Give type and subtype; a closure, which routes heed, only where operators blocked all."""
    if incident.is_road_closed:
        return "ROAD_CLOSED", CLOSURES.get(incident.cause, "ROAD_CLOSED_HAZARD")
    if incident.cause in HAZARDS:
        return "HAZARD", HAZARDS[incident.cause]
    return "JAM", JAMS[incident.severity]


def _time(time: str) -> str:
    """Give an alert's time as CIFS has it: to the second, with the offset in figures."""
    return f"{time[:19]}+00:00"
