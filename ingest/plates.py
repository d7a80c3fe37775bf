"""Number plates into keyed hashes: the only form in which a plate leaves this package."""

import hashlib
import hmac
import os
import re
import secrets
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.kernels.arrays import Int64s

KEY_VARIABLE = "CLEARWAY_PLATE_KEY"
DAY_TURNS_AT = timedelta(hours=4)
"""Local time at which a new day's key begins. Unit: h. Source: chosen, when fewest are on the road
whose journey a new key cuts in two."""
_QUARTER_MS = 15 * 60 * 1000
"""Zones differ from UTC by whole quarters of an hour. Unit: ms. Source: the tz database."""
_LAST_MS = 4_102_444_800_000
"""The year 2100: later times, which are refused elsewhere, count as its last day. Unit: ms since
1970 UTC. Source: chosen."""
HASH_HEX_DIGITS = 16
"""Length of a plate's hash. Unit: hex digits. Source: chosen; of a million plates a day no two are
likely to share one."""
SHORTEST_PLATE = 5
"""A shorter text is no plate. Unit: characters. Source: chosen, plates of most countries."""
# The characters that a time may have; a plate has a letter or a sign of its place besides.
_TIME_LIKE = re.compile(r"[0-9TZ:.+ -]*")

_process_key = secrets.token_bytes(32)


def plate_key() -> bytes:
    """Give the key from the environment, else one that dies with this process."""
    text = os.environ.get(KEY_VARIABLE)
    return text.encode() if text else _process_key


def hash_plates(plates: pa.Array, event_times: pa.Array, key: bytes, zone: ZoneInfo) -> pa.Array:
    """Give the hash of each plate under the key of its day (HMAC-SHA-256, 64 bits in hex).

    `event_times` are timestamps in ms. The day is the city's: it turns at DAY_TURNS_AT in `zone`.
    A null plate stays null; one without a time is dropped to null, since no day's key fits it.
    Equal plates of one day have equal hashes, of two days not.
    """
    plates, event_times = _whole(plates), _whole(event_times)
    usable = pc.and_(plates.is_valid(), event_times.is_valid())
    rows = np.flatnonzero(usable.to_numpy(zero_copy_only=False))
    times = event_times.cast(pa.int64()).take(pa.array(rows)).to_numpy()
    days, day_of_row = np.unique(_days(times, zone), return_inverse=True)
    encoded = plates.take(pa.array(rows)).dictionary_encode()
    distinct = [plate.encode() for plate in encoded.dictionary.to_pylist()]
    pairs = day_of_row.astype(np.int64) * max(len(distinct), 1) + encoded.indices.to_numpy()
    wanted, pair_of_row = np.unique(pairs, return_inverse=True)
    day_keys = [hmac.digest(key, b"day %d" % day, "sha256") for day in days.tolist()]
    hashes = [
        _digest(day_keys[pair // len(distinct)], distinct[pair % len(distinct)])
        for pair in wanted.tolist()
    ]
    places = np.full(len(plates), -1, np.int64)
    places[rows] = pair_of_row
    return pa.array(hashes, pa.string()).take(pa.array(places, mask=places < 0))


def _days(times: Int64s, zone: ZoneInfo) -> Int64s:
    """Give the number of the local day of each time in ms."""
    quarters, quarter_of_row = np.unique(
        times.clip(0, _LAST_MS) // _QUARTER_MS, return_inverse=True
    )
    days = [
        (datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, zone) - DAY_TURNS_AT).toordinal()
        for quarter in quarters.tolist()
    ]
    return np.array(days, np.int64)[quarter_of_row]


def may_hold_plate(value: object) -> bool:
    """Tell whether something could be a plate or hold one: text with more in it than a time has."""
    if value is None or isinstance(value, int | float):
        return False
    if not isinstance(value, str):
        return True
    return len(value) >= SHORTEST_PLATE and not _TIME_LIKE.fullmatch(value)


def _digest(day_key: bytes, plate: bytes) -> str:
    return hmac.new(day_key, plate, hashlib.sha256).hexdigest()[:HASH_HEX_DIGITS]


def _whole(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
