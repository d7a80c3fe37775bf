"""How often each device of a source sends, and how long its rows are on the way."""

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.feed_check.spread import Spread, spread_of
from ingest.units import MINUTE_S, Seconds

Times = npt.NDArray[np.int64]


class Rate(msgspec.Struct, frozen=True):
    """How much a source sends: rows, devices, and the seconds between two rows of one device.

    `first` and `last` are the spread's bounds of its times, without the odd ones (seconds since
    1970 UTC); None where no row has a time.
    """

    row_count: int
    device_count: int
    first: Seconds | None
    last: Seconds | None
    rows_per_minute: float
    interval_s: Spread | None


def rate_of(devices: pa.ChunkedArray | pa.Array, times: pa.ChunkedArray | pa.Array) -> Rate:
    """Give the rate of rows by their device and time (both may be null)."""
    is_whole = pc.and_(pc.is_valid(devices), pc.is_valid(times))
    codes = _codes(devices.filter(is_whole))
    at = milliseconds(times.filter(is_whole))
    first, last = usual_bounds(at / 1000.0)
    span_s = 0.0 if first is None or last is None else last - first
    return Rate(
        row_count=len(devices),
        device_count=int(codes.max()) + 1 if len(codes) else 0,
        first=first,
        last=last,
        rows_per_minute=MINUTE_S * len(at) / span_s if span_s else 0.0,
        interval_s=spread_of(gaps(codes, at) / 1000.0),
    )


def gaps(codes: Times, at: Times) -> Times:
    """Give the times between two rows of one device that follow each other, without zeros."""
    order = np.lexsort((at, codes))
    is_same = codes[order][1:] == codes[order][:-1]
    between = np.diff(at[order])[is_same]
    return np.asarray(between[between > 0], np.int64)


def usual_bounds(seconds: npt.NDArray[np.float64]) -> tuple[Seconds | None, Seconds | None]:
    """Give the earliest and latest of some times but for one row in two hundred at either end."""
    if not len(seconds):
        return None, None
    first, last = np.quantile(seconds, (0.005, 0.995), method="nearest").tolist()
    return first, last


def milliseconds(times: pa.ChunkedArray | pa.Array) -> Times:
    """Give times without nulls as whole milliseconds since 1970 UTC."""
    return np.asarray(times.cast(pa.int64()).to_numpy(), np.int64)


def _codes(devices: pa.ChunkedArray | pa.Array) -> Times:
    encoded = pc.dictionary_encode(devices)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # an empty one stays chunked
        return np.zeros(0, np.int64)
    return np.asarray(encoded.indices.to_numpy(), np.int64)
