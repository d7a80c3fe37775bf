"""Building the typical week in batch from stored states, days of incidents left out."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.profile.calendar import Calendar
from congestion.profile.week import DAY_TYPES, RUNGS, SLOTS, Halves, Week
from congestion.profile_build.slot_counts import BIN_KMH, SlotCounts, by_date, engine_config
from congestion.region import region_of
from congestion.roadside import Roadside
from congestion.states.free_flow import FREE_FLOW_SHARE
from ingest.kernels.arrays import Floats, Int64s
from ingest.units import KMH
from mapmatch.network import ROAD_CLASSES, Network

FREE_FLOW_MINUTES = 30
"""A segment's free flow is its own after so many minutes seen. Unit: min. Source: chosen, fewer
have no 85th percentile to speak of."""
SLOT_MINUTES = 5
"""A slot has a median after so many minutes seen. Unit: min. Source: chosen, a third of one
slot."""
CLASS_SEGMENTS = 5
"""A class has a free flow of its own from so many segments. Unit: count. Source: chosen, fewer are
no sample."""
PEAK_HOURS = (*range(7, 10), *range(16, 20))
"""The hours of workdays that are not off-peak. Unit: h. Source: chosen, the rush hours of large
cities in China."""
QUARTILES_STD = 1.349
"""Between the quartiles of a normal distribution lie so many of this. Unit: standard deviations.
Source: the normal distribution."""

_SLOTS_AT_ONCE = 4
"""Slots that are put together at a time, which bounds the memory. Unit: count. Source: chosen."""

_MERGED = """
    CREATE OR REPLACE TEMP TABLE merged AS
    SELECT t.place, d.day, t.slot, t.bin, CAST(sum(t.count) AS BIGINT) AS count
    FROM read_parquet($files, filename = true) t JOIN dates d ON d.file = t.filename
    WHERE t.slot >= $low AND t.slot < $high AND NOT EXISTS (
        SELECT 1 FROM spoilt x WHERE x.place = t.place AND x.file = t.filename)
    GROUP BY ALL
"""
_OF_SEGMENTS = """
    INSERT INTO of_segments
    SELECT place, bin, CAST(sum(count) AS BIGINT),
           CAST(coalesce(sum(count) FILTER (NOT (day = 0 AND slot // 4 IN $peak)), 0) AS BIGINT)
    FROM merged GROUP BY ALL
"""
_SEGMENTS = """
    SELECT place, bin, sum(every)::BIGINT AS every, sum(off_peak)::BIGINT AS off_peak
    FROM of_segments GROUP BY ALL ORDER BY ALL
"""


def build_week(
    states: Sequence[Path],
    spoilt: Sequence[tuple[str, str]],
    network: Network,
    timezone: str,
    calendar: Calendar | None = None,
) -> Week:
    """Give the typical week from Parquet files of states, counted in a folder that is removed.

    See `week_of`. Raises ValueError where no file is given.
    """
    if not states:
        raise ValueError("no files of states to build a typical week from")
    with tempfile.TemporaryDirectory(prefix="clearway-") as folder:
        counts = SlotCounts(Path(folder), network, ZoneInfo(timezone))
        for day, files in by_date(states, counts.zone).files.items():
            counts.count(day, files)
        return week_of(counts, counts.dates(), spoilt, calendar)


def week_of(
    counts: SlotCounts,
    dates: Sequence[date],
    spoilt: Sequence[tuple[str, str]],
    calendar: Calendar | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Week:
    """Give the typical week of counted days, put together some slots at a time.

    `spoilt` names what is left out: segment id and local date (YYYY-MM-DD) of an incident. Only
    states that are observed or fused were counted.
    """
    network, calendar = counts.network, calendar or Calendar()
    n = network.segment_count
    median = np.full((len(DAY_TYPES), SLOTS, n), np.nan, np.float16)
    spread = np.full_like(median, np.nan)
    files = [str(counts.file_of(day)) for day in dates]
    with duckdb.connect(config=engine_config()) as lake:
        kinds = [calendar.day_and_slot(datetime.combine(day, time()))[0] for day in dates]
        lake.register("dates", pa.table({"file": pa.array(files, pa.string()), "day": kinds}))
        lake.register("spoilt", _left_out(counts, spoilt))
        lake.execute(
            "CREATE TEMP TABLE of_segments (place INT, bin INT, every INT8, off_peak INT8)"
        )
        for low in range(0, SLOTS if files else 0, _SLOTS_AT_ONCE):
            say(f"the typical week, from {low // 24 * 6:02}:00 on")
            slots = {"low": low, "high": low + _SLOTS_AT_ONCE}
            lake.execute(_MERGED, {"files": files} | slots)
            lake.execute(_OF_SEGMENTS, {"peak": list(PEAK_HOURS)})
            rows = lake.execute("SELECT place, day, slot, bin, count FROM merged ORDER BY ALL")
            _fill_slots(median, spread, *(np.asarray(c) for c in rows.fetchnumpy().values()))
        place, bins, every, off_peak = (
            np.asarray(column) for column in lake.execute(_SEGMENTS).fetchnumpy().values()
        )
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    share = np.array([FREE_FLOW_SHARE])
    ladder = [
        found
        for count in (off_peak, every)
        for found in (quantiles(bins, count, starts, share)[0], np.add.reduceat(count, starts)
                      if len(starts) else np.zeros(0))
    ]  # fmt: skip
    speed, rung = _free_flow(network, place[starts].astype(np.int64), *ladder)
    zone = counts.zone.key
    return Week(zone, median, spread, (speed * KMH).astype(np.float32), rung, calendar)


def _left_out(counts: SlotCounts, spoilt: Sequence[tuple[str, str]]) -> pa.Table:
    """Give the segments and files of days that are left out."""
    known = [(counts.network.index_of(segment), day) for segment, day in spoilt]
    rows = [(place, str(counts.file_of(date.fromisoformat(day)))) for place, day in known
            if place is not None]  # fmt: skip
    places = pa.array([place for place, _ in rows], pa.int32())
    return pa.table({"place": places, "file": pa.array([file for _, file in rows], pa.string())})


def _fill_slots(
    median: Halves, spread: Halves, place: Int64s, day: Int64s, slot: Int64s, bins: Int64s,
    count: Int64s,
) -> None:  # fmt: skip
    """Write the median and spread of slots with enough minutes; rows are in order."""
    key = (place.astype(np.int64) * len(DAY_TYPES) + day) * SLOTS + slot
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    if not len(starts):
        return
    enough = np.add.reduceat(count, starts) >= SLOT_MINUTES
    low, middle, high = quantiles(bins, count, starts, np.array([0.25, 0.5, 0.75]))
    at = day[starts][enough], slot[starts][enough], place[starts][enough]
    median[at] = middle[enough]
    spread[at] = ((high - low) / QUARTILES_STD)[enough]


def quantiles(bins: Int64s, count: Int64s, starts: Int64s, shares: Floats) -> Floats:
    """Give quantiles of groups of counted speeds, shares x groups, NaN where a group counts none.

    A group is the rows from its start to the next, in order of their bins. Between two minutes a
    quantile is in proportion (Hyndman and Fan 1996, definition 7). Unit: km/h.
    """
    sums = np.concatenate([[0], np.cumsum(count)])
    first = sums[starts]
    total = np.diff(np.append(first, sums[-1]))
    position = shares[:, None] * np.maximum(total - 1, 0)
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, np.maximum(total - 1, 0))
    values = np.append(bins, 0) * BIN_KMH
    one, other = (
        values[np.searchsorted(sums, first + nth, side="right") - 1] for nth in (lower, upper)
    )
    return np.where(total > 0, one + (other - one) * (position - lower), np.nan)


def _free_flow(
    network: Network,
    place: npt.NDArray[np.int64],
    off_peak_kmh: Floats,
    off_peak_minutes: Floats,
    any_time_kmh: Floats,
    minutes: Floats,
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Give each segment's free-flow speed (m/s) by the first rung of the ladder that holds."""
    n, limit = network.segment_count, network.free_speed_mps
    speed, rung = np.full(n, np.nan), np.full(n, RUNGS.index("limit"), np.int8)
    for name, kmh, count in (
        ("any_time", any_time_kmh, minutes),
        ("off_peak", off_peak_kmh, off_peak_minutes),
    ):
        holds = count >= FREE_FLOW_MINUTES
        speed[place[holds]] = kmh[holds] / KMH
        rung[place[holds]] = RUNGS.index(name)
    own = np.isfinite(speed)
    for road_class in range(len(ROAD_CLASSES)):
        of_class = network.road_class == road_class
        if (of_class & own).sum() >= CLASS_SEGMENTS:
            share = float(np.median((speed / limit)[of_class & own]))
            speed[of_class & ~own] = share * limit[of_class & ~own]
            rung[of_class & ~own] = RUNGS.index("class")
    cold = np.zeros(n)
    for number in range(network.region_count):
        region = region_of(network, number, Roadside())
        cold[region.segment] = region.cold_mps
    return np.where(np.isfinite(speed), speed, cold), rung
