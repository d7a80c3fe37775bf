"""Whether a source's clock is right: against its arrivals, and against the feed's span."""

import numpy as np
import numpy.typing as npt

from ingest.units import Seconds

HOUR_S = 3600.0
_STEP_H = 0.25
"""Time zones differ by whole quarters of an hour. Unit: h. Source: IANA time zone database."""
_FURTHEST_H = 14.0
"""No zone is further from UTC. Unit: h. Source: IANA time zone database, Pacific/Kiritimati."""
_NEAREST_H = 0.5
"""Nor are two zones nearer. Unit: h. Source: IANA time zone database, Asia/Kolkata."""
_SAME_H = 0.1
"""Delays differ by less. Unit: h. Source: chosen, six minutes."""
_FITS, _FITS_NOT = 0.95, 0.5
"""A source whose share of rows inside the feed's span is below the second, and at least the first
once its clock is put right, has a wrong clock. Unit: share. Source: chosen."""


def hours_ahead_of_arrival(event_s: npt.NDArray, arrival_s: npt.NDArray) -> float:
    """Give how many hours event times lie ahead of arrivals, 0 where by no zone's offset.

    Negative where they lie behind. A clock is off by the same for nearly all rows; rows that a
    device kept and sent together come late by all sorts of times.
    """
    ahead = event_s - arrival_s
    ahead = ahead[np.isfinite(ahead)]
    if not len(ahead):
        return 0.0
    low, middle, high = (np.quantile(ahead, (0.1, 0.5, 0.9)) / HOUR_S).tolist()
    nearest = round(middle / _STEP_H) * _STEP_H
    is_offset = _NEAREST_H <= abs(nearest) <= _FURTHEST_H and abs(middle - nearest) < _SAME_H
    return nearest if is_offset and high - low < _SAME_H else 0.0


def hours_ahead_of_span(
    seconds: npt.NDArray, start: Seconds, end: Seconds, zone_h: float
) -> float | None:
    """Give how many hours times lie ahead of the span they should lie in.

    0 where at least half of them lie inside, None where no zone's offset brings them inside.
    `zone_h` is the offset of the feed's own zone, the likeliest error.
    """
    seconds = seconds[np.isfinite(seconds)]
    if not len(seconds) or share_inside(seconds, start, end) >= _FITS_NOT:
        return 0.0
    steps = np.arange(-_FURTHEST_H, _FURTHEST_H + _STEP_H, _STEP_H)
    inside = [share_inside(seconds - HOUR_S * step, start, end) for step in steps]
    fitting = [
        step
        for step, share in zip(steps, inside, strict=True)
        if share >= _FITS and abs(step) >= _NEAREST_H
    ]
    if not fitting:
        return None
    return float(min(fitting, key=lambda h: (abs(h) != abs(zone_h), h % 1.0 != 0.0, abs(h))))


def share_inside(seconds: npt.NDArray, start: Seconds, end: Seconds) -> float:
    """Give the share of times within the span, both ends included."""
    return float(np.mean((seconds >= start) & (seconds <= end))) if len(seconds) else 0.0
