"""The walk along each vehicle's fixes that finds those that cannot be true."""

import math

import numpy as np
from numba import njit

from ingest.kernels.compiling import part

# What the kernel answers for a fix; `ingest.checks.traces` gives each its reason.
USED, LATE, CLOCK_SKEW, DUPLICATE, SAME_TIME, OUT_OF_ORDER, JUMP, TWO_DEVICES = range(8)

EARTH_RADIUS_M = 6371008.8
"""Mean radius of the earth. Unit: m. Source: IUGG."""
SAME_PLACE_M = 0.15
"""Positions nearer than this are one fix sent twice. Unit: m. Source: chosen; a position of six
decimals is exact to 0.1 m."""


@part
def distance_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Give the great-circle distance of two points in degrees (haversine formula).

    Right across the antimeridian and at the poles.
    """
    phi_a, phi_b = math.radians(lat_a), math.radians(lat_b)
    half_lat = 0.5 * (phi_b - phi_a)
    half_lon = 0.5 * math.radians(lon_b - lon_a)
    h = math.sin(half_lat) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half_lon) ** 2
    return 2.0 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


@njit(cache=True, nogil=True)
def clean_fixes(
    slots: np.ndarray,
    event_times: np.ndarray,
    arrival_times: np.ndarray,
    longitudes: np.ndarray,
    latitudes: np.ndarray,
    oldest: float,
    skew_s: float,
    speed: float,
    slack_m: float,
    forget_s: float,
    relocate_count: int,
    last: np.ndarray,
    other: np.ndarray,
    other_counts: np.ndarray,
    codes: np.ndarray,
) -> int:
    """Write to `codes` whether each fix is used or why not; give how many are used.

    Fixes in arrival order, shapes (n,): slot of the vehicle (int64), event and arrival time
    (float64 s), position (float64 deg). `oldest` (s): event times before it are late. `speed`
    (m/s) and `slack_m` (m): a fix further than slack + speed * time from the last used one jumped.
    In place: `last` (slots, 3), time and position of the last used fix, NaN time where none;
    `other` (slots, 3), the same of the last fix that jumped; `other_counts` (slots, 2), how many
    jumped fixes in a row agree with each other, and how many fixes were used since the last jump.

    After `relocate_count` jumped fixes in a row that agree, the vehicle is where they say. Jumped
    fixes that agree while others are used in between are a second device under the same id. A
    vehicle without a used fix for `forget_s` starts afresh.
    """
    used_count = 0
    for row in range(slots.shape[0]):
        slot = slots[row]
        time, lon, lat = event_times[row], longitudes[row], latitudes[row]
        if time < oldest:
            codes[row] = LATE
            continue
        if time > arrival_times[row] + skew_s:
            codes[row] = CLOCK_SKEW
            continue
        elapsed = time - last[slot, 0]
        is_known = elapsed <= forget_s  # false where the last time is NaN
        code = USED
        if is_known:
            moved = distance_m(last[slot, 1], last[slot, 2], lon, lat)
            if elapsed < 0.0:
                code = OUT_OF_ORDER
            elif elapsed == 0.0:
                code = DUPLICATE if moved <= SAME_PLACE_M else SAME_TIME
            elif moved > slack_m + speed * elapsed:
                code = _jumped(slot, time, lon, lat, speed, slack_m, forget_s, other, other_counts)
                if code == JUMP and other_counts[slot, 0] >= relocate_count:
                    code = USED
        else:
            other[slot, 0] = np.nan
        codes[row] = code
        if code == USED:
            used_count += 1
            last[slot, 0], last[slot, 1], last[slot, 2] = time, lon, lat
            other_counts[slot, 0] = 0
            other_counts[slot, 1] += 1
    return used_count


@part
def _jumped(
    slot: int,
    time: float,
    lon: float,
    lat: float,
    speed: float,
    slack_m: float,
    forget_s: float,
    other: np.ndarray,
    other_counts: np.ndarray,
) -> int:
    """Give JUMP or TWO_DEVICES for a fix that jumped, and remember it as the last that did."""
    elapsed = time - other[slot, 0]
    agrees = 0.0 <= elapsed <= forget_s
    if agrees:
        moved = distance_m(other[slot, 1], other[slot, 2], lon, lat)
        agrees = moved <= slack_m + speed * elapsed
    code = JUMP
    if not agrees:
        other_counts[slot, 0] = 1
    elif other_counts[slot, 1] > 0:
        other_counts[slot, 0] = 1
        code = TWO_DEVICES
    else:
        other_counts[slot, 0] += 1
    other_counts[slot, 1] = 0
    other[slot, 0], other[slot, 1], other[slot, 2] = time, lon, lat
    return code
