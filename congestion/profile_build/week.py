"""Building the typical week in batch from stored states, days of incidents left out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.profile.week import DAY_TYPES, RUNGS, SLOTS, Calendar, Week
from congestion.region import cold_speed, region_of
from congestion.roadside import Roadside
from congestion.states.free_flow import FREE_FLOW_SHARE
from ingest.checks.check import HIGHEST_SPEED_KMH
from ingest.kernels.arrays import Floats
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

_SEEN = """
    CREATE TEMP TABLE seen AS
    SELECT s.place, c.day, c.slot, c.is_peak, r.speed_kmh
    FROM read_parquet($files) r
    JOIN calendar c ON c.minute = epoch(r.interval_start)
    JOIN segments s ON s.segment_id = r.segment_id
    WHERE r.quality IN ('observed', 'fused') AND r.speed_kmh BETWEEN 0 AND $most
      AND NOT EXISTS (
        SELECT 1 FROM spoilt x WHERE x.segment_id = r.segment_id AND x.date = c.date)
"""
_SLOTS = """
    SELECT place, day, slot, median(speed_kmh),
           quantile_cont(speed_kmh, 0.75) - quantile_cont(speed_kmh, 0.25)
    FROM seen GROUP BY place, day, slot HAVING count(*) >= $least
"""
_FREE = """
    SELECT place,
           quantile_cont(speed_kmh, $share) FILTER (NOT is_peak), count(*) FILTER (NOT is_peak),
           quantile_cont(speed_kmh, $share), count(*)
    FROM seen GROUP BY place
"""


def build_week(
    states: Sequence[Path],
    spoilt: Sequence[tuple[str, str]],
    network: Network,
    timezone: str,
    calendar: Calendar | None = None,
) -> Week:
    """Give the typical week from Parquet files of states.

    `spoilt` names what is left out: segment id and local date (YYYY-MM-DD) of an incident. Only
    states that are observed or fused count. Raises ValueError where no file is given.
    """
    if not states:
        raise ValueError("no files of states to build a typical week from")
    zone, n, calendar = ZoneInfo(timezone), network.segment_count, calendar or Calendar()
    with duckdb.connect() as lake:
        files = [str(path) for path in states]
        found = lake.execute(
            "SELECT DISTINCT epoch(interval_start) FROM read_parquet($files)", {"files": files}
        ).fetchall()
        lake.register("calendar", _minutes([float(row[0]) for row in found], zone, calendar))
        ids = pa.table({"segment_id": network.segment_ids, "place": np.arange(n)})
        lake.register("segments", ids)
        left_out = pa.array([s for s, _ in spoilt], pa.string())
        dates = pa.array([date for _, date in spoilt], pa.string())
        lake.register("spoilt", pa.table({"segment_id": left_out, "date": dates}))
        lake.execute(_SEEN, {"files": files, "most": HIGHEST_SPEED_KMH})
        slots = lake.execute(_SLOTS, {"least": SLOT_MINUTES}).fetchnumpy()
        free = lake.execute(_FREE, {"share": FREE_FLOW_SHARE}).fetchnumpy()
    median = np.full((len(DAY_TYPES), SLOTS, n), np.nan, np.float16)
    spread = np.full_like(median, np.nan)
    place, day, slot, middle, quartiles = (np.asarray(column) for column in slots.values())
    median[day, slot, place] = middle
    spread[day, slot, place] = quartiles / QUARTILES_STD
    speed, rung = _free_flow(network, *(np.ma.filled(c, np.nan) for c in free.values()))
    return Week(timezone, median, spread, (speed * KMH).astype(np.float32), rung, calendar)


def _minutes(minutes: Sequence[float], zone: ZoneInfo, calendar: Calendar) -> pa.Table:
    local = [datetime.fromtimestamp(minute, UTC).astimezone(zone) for minute in minutes]
    places = [calendar.day_and_slot(time) for time in local]
    is_peak = [
        day == 0 and time.hour in PEAK_HOURS for (day, _), time in zip(places, local, strict=True)
    ]
    return pa.table(
        {
            "minute": pa.array(minutes, pa.float64()),
            "date": pa.array([f"{time:%Y-%m-%d}" for time in local], pa.string()),
            "day": pa.array([day for day, _ in places], pa.int32()),
            "slot": pa.array([slot for _, slot in places], pa.int32()),
            "is_peak": pa.array(is_peak, pa.bool_()),
        }
    )


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
        cold[region.segment] = cold_speed(region)
    return np.where(np.isfinite(speed), speed, cold), rung
