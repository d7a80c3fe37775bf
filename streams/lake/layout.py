"""How a lake lies on disk: blocks as they came, and days put together from them.

Blocks are `<topic>/part-<partition>-<first offset>.parquet`, written by the store agents. Days are
`<table>/network=<id>/date=<local day>/region=<n>/day.parquet`, made by `clearway lake compact`:
zstd, sorted, no row twice, with the schema's version and the time zone in their metadata.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from streams import topics

SCHEMA_VERSION = 1
"""Of a day's columns; a file of another version is not read by `clearway lake`."""
VERSION_KEY, TIMEZONE_KEY, NETWORK_KEY = b"schema_version", b"timezone", b"network"
"""Keys of the metadata of a day's file; a run's states name their time zone by the same."""
DAY_FILE = "day.parquet"
_BLOCK = re.compile(r"part-(\d+)-(\d+)\.parquet")
_PLACE = re.compile(r"network=([^/]+)/date=(\d{4}-\d{2}-\d{2})/region=(\d+)/day\.parquet$")


@dataclass(frozen=True)
class LakeTable:
    """A table of the lake: its folder of days, its topic, its time and what tells rows apart."""

    name: str
    topic: str
    time: str  # column that says the day
    key: tuple[str, ...]
    is_text_time: bool = False


STATES = LakeTable(
    "segment_states", topics.STATES, "interval_start", ("interval_start", "segment_id")
)
TRAVERSALS = LakeTable(
    "traversals", topics.TRAVERSALS, "enter_time", ("enter_time", "segment_id", "vehicle_id")
)
ALERTS = LakeTable("alerts", topics.ALERTS, "event_time", ("alert_id", "version"), True)
TABLES = (STATES, TRAVERSALS, ALERTS)


class Block(NamedTuple):
    """A file of a partition's messages, from an offset on."""

    file: Path
    partition: int
    first: int


class Day(NamedTuple):
    """A file of one local day and region."""

    file: Path
    network: str
    date: str
    region: int


def blocks(lake: Path, table: LakeTable) -> list[Block]:
    """Give a table's blocks by partition and offset."""
    found = []
    for file in (lake / table.topic).glob("part-*.parquet"):
        name = _BLOCK.fullmatch(file.name)
        if name is not None:
            found.append(Block(file, int(name[1]), int(name[2])))
    return sorted(found, key=lambda block: block[1:])


def days(lake: Path, table: LakeTable) -> list[Day]:
    """Give a table's days by network, date and region."""
    found = []
    for file in (lake / table.name).glob(f"network=*/date=*/region=*/{DAY_FILE}"):
        place = _PLACE.search(file.as_posix())
        if place is not None:
            found.append(Day(file, place[1], place[2], int(place[3])))
    return sorted(found, key=lambda day: day[1:])


def day_file(lake: Path, table: LakeTable, day: tuple[str, str, int]) -> Path:
    """Give where the file of a network, date and region lies."""
    network, date, region = day
    place = lake / table.name / f"network={network}" / f"date={date}" / f"region={region}"
    return place / DAY_FILE


def half_files(lake: Path) -> list[Path]:
    """Give what a crash left half written; no reader takes such a file."""
    return sorted(lake.rglob("*.tmp"))


def whole_blocks(found: Iterable[Block], every: bool) -> list[Block]:
    """Give the blocks that no worker writes any more: all but each partition's newest."""
    kept = list(found)
    newest: dict[int, int] = {}
    for block in kept:
        newest[block.partition] = max(block.first, newest.get(block.partition, -1))
    return [block for block in kept if every or block.first < newest[block.partition]]
