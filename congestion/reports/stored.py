"""Stored states opened for queries: which files can be read, and their rows on their network."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ibis import _

from congestion.indices import congested_below_kmh, lane_metres, reachable_speed
from congestion.queues.vehicles import (
    MINUTES_IN_HOUR,
    lost_share,
    read_lane_flows,
    vehicles_by_flow,
)
from congestion.records import MEASURED
from congestion.reports.area_rows import UNKNOWN
from congestion.reports.local_time import local_text
from congestion.reports.versions import NETWORK_VERSION_KEY
from congestion.stored_file import StoredFileError, check_columns, minute_bounds
from ingest.kernels.arrays import Flags, Int32s
from ingest.units import KMH, MINUTE_S, Seconds
from ingest.user_error import UserError, reason_of
from mapmatch.network import Network

NEEDED = ("interval_start", "segment_id", "speed_kmh", "free_flow_kmh", "quality")


class ReportError(UserError):
    """A report that cannot be made: of files, a period or an area that hold nothing for it."""


class Period(NamedTuple):
    """From a moment until before another, seconds since 1970 UTC."""

    start: Seconds
    end: Seconds

    @property
    def minutes(self) -> int:
        """How many minutes it has."""
        return round((self.end - self.start) / MINUTE_S)


class Extent(NamedTuple):
    """A readable file of states: its first and last minute, its rows, its network's version."""

    file: Path
    first: Seconds
    last: Seconds
    row_count: int
    version: str  # of the network; "" where it is not named


@dataclass(frozen=True)
class Readable:
    """The files that can be read, and a line for each that cannot or that is there twice."""

    files: list[Extent]
    not_used: list[str]

    @property
    def period(self) -> Period:
        """From the first minute stored to the end of the last. Raises ReportError: none is."""
        if not self.files:
            reasons = "; ".join(self.not_used[:3]) or "none has a row"
            raise ReportError(f"no file of states can be read: {reasons}")
        last = max(extent.last for extent in self.files)
        return Period(min(extent.first for extent in self.files), last + MINUTE_S)

    def without(self, broken: Mapping[Path, str]) -> "Readable":
        """Give the others, where the rows of some turned out not to be readable, and why."""
        lines = [f"{extent.file}: {broken[extent.file]}" for extent in self.files
                 if extent.file in broken]  # fmt: skip
        whole = [extent for extent in self.files if extent.file not in broken]
        return Readable(whole, [*self.not_used, *lines])

    def within(self, period: Period, zone: ZoneInfo) -> list[Extent]:
        """Give the files that hold a minute of the period; a ReportError where none does is told
        in the zone's time.
        """
        found = [e for e in self.files if e.first < period.end and e.last >= period.start]
        if not found:
            stored = self.period
            asked, there = (
                f"{local_text(p.start, zone)} to {local_text(p.end, zone)}"
                for p in (period, stored)
            )
            raise ReportError(f"nothing is stored of {asked}, only of {there} ({zone.key})")
        return found


def readable_files(files: Sequence[Path]) -> Readable:
    """Look at the ends of files, where Parquet says what is in them; no row is read.

    Raises FileNotFoundError where one is gone.
    """
    found: list[Extent] = []
    not_used: list[str] = []
    seen: dict[tuple, Path] = {}
    for file in files:
        try:
            extent, identity = _extent(file)
        except FileNotFoundError:  # the lake changed meanwhile
            raise
        except (OSError, pa.ArrowInvalid, StoredFileError) as error:
            not_used.append(f"{file}: {reason_of(error)}")
            continue
        if extent is None:
            continue
        if identity in seen:
            not_used.append(f"{file}: the same rows as {seen[identity]}, read once")
            continue
        seen[identity] = file
        found.append(extent)
    return Readable(found, not_used)


def _extent(file: Path) -> tuple[Extent | None, tuple]:
    """Give a file's extent, and what two copies agree in. Raises StoredFileError, OSError."""
    metadata = pq.read_metadata(file)
    check_columns(metadata.schema.to_arrow_schema(), NEEDED)
    bounds = minute_bounds(metadata)
    if bounds is None:
        return None, ()
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    sizes = tuple((g.num_rows, *(g.column(i).total_compressed_size for i in range(g.num_columns)))
                  for g in groups if g.num_rows)  # fmt: skip
    version = (metadata.metadata or {}).get(NETWORK_VERSION_KEY, b"").decode()
    return Extent(file, *bounds, metadata.num_rows, version), (*bounds, sizes)


def segments_table(network: Network, chosen: Flags, district: Int32s) -> pa.Table:
    """Give the segments of an area, a row each, with what the definitions of indices need.

    `region` is what the rows are summed by: the district of each of n segments.
    """
    lanes = np.maximum(network.lanes, 1)
    flow = read_lane_flows().of_classes()[network.road_class] * lanes
    columns = {
        "segment_id": pa.array(network.segment_ids, pa.string()),
        "segment": np.arange(network.segment_count, dtype=np.int32),
        "region": district,
        "length_m": network.length_m,
        "weight": lane_metres(network),
        "congested_below_kmh": congested_below_kmh(network),
        "class_flow_veh_h": flow,
    }
    return pa.table(columns).filter(pa.array(chosen))


def states_of(con: Any, files: Sequence[Path], period: Period) -> Any:
    """Give the stored rows of a period as a table of the engine, each minute as seconds."""
    stored = _read(con, [str(file) for file in files])
    start, end = (ibis.timestamp(datetime.fromtimestamp(time, UTC)) for time in period)
    stored = stored.filter(_.interval_start >= start, _.interval_start < end)
    has_flow = "flow_veh_h" in stored.columns
    flow = _.flow_veh_h.cast("float64") if has_flow else ibis.null("float64")
    return stored.select(
        segment_id=_.segment_id,
        minute=_.interval_start.epoch_seconds().cast("int64"),
        speed_kmh=_known(_.speed_kmh.cast("float64"), _.quality),
        free_flow_kmh=_known(_.free_flow_kmh.cast("float64"), _.quality),
        flow_veh_h=ibis.ifelse(flow.isnan(), None, flow) if has_flow else flow,
        is_measured=_.quality.isin(sorted(MEASURED)).fill_null(False),
    )


def _read(con: Any, files: list[str]) -> Any:
    """Give the rows of files as a table of the engine; a column that a file lacks is null there."""
    if con.name != "pyspark":
        # Parquet's bounds leave NaN out; DuckDB believes them where it is not told.
        return con.read_parquet(files, union_by_name=True, can_have_nan=True)
    name = f"stored_{zlib.crc32(' '.join(files).encode()):08x}"
    reader = con._session.read.option("mergeSchema", "true")
    reader.parquet(*files).createOrReplaceTempView(name)
    return con.table(name)


def segments_in(con: Any, segments: pa.Table) -> Any:
    """Give segments (see `segments_table`) as a table of the engine."""
    if con.name != "pyspark":
        return con.create_table("segments", ibis.memtable(segments))
    frame = con._session.createDataFrame(segments.to_pandas())
    frame.createOrReplaceTempView("segments")
    return con.table("segments")


def kept_in(con: Any, name: str, rows: Any) -> Any:
    """Give a query's rows as a table of the engine; Spark asks anew each time."""
    if con.name != "pyspark":
        return con.create_table(name, rows, temp=True)
    return con.create_view(name, rows, overwrite=True)


def _known(speed: Any, quality: Any) -> Any:
    """Give a speed, null where it is not known or nothing that drives."""
    is_none = speed.isnan() | speed.isinf() | (speed <= 0.0) | (quality == UNKNOWN)
    return ibis.ifelse(is_none, None, speed)


def on_segments(states: Any, segments: Any, how: str = "inner") -> Any:
    """Join states with their segments and add what indices are summed of, a row a state.

    `how` is `left` where states of no segment are to stay, with null in every sum. Rows of unknown
    speed have null in every sum. The definitions are those of the operators.
    """
    known = states.speed_kmh.notnull() & states.free_flow_kmh.notnull()
    rows = states.mutate(is_known=known).join(segments, "segment_id", how=how)
    rows = rows.drop(name for name in rows.columns if name.endswith("_right"))
    rows = rows.mutate(
        free=reachable_speed(_.speed_kmh, _.free_flow_kmh) / KMH,
        speed=_.speed_kmh / KMH,
        vehicle_count=vehicles_by_flow(
            ibis.coalesce(_.flow_veh_h, _.class_flow_veh_h), _.length_m, _.speed_kmh / KMH
        ),
    )
    weight = ibis.ifelse(_.is_known, _.weight, None)
    return rows.mutate(
        known_weight=weight,
        time=weight / _.speed,
        free_time=weight / _.free,
        congested=ibis.ifelse(_.speed_kmh < _.congested_below_kmh, weight, 0.0),
        delay_veh_h=_.vehicle_count * lost_share(_.speed_kmh, _.free_flow_kmh) / MINUTES_IN_HOUR,
    )
