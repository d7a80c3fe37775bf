"""The bus lines a feed may name: where each drives, from bus_lines.geojson."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ingest.datum import Datum, to_wgs84
from ingest.recorded.feed_error import FeedError
from ingest.units import Degrees
from ingest.user_error import reason_of

Position = tuple[Degrees, Degrees]

_REFERENCE_SYSTEMS = ("CRS84", "EPSG:4326", "EPSG::4326")


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
    if not path.exists():
        return ()
    try:
        whole = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FeedError(path, "a GeoJSON file in UTF-8", value=reason_of(error)) from error
    return tuple(_shifted(line, datum) for line in _lines(path, whole))


def _lines(path: Path, whole: Any) -> Iterator[BusLine]:
    kind = whole.get("type") if isinstance(whole, dict) else whole
    if kind != "FeatureCollection":
        raise FeedError(path, "'FeatureCollection'", field="type", value=repr(kind))
    system = whole.get("crs")
    if system is not None and not str(_at(system, "properties", "name")).endswith(
        _REFERENCE_SYSTEMS
    ):
        expected = "no crs, or longitude and latitude (CRS84)"
        raise FeedError(path, expected, field="crs", value=repr(system))
    features = whole.get("features")
    if not isinstance(features, list):
        raise FeedError(path, "a list of features", field="features", value=repr(features))
    for number, feature in enumerate(features):
        yield _Feature(path, number, feature).line()


def _at(value: Any, *keys: str) -> Any:
    """Give what stands under keys within each other, None where one is absent."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


class _Feature:
    """One feature whose fields are taken and checked; remembers where it stands."""

    def __init__(self, path: Path, number: int, value: Any) -> None:
        self._path, self._number, self._value = path, number, value

    def line(self) -> BusLine:
        kind = _at(self._value, "type")
        if kind != "Feature":
            raise self._error("type", "'Feature'", kind)
        name = _at(self._value, "properties", "line")
        if not isinstance(name, str) or not name.strip():
            raise self._error("properties.line", "a non-empty text", name)
        kind = _at(self._value, "geometry", "type")
        where = "geometry.coordinates"
        coordinates = _at(self._value, "geometry", "coordinates")
        if kind == "LineString":
            return BusLine(name.strip(), (self._part(where, coordinates),))
        if kind != "MultiLineString":
            raise self._error("geometry.type", "'LineString' or 'MultiLineString'", kind)
        if not isinstance(coordinates, list) or not coordinates:
            raise self._error(where, "at least one list of positions", coordinates)
        parts = (self._part(f"{where}[{k}]", part) for k, part in enumerate(coordinates))
        return BusLine(name.strip(), tuple(parts))

    def _part(self, where: str, value: Any) -> tuple[Position, ...]:
        if not isinstance(value, list):
            raise self._error(where, "a list of positions", value)
        part = tuple(self._position(f"{where}[{k}]", one) for k, one in enumerate(value))
        if len(set(part)) < 2:
            raise self._error(where, "at least two positions that differ", value)
        return part

    def _position(self, where: str, value: Any) -> Position:
        # RFC 7946, 3.1.1: longitude, latitude and perhaps a height, which is of no use here.
        if not isinstance(value, list) or len(value) not in (2, 3):
            raise self._error(where, "[longitude, latitude]", value)
        for number, most, name in zip(value, (180, 90), ("longitude", "latitude"), strict=False):
            is_number = isinstance(number, int | float) and not isinstance(number, bool)
            if not is_number or not math.isfinite(number) or abs(number) > most:
                raise self._error(where, f"a {name} between -{most} and {most} degrees", value)
        return float(value[0]), float(value[1])

    def _error(self, field: str, expected: str, value: Any) -> FeedError:
        return FeedError(self._path, expected, feature=self._number, field=field, value=repr(value))


def _shifted(line: BusLine, datum: Datum) -> BusLine:
    if datum is Datum.WGS84:
        return line
    return BusLine(line.line, tuple(_part_shifted(part, datum) for part in line.parts))


def _part_shifted(part: tuple[Position, ...], datum: Datum) -> tuple[Position, ...]:
    degrees = np.array(part, np.float64)
    longitudes, latitudes = to_wgs84(degrees[:, 0], degrees[:, 1], datum)
    return tuple(zip(longitudes.tolist(), latitudes.tolist(), strict=True))
