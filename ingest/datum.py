"""Coordinates between WGS-84 and the two shifted datums of Chinese maps, GCJ-02 and BD-09."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Degrees = NDArray[np.float64]

_SEMI_MAJOR_M = 6378245.0
"""Semi-major axis of the ellipsoid on which GCJ-02 is defined. Unit: m. Source: Krasovsky 1940."""
_ECCENTRICITY_SQUARED = 0.00669342162296594323
"""Of the same ellipsoid. Unit: none. Source: Krasovsky 1940."""
_CHINA_WEST, _CHINA_EAST, _CHINA_SOUTH, _CHINA_NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""The rectangle in which GCJ-02 shifts positions. Unit: deg. Source: every published
implementation."""
_BD09_TURN = np.pi * 3000.0 / 180.0
_BD09_EAST, _BD09_NORTH = 0.0065, 0.006
_INVERSE_ROUNDS = 6
"""Rounds in which the inverse is found. Unit: count. Source: chosen; the error shrinks about a
thousandfold a round."""


class Datum(StrEnum):
    """The datums a feed may be recorded in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(longitude: Degrees, latitude: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """Give WGS-84 longitudes and latitudes (deg) of points recorded in the datum.

    NaN and infinite values pass through unchanged, so that a bad row can still be refused as such.
    """
    with np.errstate(invalid="ignore"):
        if datum is Datum.GCJ02:
            return gcj02_to_wgs84(longitude, latitude)
        if datum is Datum.BD09:
            return bd09_to_wgs84(longitude, latitude)
    return longitude, latitude


def wgs84_to_gcj02(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    """Give GCJ-02 of WGS-84 points (deg); points outside China are not shifted."""
    east, north = _gcj02_shift(longitude, latitude)
    return longitude + east, latitude + north


def gcj02_to_wgs84(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    """Give WGS-84 of GCJ-02 points (deg), the exact inverse of `wgs84_to_gcj02` to 1e-9 deg."""
    lon, lat = longitude, latitude
    for _ in range(_INVERSE_ROUNDS):
        east, north = _gcj02_shift(lon, lat)
        lon, lat = longitude - east, latitude - north
    return lon, lat


def gcj02_to_bd09(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    """Give BD-09 of GCJ-02 points (deg); points outside China are not shifted."""
    radius = np.hypot(longitude, latitude) + 2e-5 * np.sin(latitude * _BD09_TURN)
    angle = np.arctan2(latitude, longitude) + 3e-6 * np.cos(longitude * _BD09_TURN)
    inside = _in_china(longitude, latitude)
    return (
        np.where(inside, radius * np.cos(angle) + _BD09_EAST, longitude),
        np.where(inside, radius * np.sin(angle) + _BD09_NORTH, latitude),
    )


def bd09_to_gcj02(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    """Give GCJ-02 of BD-09 points (deg), the exact inverse of `gcj02_to_bd09` to 1e-9 deg."""
    inside = _in_china(longitude, latitude)
    lon = np.where(inside, longitude - _BD09_EAST, longitude)
    lat = np.where(inside, latitude - _BD09_NORTH, latitude)
    for _ in range(_INVERSE_ROUNDS):
        there_lon, there_lat = gcj02_to_bd09(lon, lat)
        lon = np.where(inside, lon + longitude - there_lon, longitude)
        lat = np.where(inside, lat + latitude - there_lat, latitude)
    return lon, lat


def bd09_to_wgs84(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    """Give WGS-84 of BD-09 points (deg)."""
    return gcj02_to_wgs84(*bd09_to_gcj02(longitude, latitude))


def _in_china(longitude: Degrees, latitude: Degrees) -> NDArray[np.bool_]:
    return (
        (longitude >= _CHINA_WEST)
        & (longitude <= _CHINA_EAST)
        & (latitude >= _CHINA_SOUTH)
        & (latitude <= _CHINA_NORTH)
    )


def _gcj02_shift(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    """Give how far GCJ-02 moves each WGS-84 point east and north (deg), 0 outside China.

    The published series of sines; x and y are degrees east of 105 and north of 35.
    """
    inside = _in_china(longitude, latitude)
    x = np.where(inside, longitude - 105.0, 0.0)
    y = np.where(inside, latitude - 35.0, 0.0)
    root = 0.1 * np.sqrt(np.abs(x))
    ripple = 20.0 * (np.sin(6.0 * x * np.pi) + np.sin(2.0 * x * np.pi))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + root
    east += (ripple + _waves(x, (20.0, 1.0, 40.0, 3.0, 150.0, 12.0, 300.0, 30.0))) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 2.0 * root
    north += (ripple + _waves(y, (20.0, 1.0, 40.0, 3.0, 160.0, 12.0, 320.0, 30.0))) * 2.0 / 3.0
    angle = np.where(inside, latitude, 0.0) / 180.0 * np.pi
    curvature = 1.0 - _ECCENTRICITY_SQUARED * np.sin(angle) ** 2
    meridian = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (curvature * np.sqrt(curvature))
    parallel = _SEMI_MAJOR_M / np.sqrt(curvature) * np.cos(angle)
    return (
        np.where(inside, east * 180.0 / (parallel * np.pi), 0.0),
        np.where(inside, north * 180.0 / (meridian * np.pi), 0.0),
    )


def _waves(value: Degrees, terms: tuple[float, ...]) -> Degrees:
    """Give the sum of amplitude * sin(value / divisor * pi) over pairs (amplitude, divisor)."""
    total = np.zeros_like(value)
    for amplitude, divisor in zip(terms[::2], terms[1::2], strict=True):
        total += amplitude * np.sin(value / divisor * np.pi)
    return total
