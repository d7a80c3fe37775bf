"""Longitude and latitude to local metres and back."""

from typing import Protocol

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from ingest.kernels.arrays import Floats

METRES_PER_DEGREE = 111_195.0
"""Along a meridian. Unit: m/deg. Source: a sphere of the earth's mean radius (IUGG)."""


def unwrapped(longitude: npt.ArrayLike, about: float) -> Floats:
    """Give longitudes within 180 degrees of one, so that no line jumps at the antimeridian."""
    given = np.asarray(longitude, np.float64)
    return np.asarray(given - 360.0 * np.round((given - about) / 360.0), np.float64)


def middle_longitude(longitude: Floats) -> float:
    """Give a longitude in the midst of some, 0 where there are none."""
    # Of places on both sides of the antimeridian the mean of two would lie across the globe.
    return float(np.sort(longitude)[len(longitude) // 2]) if len(longitude) else 0.0


class HasOrigin(Protocol):
    """Anything that says where its local plane touches the ground: a network."""

    @property
    def origin_longitude(self) -> float:
        """Degrees east."""

    @property
    def origin_latitude(self) -> float:
        """Degrees north."""


class LocalPlane:
    """The transverse Mercator plane about one origin: x metres east, y metres north of it.

    Within 50 km of the origin's meridian a distance on the plane is right to 1 part in 30,000. The
    series is Snyder's (PROJ's `approx`): there within a micrometre of the exact one, in half the
    time.
    """

    def __init__(self, origin: HasOrigin) -> None:
        self._origin_longitude = origin.origin_longitude
        plane = (
            f"+proj=tmerc +approx +lon_0={origin.origin_longitude!r} "
            f"+lat_0={origin.origin_latitude!r} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m +no_defs"
        )
        self._plane = Transformer.from_crs("EPSG:4326", plane, always_xy=True)

    def to_metres(self, longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Give x and y of positions in degrees; infinite where there is no such place."""
        x, y = self._plane.transform(
            np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)
        )
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def to_degrees(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Give longitude and latitude of positions in local metres."""
        longitude, latitude = self._plane.transform(
            np.asarray(x, np.float64), np.asarray(y, np.float64), direction="INVERSE"
        )
        return np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)

    def to_line_degrees(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Give longitude and latitude as `to_degrees` does, the former on past 180 on lines."""
        longitude, latitude = self.to_degrees(x, y)
        return unwrapped(longitude, self._origin_longitude), latitude
