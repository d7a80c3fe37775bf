"""The features of a GeoJSON file, their fields taken and checked one by one."""

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
"""Longitude and latitude."""

_REFERENCE_SYSTEMS = ("CRS84", "EPSG:4326", "EPSG::4326")


class Feature:
    """One feature; remembers where it stands, for what is wrong with it."""

    def __init__(self, path: Path, number: int, value: Any) -> None:
        self._path, self._number, self._value = path, number, value

    def at(self, *keys: str) -> Any:
        """Give what stands under keys within each other, None where one is absent."""
        return value_at(self._value, *keys)

    def check(self) -> None:
        """Raise FeedError where it is no feature."""
        if self.at("type") != "Feature":
            raise self.error("type", "'Feature'", self.at("type"))

    def parts(self, where: str, value: Any) -> tuple[tuple[Position, ...], ...]:
        """Give the lines of a MultiLineString. Raises FeedError."""
        if not isinstance(value, list) or not value:
            raise self.error(where, "at least one list of positions", value)
        return tuple(self.part(f"{where}[{k}]", part) for k, part in enumerate(value))

    def part(self, where: str, value: Any) -> tuple[Position, ...]:
        """Give the positions of one line. Raises FeedError."""
        part = self.positions(where, value)
        if len(set(part)) < 2:
            raise self.error(where, "at least two positions that differ", value)
        return part

    def positions(self, where: str, value: Any) -> tuple[Position, ...]:
        """Give a list of positions. Raises FeedError."""
        if not isinstance(value, list):
            raise self.error(where, "a list of positions", value)
        return tuple(self.position(f"{where}[{k}]", one) for k, one in enumerate(value))

    def position(self, where: str, value: Any) -> Position:
        """Give one position. Raises FeedError."""
        # RFC 7946, 3.1.1: longitude, latitude and perhaps a height, which is of no use here.
        if not isinstance(value, list) or len(value) not in (2, 3):
            raise self.error(where, "[longitude, latitude]", value)
        for number, most, name in zip(value, (180, 90), ("longitude", "latitude"), strict=False):
            is_number = isinstance(number, int | float) and not isinstance(number, bool)
            if not is_number or not math.isfinite(number) or abs(number) > most:
                raise self.error(where, f"a {name} between -{most} and {most} degrees", value)
        return float(value[0]), float(value[1])

    def error(self, field: str, expected: str, value: Any) -> FeedError:
        """Give the error of one field."""
        return FeedError(self._path, expected, feature=self._number, field=field, value=repr(value))


def read_features(path: Path) -> Iterator[Feature]:
    """Give the features of a FeatureCollection in file order, unchecked, none without a file.

    Raises FeedError naming file, field, value and what was expected.
    """
    if not path.exists():
        return
    try:
        whole = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FeedError(path, "a GeoJSON file in UTF-8", value=reason_of(error)) from error
    kind = whole.get("type") if isinstance(whole, dict) else whole
    if kind != "FeatureCollection":
        raise FeedError(path, "'FeatureCollection'", field="type", value=repr(kind))
    system = whole.get("crs")
    if system is not None and not str(value_at(system, "properties", "name")).endswith(
        _REFERENCE_SYSTEMS
    ):
        expected = "no crs, or longitude and latitude (CRS84)"
        raise FeedError(path, expected, field="crs", value=repr(system))
    features = whole.get("features")
    if not isinstance(features, list):
        raise FeedError(path, "a list of features", field="features", value=repr(features))
    for number, feature in enumerate(features):
        yield Feature(path, number, feature)


def shifted(part: tuple[Position, ...], datum: Datum) -> tuple[Position, ...]:
    """Give positions of a datum in WGS-84."""
    if datum is Datum.WGS84:
        return part
    degrees = np.array(part, np.float64)
    longitudes, latitudes = to_wgs84(degrees[:, 0], degrees[:, 1], datum)
    return tuple(zip(longitudes.tolist(), latitudes.tolist(), strict=True))


def value_at(value: Any, *keys: str) -> Any:
    """Give what stands under keys within each other, None where one is absent."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
