"""The report of corridors: speeds in space and time, travel times and how reliable they are."""

from collections.abc import Sequence
from typing import NamedTuple

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from congestion.corridors import Corridor
from congestion.reliability import buffer_index, lottr, planning_time_index
from congestion.reports import sources
from congestion.reports.figures import area_numbers
from congestion.reports.local_time import QUARTER_S, local_text
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.records import Column, Number, Table
from congestion.reports.stored import ReportError, on_segments
from ingest.kernels.arrays import Floats, Int64s
from ingest.units import KMH

MOST_COLUMNS = 240
"""A heat map has at most so many steps of time. Unit: count. Source: chosen, wider than a page."""
STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400)
_INSTANT = "sum of length / speed of its segments at one time (instantaneous travel time)"


class Speeds(NamedTuple):
    """A corridor's speeds: a row a segment in driven order, a column a step of time."""

    corridor: Corridor
    times: Int64s  # t, start of each step
    kmh: Floats  # segments x t, NaN where unknown
    free_kmh: Floats  # segments, mean over the period
    minutes: Int64s  # m, every minute in which all of it is known
    travel_time_s: Floats  # m


def corridor_report(
    opened: Opened, corridors: Sequence[Corridor], say: Say = lambda _: None
) -> Made:
    """Make the report of corridors."""
    say("segments")
    segments = segment_sums(opened)
    found = []
    for corridor in corridors:
        say(f"corridor {corridor.name}")
        found.append(corridor_speeds(opened, corridor))
    numbers = [number for speeds in found for number in corridor_numbers(opened, speeds)]
    tables = [
        Table("corridors", COLUMNS, [_summary(opened, speeds) for speeds in found]),
        *(_speeds_table(opened, speeds, i) for i, speeds in enumerate(found, start=1)),
    ]
    made = report_of("corridor", opened, [*numbers, *area_numbers(opened)], [], tables)
    return Made(made, segments, opened)


COLUMNS = [
    Column("corridor"), Column("length_m", "m"), Column("segments", "count"),
    Column("travel_time_s", "s", _INSTANT), Column("free_time_s", "s", "free flow of its segments"),
    Column("tti", "1", sources.TTI), Column("pti", "1", sources.PTI),
    Column("buffer_index", "1", sources.BUFFER), Column("lottr", "1", sources.LOTTR),
    Column("speed_kmh", "km/h"), Column("minutes", "min"),
]  # fmt: skip


def corridor_speeds(opened: Opened, corridor: Corridor) -> Speeds:
    """Give a corridor's speeds and travel times. Raises ReportError where none are known."""
    order = {segment: i for i, segment in enumerate(corridor.segments)}
    wanted = ibis.memtable(pa.table({
        "segment": pa.array(list(order), pa.int32()), "row": pa.array(list(order.values())),
    }))  # fmt: skip
    rows = on_segments(opened.states, opened.segments).filter(_.is_known)
    found = (
        rows.inner_join(wanted, "segment")
        .select("minute", "row", "speed_kmh", "free_flow_kmh")
        .to_pandas()
    )
    start = int(opened.minutes.minute.min())  # what is stored of the period, however long that is
    count = (int(opened.minutes.minute.max()) - start) // 60 + 1
    kmh = np.full((len(order), count), np.nan)
    at = (found["minute"].to_numpy(np.int64) - start) // 60
    kmh[found["row"].to_numpy(), at] = found["speed_kmh"].to_numpy()
    free = np.full_like(kmh, np.nan)
    free[found["row"].to_numpy(), at] = found["free_flow_kmh"].to_numpy()
    length = opened.network.length_m[corridor.segments]
    times = (length[:, None] / (kmh / KMH)).sum(axis=0)
    whole = np.isfinite(times)
    if not whole.any():
        seen = np.isfinite(kmh).any(axis=1)
        lacking = opened.network.segment_ids[corridor.segments[int(np.argmin(seen))]]
        raise ReportError(
            f"corridor {corridor.name!r}: in no minute are all of its segments known, "
            f"{lacking!r} is the first that lacks, expected a state of each"
        )
    step = next((s for s in STEPS_S if count * 60 / s <= MOST_COLUMNS), STEPS_S[-1])
    return Speeds(
        corridor=corridor,
        times=start + np.arange(0, count * 60, step),
        kmh=_steps(kmh, step // 60),
        free_kmh=np.nanmean(np.where(np.isfinite(free), free, np.nan), axis=1),
        minutes=start + 60 * np.flatnonzero(whole),
        travel_time_s=times[whole],
    )


def _steps(kmh: Floats, minutes: int) -> Floats:
    """Give space-mean speeds of steps of so many minutes, NaN where nothing is known."""
    short = -kmh.shape[1] % minutes
    pace = np.pad(1.0 / kmh, ((0, 0), (0, short)), constant_values=np.nan)
    pace = pace.reshape(len(kmh), -1, minutes)
    known = np.isfinite(pace).sum(axis=2)
    return np.divide(known, np.nansum(pace, axis=2), out=np.full(known.shape, np.nan),
                     where=known > 0)  # fmt: skip


def _free_time_s(opened: Opened, speeds: Speeds) -> float:
    length = opened.network.length_m[speeds.corridor.segments]
    return float((length / (speeds.free_kmh / KMH)).sum())


def _quarter_times(speeds: Speeds) -> Floats:
    """Give the mean travel time of each quarter of an hour."""
    _, place = np.unique(speeds.minutes // QUARTER_S, return_inverse=True)
    return np.bincount(place, speeds.travel_time_s) / np.bincount(place)


def corridor_numbers(opened: Opened, speeds: Speeds) -> list[Number]:
    """Give a corridor's figures; their names end in its own."""
    times, free = speeds.travel_time_s, _free_time_s(opened, speeds)
    quarters = _quarter_times(speeds)
    minutes, of_quarters = (len(times), "minutes"), (len(quarters), "quarters")

    def number(
        name: str, value: float, unit: str, made_of: tuple[int, str], source: str
    ) -> Number:  # fmt: skip
        return Number(f"{name}: {speeds.corridor.name}", round(value, 3), unit, *made_of, source)

    return [
        number("travel_time_s", float(times.mean()), "s", minutes, _INSTANT),
        number("tti", float(times.mean()) / free, "1", minutes, sources.TTI),
        number("pti", planning_time_index(times, free), "1", minutes, sources.PTI),
        number("buffer_index", buffer_index(times), "1", minutes, sources.BUFFER),
        number("lottr", lottr(quarters), "1", of_quarters, sources.LOTTR),
    ]


def _summary(opened: Opened, speeds: Speeds) -> list:
    length = float(opened.network.length_m[speeds.corridor.segments].sum())
    time, tti, pti, buffer, level = (n.value for n in corridor_numbers(opened, speeds))
    return [
        speeds.corridor.name, round(length), len(speeds.corridor.segments), time,
        round(_free_time_s(opened, speeds), 1), tti, pti, buffer, level,
        round(length / (time or 1.0) * KMH, 1), len(speeds.minutes),
    ]  # fmt: skip


def _speeds_table(opened: Opened, speeds: Speeds, number: int) -> Table:
    """Give the field of speeds as a table: a row a segment, a column a step of time."""
    ends = np.cumsum(opened.network.length_m[speeds.corridor.segments])
    columns = [Column("segment_id"), Column("end_m", "m")]
    columns += [Column(local_text(t, opened.zone), "km/h") for t in speeds.times.tolist()]
    rows = [
        [opened.network.segment_ids[segment], round(float(ends[i]), 1),
         *(None if np.isnan(v) else round(float(v), 1) for v in speeds.kmh[i])]
        for i, segment in enumerate(speeds.corridor.segments)
    ]  # fmt: skip
    return Table(f"corridor_{number}", columns, rows)
