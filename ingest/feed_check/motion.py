"""Speeds and headings that fixes state beside those that their positions show; shared ids."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.kernels.cleaning import EARTH_RADIUS_M
from ingest.units import KMH

_LEAST_GAP_S, _MOST_GAP_S = 8.0, 120.0
"""Two fixes of a vehicle are compared that lie so far apart. Unit: s. Source: chosen; nearer the
noise of positions is as large as the way, further a vehicle turns corners."""
_LEAST_WAY_M, _MOST_WAY_M = 50.0, 4000.0
"""And so far. Unit: m. Source: chosen, several times the noise of a fix; 120 km/h for 120 s."""
_LEAST_PAIRS = 50
"""Fewer pairs say nothing. Unit: count. Source: chosen; their mean speed is right to a tenth."""
_MOST_FIXES = 200_000
"""So many of a source's fixes are looked at. Unit: count. Source: chosen, well under a second."""

_LEAP_M, _LEAP_MPS = 200.0, 70.0
"""A step so long and so fast is none that a vehicle drives. Unit: m, m/s. Source: chosen; 250 km/h,
and longer than a fix goes astray in a street."""
_SHARED = 0.2
"""An id of which so many steps are leaps is that of two vehicles or more. Unit: share. Source:
chosen; a bad receiver leaps in one step of fifty."""
_FEWEST_STEPS = 10
"""An id with fewer steps says nothing of that. Unit: count. Source: chosen."""

HEADINGS = (
    "clockwise from north", "radians", "counterclockwise from east", "backwards",
    "clockwise from east", "clockwise from west",
)  # fmt: skip
"""How a heading may be meant; the first is what a feed must hold."""


@dataclass(frozen=True)
class Motion:
    """What pairs of one vehicle's fixes say of the fields beside the positions.

    `speed_ratio` is the stated speed over that of the positions, both in km/h; `heading_off_deg`
    the median angle between a heading and the way driven, by what it may be meant as. NaN, and
    empty, where too few fixes moved. `shared_ids` are those of two vehicles or more, which leap to
    and fro; they have no part in the rest.
    """

    pair_count: int
    speed_ratio: float
    heading_off_deg: dict[str, float]
    shared_ids: tuple[str, ...] = ()

    @property
    def heading_fits(self) -> str | None:
        """Give what headings are likeliest meant as, None where nothing is known."""
        off = self.heading_off_deg
        return min(off, key=lambda name: off[name]) if off else None


def motion_of(fixes: pa.Table) -> Motion:
    """Give what fixes (FIXES, WGS-84, checked, any order) show of their vehicles' motion."""
    whole = fixes.slice(0, _MOST_FIXES).drop_null() if fixes.num_rows else fixes
    if not whole.num_rows:
        return Motion(0, np.nan, {})
    whole = whole.take(pc.sort_indices(whole, [("vehicle_id", "ascending"),
                                               ("event_time", "ascending")]))  # fmt: skip
    ids = whole["vehicle_id"].combine_chunks().dictionary_encode()
    vehicle = ids.indices.to_numpy()
    time_s = whole["event_time"].cast(pa.int64()).to_numpy() / 1000.0
    longitude, latitude, speed, heading = (
        whole[name].to_numpy().astype(np.float64)
        for name in ("longitude", "latitude", "speed_kmh", "heading_deg")
    )
    is_shared = _is_shared(vehicle, time_s, longitude, latitude)
    first, second = _pairs(vehicle, time_s)
    is_one = ~is_shared[vehicle[first]]
    first, second = first[is_one], second[is_one]
    east, north = _way_m(longitude, latitude, first, second)
    way, elapsed = np.hypot(east, north), time_s[second] - time_s[first]
    has_moved = (way >= _LEAST_WAY_M) & (way <= _MOST_WAY_M)
    first, second = first[has_moved], second[has_moved]
    shown = KMH * way[has_moved] / elapsed[has_moved]
    course = np.degrees(np.arctan2(east, north))[has_moved]
    return Motion(
        len(first),
        _speed_ratio(0.5 * (speed[first] + speed[second]), shown),
        _heading_off(heading[second], course),
        tuple(ids.dictionary.filter(pa.array(is_shared)).to_pylist()),
    )


def _is_shared(
    vehicle: npt.NDArray, time_s: npt.NDArray, longitude: npt.NDArray, latitude: npt.NDArray
) -> npt.NDArray[np.bool_]:
    """Tell of each vehicle whether its fixes are those of two or more."""
    rows = np.arange(len(vehicle) - 1)
    way = np.hypot(*_way_m(longitude, latitude, rows, rows + 1))
    is_step = vehicle[1:] == vehicle[:-1]
    is_leap = is_step & (way > _LEAP_M) & (way > _LEAP_MPS * np.diff(time_s))
    size = int(vehicle.max()) + 1
    steps = np.bincount(vehicle[1:][is_step], minlength=size)
    leaps = np.bincount(vehicle[1:][is_leap], minlength=size)
    return (steps >= _FEWEST_STEPS) & (leaps > _SHARED * steps)


def _pairs(vehicle: npt.NDArray, time_s: npt.NDArray) -> tuple[npt.NDArray, npt.NDArray]:
    """Give rows of one vehicle that lie far enough apart in time, and not too far.

    Where fixes come more often, each is paired with one some rows later.
    """
    is_same = vehicle[1:] == vehicle[:-1]
    between = np.diff(time_s)[is_same]
    between = between[between > 0.0]
    if not len(between):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    step = max(1, int(np.ceil(_LEAST_GAP_S / np.median(between))))
    first = np.arange(len(vehicle) - step) if len(vehicle) > step else np.zeros(0, np.int64)
    second = first + step
    elapsed = time_s[second] - time_s[first]
    is_pair = (
        (vehicle[first] == vehicle[second])
        & (elapsed >= 0.5 * _LEAST_GAP_S)
        & (elapsed <= _MOST_GAP_S)
    )
    return first[is_pair], second[is_pair]


def _way_m(
    longitude: npt.NDArray, latitude: npt.NDArray, first: npt.NDArray, second: npt.NDArray
) -> tuple[npt.NDArray, npt.NDArray]:
    """Give metres east and north from one row to another, for short ways."""
    metres = np.radians(1.0) * EARTH_RADIUS_M
    middle = np.radians(0.5 * (latitude[first] + latitude[second]))
    east = metres * (longitude[second] - longitude[first]) * np.cos(middle)
    return east, metres * (latitude[second] - latitude[first])


def _speed_ratio(stated: npt.NDArray, shown: npt.NDArray) -> float:
    is_stated = np.isfinite(stated) & (stated >= 0.0)
    if is_stated.sum() < _LEAST_PAIRS:
        return float("nan")
    return float(stated[is_stated].mean() / shown[is_stated].mean())


def _heading_off(heading: npt.NDArray, course: npt.NDArray) -> dict[str, float]:
    is_stated = np.isfinite(heading)
    if is_stated.sum() < _LEAST_PAIRS:
        return {}
    heading, course = heading[is_stated], course[is_stated]
    meant = (
        heading, np.degrees(heading), 90.0 - heading, heading + 180.0, heading + 90.0,
        heading - 90.0,
    )  # fmt: skip
    return {
        name: float(np.median(np.abs((degrees - course + 180.0) % 360.0 - 180.0)))
        for name, degrees in zip(HEADINGS, meant, strict=True)
    }
