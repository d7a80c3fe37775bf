"""How a lake lies on disk: a folder a network, local day and region in each table.

`<table>/network=<id>/date=<local day>/region=<n>/` holds the blocks that the store agents wrote,
`part-<partition>-<first offset>-<when sent>.parquet`, and `day.parquet`, which `clearway lake
compact` puts together from them: sorted, no row twice. All are zstd, with the schema's version,
the network and its version, and the time zone in their metadata; a day also names its blocks.
`networks/<id>/<version>.parquet` holds the segments of each version of the network (GeoParquet).
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq

from congestion.reports.versions import NETWORK_VERSION_KEY
from ingest.user_error import placed

SCHEMA_VERSION = 1
"""Of the tables' columns; a file of another version is not read by `clearway lake`."""
VERSION_KEY, TIMEZONE_KEY, NETWORK_KEY = b"schema_version", b"timezone", b"network"
"""Keys of a file's metadata; a run's states name their time zone by the same."""
TIME_UNIT = "us"
"""Of all times in files: what DuckDB writes days in. Polars opens no table of two units."""
BLOCKS_KEY = b"blocks"
DAY_FILE = "day.parquet"
NETWORKS = "networks"
_BLOCK = re.compile(r"part-(\d+)-(\d+)-(\d+)\.parquet")
_PLACE = re.compile(r"network=([^/]+)/date=(\d{4}-\d{2}-\d{2})/region=(\d+)/[^/]+$")


@dataclass(frozen=True)
class LakeTable:
    """A table of the lake: its name, the column of its time, and what tells its rows apart.

    Of a table without a time the rows are of the day that they lie in.
    """

    name: str
    time: str
    key: tuple[str, ...]


STATES = LakeTable("segment_states", "interval_start", ("interval_start", "segment_id"))
TRAVERSALS = LakeTable("traversals", "enter_time", ("enter_time", "segment_id", "vehicle_id"))
AREA_MINUTES = LakeTable("area_minutes", "interval_start", ("interval_start", "area"))
ALERTS = LakeTable("alerts", "event_time", ("alert_id", "version"))
ALERT_EVENTS = LakeTable("alert_events", "time", ("alert_id", "version"))
DETECTOR_DAYS = LakeTable("detector_days", "", ("detector_id",))
SEGMENT_DAYS = LakeTable("segment_days", "", ("segment_id",))
STORED = (STATES, TRAVERSALS, AREA_MINUTES, ALERTS, ALERT_EVENTS)
"""What the store agents write, and `compact` puts together."""
SUMMED = (DETECTOR_DAYS, SEGMENT_DAYS)
"""What `compact` makes of the days of states."""
TABLES = (*STORED, *SUMMED)


class Place(NamedTuple):
    """The folder of a table that is of a network, a local day and a region."""

    network: str
    date: str  # YYYY-MM-DD
    region: int

    def folder(self, lake: Path, table: LakeTable) -> Path:
        """Give where it lies."""
        day = folder_of(self.network, self.date)
        return lake / table.name / day / f"region={self.region}"

    def day_file(self, lake: Path, table: LakeTable) -> Path:
        """Give where its day lies, once it is put together."""
        return self.folder(lake, table) / DAY_FILE


ANYWHERE = "network=*/date=*"
"""The folders of every network and day."""


def folder_of(network: str, date: str = "*") -> str:
    """Give the folders of a network's day in each table, or of all its days."""
    return f"network={quote(network, safe='')}/date={date}"


class Block(NamedTuple):
    """A file of a partition's messages, from an offset on; `sent_ms` tells topics of one name."""

    file: Path
    place: Place
    partition: int
    sent_ms: int
    first: int


class Day(NamedTuple):
    """A file of one local day and region."""

    file: Path
    place: Place


def block_name(partition: int, first: int, sent_ms: int) -> str:
    """Give the name of the files of a block of messages."""
    return f"part-{partition}-{first:012d}-{sent_ms:013d}.parquet"


def place_of(file: Path) -> Place | None:
    """Give where in a table a file lies, None where it is of no lake."""
    found = _PLACE.search(file.as_posix())
    try:
        return Place(unquote(found[1]), _day(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _day(text: str) -> str:
    """Give the day. Raises ValueError where the calendar has none."""
    return date.fromisoformat(text).isoformat()


def _files(lake: Path, table: LakeTable, pattern: str, within: str) -> Iterable[tuple[Path, Place]]:
    for file in (lake / table.name).glob(f"{within}/region=*/{pattern}"):
        place = place_of(file)
        if place is not None:
            yield file, place


def blocks(lake: Path, table: LakeTable, within: str = ANYWHERE) -> list[Block]:
    """Give a table's blocks within some of its folders, the oldest of each partition first."""
    found = []
    for file, place in _files(lake, table, "part-*.parquet", within):
        name = _BLOCK.fullmatch(file.name)
        if name is not None:
            found.append(Block(file, place, int(name[1]), int(name[3]), int(name[2])))
    return sorted(found, key=lambda block: (*block[2:], block.place))


def days(lake: Path, table: LakeTable, within: str = ANYWHERE) -> list[Day]:
    """Give a table's days within some of its folders, by network, date and region."""
    found = (Day(*one) for one in _files(lake, table, DAY_FILE, within))
    return sorted(found, key=lambda d: d.place)


def half_files(lake: Path) -> list[Path]:
    """Give what is half written, by a worker now or left by a crash; no reader takes it."""
    return sorted(lake.rglob("*.tmp"))


def foreign_files(lake: Path, table: LakeTable) -> list[Path]:
    """Give what lies in a table's folder and is none of its files; no report reads it."""
    ours = {block.file for block in blocks(lake, table)} | {day.file for day in days(lake, table)}
    every = (lake / table.name).rglob("*")
    return sorted(f for f in every if f.is_file() and f not in ours and f.suffix != ".tmp")


def whole_blocks(found: Iterable[Block], every: bool) -> list[Block]:
    """Give the blocks that no worker writes any more: all but each partition's newest."""
    kept = list(found)
    newest: dict[int, tuple[int, int]] = {}
    for block in kept:
        of = (block.sent_ms, block.first)
        newest[block.partition] = max(of, newest.get(block.partition, of))
    return [b for b in kept if every or (b.sent_ms, b.first) != newest[b.partition]]


def blocks_of_day(day: Path) -> dict[str, int]:
    """Give the names of the blocks that a day's file was made of, and the rows each had.

    Empty where there is no such file, or none that can be read.
    """
    try:
        metadata = pq.read_schema(day).metadata or {}
        return dict(json.loads(metadata.get(BLOCKS_KEY, b"{}")))
    except (OSError, ValueError, pa.ArrowInvalid):
        return {}


def blocks_metadata(day: Path) -> dict[bytes, bytes]:
    """Give the metadata that names a day's blocks, to go on with when its file is replaced."""
    found = blocks_of_day(day)
    return {BLOCKS_KEY: json.dumps(found).encode()} if found else {}


def is_in_day(block: Path, row_count: int, of_day: dict[str, int]) -> bool:
    """Tell whether a block of so many rows is part of a day: it was read again since."""
    return of_day.get(block.name, -1) >= row_count


def file_metadata(network: str, version: str, zone: str) -> dict[bytes, bytes]:
    """Give the metadata of a file of the lake."""
    texts = (str(SCHEMA_VERSION), network, version, zone)
    keys = (VERSION_KEY, NETWORK_KEY, NETWORK_VERSION_KEY, TIMEZONE_KEY)
    return {key: text.encode() for key, text in zip(keys, texts, strict=True)}


def write_whole(table: pa.Table, file: Path) -> None:
    """Write a table so that its file is there whole or not at all.

    What is half written, as by a full disk, is removed. Raises OSError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        pq.write_table(table, half, compression="zstd", coerce_timestamps=TIME_UNIT)
        os.replace(half, file)
    except OSError as error:
        raise placed(error, file) from error
    finally:
        half.unlink(missing_ok=True)
