"""The order of rows: vehicle by vehicle, each in time."""

import numba as nb
import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Floats32, Int32s

Places = npt.NDArray[np.int64]

# Gaps of Shell's sort. Source: Ciura 2001; quick where rows come nearly in order, as those of a
# vehicle do, and never slow where they do not.
_GAPS = np.array([1750, 701, 301, 132, 57, 23, 10, 4, 1], np.int64)


@nb.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _follows(
    one: int, other: int, enter_s: Floats, exit_s: Floats, segment: Int32s, enter_m: Floats32
) -> bool:
    """Tell whether row `one` comes after row `other` of the same vehicle."""
    if enter_s[one] != enter_s[other]:
        return bool(enter_s[one] > enter_s[other])
    if exit_s[one] != exit_s[other]:
        return bool(exit_s[one] > exit_s[other])
    if segment[one] != segment[other]:
        return bool(segment[one] > segment[other])
    if enter_m[one] != enter_m[other]:
        return bool(enter_m[one] > enter_m[other])
    return one > other


@nb.njit(cache=True, nogil=True, _nrt=False)
def order_by_vehicle(
    vehicle: Int32s,
    enter_s: Floats,
    exit_s: Floats,
    segment: Int32s,
    enter_m: Floats32,
    ends: Places,
    order: Places,
) -> None:
    """Sort r rows by vehicle, then enter_s, exit_s, segment, enter_m and how they came.

    vehicle r: 0..v-1. A counting sort by vehicle (Seward 1954), then Shell's of each vehicle's
    few rows. In place: ends v + 1, 0 to start with (at last where each vehicle's rows end, one
    place on), order r: the rows in order.
    """
    for row in range(vehicle.shape[0]):
        ends[vehicle[row] + 1] += 1
    for v in range(1, ends.shape[0]):
        ends[v] += ends[v - 1]
    for row in range(vehicle.shape[0]):
        order[ends[vehicle[row]]] = row
        ends[vehicle[row]] += 1
    start = np.int64(0)
    for v in range(ends.shape[0] - 1):
        for gap in _GAPS:
            for place in range(start + gap, ends[v]):
                row, at = order[place], place
                while at - gap >= start and _follows(
                    order[at - gap], row, enter_s, exit_s, segment, enter_m
                ):
                    order[at] = order[at - gap]
                    at -= gap
                order[at] = row
        start = ends[v]
