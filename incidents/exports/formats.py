"""Every form of a publication, by its name."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from incidents.exports.cap import cap_feed
from incidents.exports.cifs import cifs_json, cifs_xml
from incidents.exports.datex2 import datex2
from incidents.exports.geojson import geojson
from incidents.exports.iris import iris_csv
from incidents.exports.publication import Publication


class Format(NamedTuple):
    """How a publication is written, and what that is on the web."""

    write: Callable[[Publication], bytes]
    content_type: str


FORMATS: Mapping[str, Format] = {
    "geojson": Format(geojson, "application/geo+json"),
    "cap": Format(cap_feed, "application/atom+xml"),
    "datex2": Format(datex2, "application/xml"),
    "cifs-json": Format(cifs_json, "application/json"),
    "cifs-xml": Format(cifs_xml, "application/xml"),
    "iris": Format(iris_csv, "text/csv"),
}
