"""Stored states read back: the rows that can be true, and what stands in the others."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from congestion.records import STATES
from congestion.region import Region, region_of
from congestion.roadside import Roadside
from ingest.checks.check import HIGHEST_SPEED_KMH, Check, absent, split_rows, time_checks
from ingest.checks.readings import HIGHEST_OCCUPANCY, MOST_VEHICLES_PER_S
from ingest.kernels.arrays import Flags, Floats, Floats32, Int64s
from ingest.recorded.feed_error import FeedError
from ingest.recorded.table import read_table
from ingest.refusals import Reason
from ingest.units import KMH, MINUTE_S, Seconds
from ingest.user_error import reason_of
from mapmatch.network import Network

PIECE_ROWS = 1_000_000
"""Rows that are looked through at a time, which bounds the memory. Unit: count. Source: chosen."""


class UnusableRows(NamedTuple):
    """Rows of a stored file that cannot be true: the first of them, and how many are like it."""

    error: FeedError
    row_count: int

    def __str__(self) -> str:
        more = "" if self.row_count < 2 else f" ({self.row_count:,} rows)"
        return f"{self.error}{more}"


@dataclass(frozen=True)
class Detectors:
    """All d detectors of a network, region by region, each region's in its own order."""

    regions: list[Region]
    starts: list[int]  # of each region's detectors among all, and d
    ids: list[str]  # d
    segment: Int64s  # d, index in the network
    limit_mps: Floats  # d
    segment_ids: list[str]  # n, of the network
    first: Int64s  # n, the first detector of each segment
    size: Int64s  # n, how many detectors stand on it

    def __len__(self) -> int:
        return len(self.ids)


def detectors_of(network: Network, roadside: Roadside) -> Detectors:
    """Give the network's detectors in the order of the stored lists of their readings."""
    regions = [region_of(network, number, roadside) for number in range(network.region_count)]
    n = network.segment_count
    first, size, starts = np.zeros(n, np.int64), np.zeros(n, np.int64), [0]
    for region in regions:
        first[region.segment] = region.detector_offsets[:-1] + starts[-1]
        size[region.segment] = np.diff(region.detector_offsets)
        starts.append(starts[-1] + len(region.detector_segment))
    stands = [region.segment[region.detector_segment].astype(np.int64) for region in regions]
    return Detectors(
        regions=regions,
        starts=starts,
        ids=[name for region in regions for name in region.detector_index],
        segment=np.concatenate(stands),
        limit_mps=np.concatenate([r.limit_mps[r.detector_segment] for r in regions]),
        segment_ids=list(network.segment_ids),
        first=first,
        size=size,
    )


class StoredReadings(NamedTuple):
    """What detectors reported, a row a detector and minute; NaN where a number is missing."""

    minute: Int64s  # its start, s since 1970 UTC
    detector: Int64s  # index in Detectors
    counts: Floats32  # vehicles
    occupancies: Floats32  # 0..1
    speeds: Floats32  # m/s
    probes: Floats32  # m/s, space-mean speed of the probes on its segment

    def only(self, keep: Flags) -> "StoredReadings":
        """Give the rows for which keep is true."""
        minute, detector, *values = self
        return StoredReadings(minute[keep], detector[keep], *(of[keep] for of in values))


def readable_states(
    files: Iterable[Path], network: Network
) -> tuple[list[Path], list[UnusableRows]]:
    """Give the files that can be read as states, and what is wrong in the others or their rows."""
    names = ("interval_start", "segment_id", "speed_kmh", "quality")
    ids = pa.array(network.segment_ids, pa.string())
    good: list[Path] = []
    unusable: list[UnusableRows] = []
    for file in files:
        found: dict[tuple[str | None, str], UnusableRows] = {}
        try:
            for first, rows in _pieces(file, names):
                for bad in _untrue(file, rows, ids, first):
                    key = (bad.error.column, bad.error.expected)
                    before = found.get(key, bad._replace(row_count=0))
                    found[key] = before._replace(row_count=before.row_count + bad.row_count)
        except FeedError as error:
            unusable.append(UnusableRows(error, 1))
            continue
        good.append(file)
        unusable += found.values()
    return good, unusable


def _untrue(file: Path, rows: pa.RecordBatch, ids: pa.Array, first: int) -> list[UnusableRows]:
    """Give what cannot be true among a file's rows from the first on."""
    speed = rows["speed_kmh"].to_numpy()
    bad = (speed < 0.0) | (speed > HIGHEST_SPEED_KMH)
    expected = f"0 to {HIGHEST_SPEED_KMH:g} km/h"
    checks = [
        *_place_checks(rows, ids),
        Check(bad, Reason.OUT_OF_RANGE, "speed_kmh", expected),
    ]
    return split_unusable(file, rows, checks, first)[1]


def stored_readings(file: Path, detectors: Detectors) -> tuple[StoredReadings, list[UnusableRows]]:
    """Give what detectors reported in a file of states, and the rows that cannot be true.

    Raises FeedError where the file cannot be read, or has no columns of detectors.
    """
    lanes = (
        ("lane_counts", MOST_VEHICLES_PER_S * MINUTE_S, "vehicles"),
        ("lane_occupancies", HIGHEST_OCCUPANCY, "a share"),
        ("lane_speeds_kmh", HIGHEST_SPEED_KMH, "km/h"),
    )
    names = ("interval_start", "segment_id", "probe_speed_kmh", *(name for name, _, _ in lanes))
    rows, ids = _read(file, names), pa.array(detectors.segment_ids, pa.string())
    at = pc.index_in(rows["segment_id"], value_set=ids).fill_null(0).to_numpy()
    checks = _place_checks(rows, ids)
    for name, most, what in lanes:
        checks += _lane_checks(rows, name, detectors.size[at], most, what)
    rows, unusable = split_unusable(file, rows, checks)
    at = pc.index_in(rows["segment_id"], value_set=ids).to_numpy()
    size = detectors.size[at]
    row = np.repeat(np.arange(len(at)), size)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    counts, occupancies, speeds = (
        rows[name].flatten().to_numpy(zero_copy_only=False).astype(np.float32)
        for name, _, _ in lanes
    )
    found = StoredReadings(
        (rows["interval_start"].cast(pa.int64()).to_numpy() // 1000)[row],
        detectors.first[at][row] + nth,
        counts,
        occupancies,
        speeds / np.float32(KMH),
        rows["probe_speed_kmh"].to_numpy()[row] / np.float32(KMH),
    )
    return found, unusable


def first_minute(file: Path) -> Seconds:
    """Give the earliest minute in a file of states (s since 1970 UTC), inf where it has none.

    Raises FeedError where the file cannot be read.
    """
    start = pc.min(_read(file, ["interval_start"])["interval_start"].cast(pa.int64())).as_py()
    return np.inf if start is None else start / 1000.0


def _read(file: Path, names: Iterable[str]) -> pa.RecordBatch:
    return read_rows(file, pa.schema([STATES.field(name) for name in names]))


def _pieces(file: Path, names: Iterable[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Give a file's rows PIECE_ROWS and more at a time, and which row each piece begins with.

    Raises FeedError where the file cannot be read.
    """
    schema = pa.schema([STATES.field(name) for name in names])
    try:
        metadata = pq.read_metadata(file)
        sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    except (OSError, pa.ArrowException) as error:
        raise FeedError(file, "a whole Parquet file", value=reason_of(error)) from error
    if sum(sizes) <= PIECE_ROWS:
        yield 0, read_rows(file, schema)
        return
    first = low = 0
    for high in range(1, len(sizes) + 1):
        count = sum(sizes[low:high])
        if count >= PIECE_ROWS or high == len(sizes):
            yield first, read_rows(file, schema, range(low, high))
            first, low = first + count, high


def read_rows(file: Path, schema: pa.Schema, groups: Sequence[int] | None = None) -> pa.RecordBatch:
    """Give a stored file's rows, or those of some groups, under the schema.

    Raises FeedError where it cannot be read.
    """
    table = read_table(file, schema, groups=groups)
    if table is None:
        raise FeedError(file, "a file")
    columns = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _place_checks(rows: pa.RecordBatch, ids: pa.Array) -> list[Check]:
    expected = "a segment of the network"
    unknown = absent(rows["segment_id"], ids)
    return [
        *time_checks(rows, "interval_start", None),
        Check(unknown, Reason.OUT_OF_RANGE, "segment_id", expected),
    ]


def _lane_checks(
    rows: pa.RecordBatch, name: str, size: Int64s, most: float, what: str
) -> list[Check]:
    """Give the checks that a list has a number for each detector, and none out of range."""
    lists = rows[name]
    lengths = lists.value_lengths().fill_null(0).to_numpy()
    values = lists.flatten().to_numpy(zero_copy_only=False)
    parents = lists.value_parent_indices().to_numpy()
    is_bad = np.zeros(len(lists), np.bool_)
    is_bad[parents[(values < 0.0) | (values > most)]] = True
    expected = "a number for each detector placed on the segment"
    return [
        Check(lengths != size, Reason.MISSING, name, expected),
        Check(is_bad, Reason.OUT_OF_RANGE, name, f"{what}, 0 to {most:g}"),
    ]


def split_unusable(
    file: Path, rows: pa.RecordBatch, checks: list[Check], first: int = 0
) -> tuple[pa.RecordBatch, list[UnusableRows]]:
    """Give the rows that pass the checks, and of each field the first that does not.

    `first` is where in the file the rows begin.
    """
    checked = split_rows(str(file), rows, checks)
    counts = Counter((refusal.field, refusal.expected) for refusal in checked.refusals)
    firsts = {(r.field, r.expected): r for r in reversed(checked.refusals)}
    unusable = [
        UnusableRows(
            FeedError(file, expected, row=first + (firsts[key].position or 0), column=field,
                      value=firsts[key].value),
            count,
        )
        for key, count in counts.items()
        for field, expected in [key]
    ]  # fmt: skip
    return checked.batch, unusable
