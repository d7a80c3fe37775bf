"""The bus lines a feed may name: where each drives, from bus_lines.geojson."""

from pathlib import Path

import msgspec

from ingest.datum import Datum
from ingest.recorded.geojson import Feature, Position, read_features, shifted


class BusLine(msgspec.Struct, frozen=True):
    """One way of one line: parts of at least two positions (longitude, latitude), as driven."""

    line: str
    parts: tuple[tuple[Position, ...], ...]


def read_bus_lines(path: Path, datum: Datum = Datum.WGS84) -> tuple[BusLine, ...]:
    """Give the lines of a GeoJSON file in file order, in WGS-84; none where there is no file.

    It is a FeatureCollection of LineString and MultiLineString features, each drawn the way it is
    driven, with a text property `line`; a line may have several features, one a direction.
    Raises FeedError naming file, feature (from 0), field, value and what was expected.
    """
    return tuple(_shifted(_line(feature), datum) for feature in read_features(path))


def _line(feature: Feature) -> BusLine:
    feature.check()
    name = feature.at("properties", "line")
    if not isinstance(name, str) or not name.strip():
        raise feature.error("properties.line", "a non-empty text", name)
    kind, where = feature.at("geometry", "type"), "geometry.coordinates"
    coordinates = feature.at("geometry", "coordinates")
    if kind == "LineString":
        return BusLine(name.strip(), (feature.part(where, coordinates),))
    if kind != "MultiLineString":
        raise feature.error("geometry.type", "'LineString' or 'MultiLineString'", kind)
    return BusLine(name.strip(), feature.parts(where, coordinates))


def _shifted(line: BusLine, datum: Datum) -> BusLine:
    return BusLine(line.line, tuple(shifted(part, datum) for part in line.parts))
