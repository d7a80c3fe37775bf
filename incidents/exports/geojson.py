"""GeoJSON (RFC 7946): a point for each incident, what the public may know as its properties."""

import msgspec

from incidents.exports.publication import Publication, PublicIncident
from incidents.exports.words import cause_words, description
from incidents.records import iso


def geojson(publication: Publication) -> bytes:
    """Give the FeatureCollection; a property `line` is the queue along the traffic."""
    collection = {
        "type": "FeatureCollection",
        "publisher": publication.publisher.name,
        "time": iso(publication.time),
        "features": [_feature(incident) for incident in publication.incidents],
    }
    return msgspec.json.encode(collection)


def _feature(incident: PublicIncident) -> dict[str, object]:
    properties = msgspec.to_builtins(incident)
    for name in ("longitude", "latitude", "place_text", "earlier"):
        del properties[name]
    words = {
        f"{field}_{language}": said(incident, language)
        for language in ("zh", "en")
        for field, said in (("cause", cause_words), ("description", description))
    }
    return {
        "type": "Feature",
        "id": incident.alert_id,
        "geometry": {"type": "Point", "coordinates": [incident.longitude, incident.latitude]},
        "properties": {**properties, **words},
    }
