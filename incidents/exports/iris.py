"""The incident feed of MnDOT's IRIS: a line of seven fields for each incident."""

import re

from incidents.exports.publication import Publication, PublicIncident

TYPES = {"work_zone": "ROADWORK", "illegal_parking": "STALL"}
"""By cause; everything else stands in the way, and of what no crash is known of none is told."""
DIRECTIONS = ("NB", "EB", "SB", "WB")
_NO_FIELD = re.compile(r"[^!-+\--~]")  # what is no visible ASCII, and the comma


def iris_csv(publication: Publication) -> bytes:
    """Give the lines of what is not over: id, type, detail, latitude, longitude, camera, way."""
    lines = [_line(incident) for incident in publication.incidents if not incident.is_over]
    return "".join(lines).encode("ascii")


def _line(incident: PublicIncident) -> str:
    way = DIRECTIONS[round(incident.bearing_deg / 90.0) % 4]
    fields = (
        _field(incident.alert_id),
        TYPES.get(incident.cause, "HAZARD"),
        "",
        f"{incident.latitude:.6f}",
        f"{incident.longitude:.6f}",
        _field(incident.camera_id or ""),
        way,
    )
    return ",".join(fields) + "\n"


def _field(text: str) -> str:
    """Give a text without what would end its field or its line."""
    return _NO_FIELD.sub("_", text)
