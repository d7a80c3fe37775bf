"""Blocks put together to days: few large files, no row twice, whatever a crash left."""

import os
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from ingest.user_error import reason_of
from streams.lake.layout import (
    NETWORK_KEY,
    SCHEMA_VERSION,
    TABLES,
    TIMEZONE_KEY,
    TRAVERSALS,
    VERSION_KEY,
    LakeTable,
    blocks,
    day_file,
    days,
    whole_blocks,
)
from streams.lake.reading import StoredError

_MEMORY = "2GB"
"""Beyond it sorting goes to disk. Unit: bytes. Source: chosen, a quarter of a machine of 8 GB."""


class Compacted(NamedTuple):
    """What was put together: blocks read and removed, days written, rows in and out."""

    blocks: int
    days: int
    rows_in: int
    rows_out: int
    unreadable: list[str]


def compact(
    lake: Path,
    network: str,
    zone: str,
    *,
    every: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Compacted:
    """Put the whole blocks of a lake together to days. Raises StoredError where it is no lake.

    A day is read, joined with its new rows, and replaced whole; blocks go once all their days are
    written. Of rows that agree in a table's key one stays. A block that cannot be read stays where
    it is and is named. `every` takes the newest blocks too: only while no worker writes.
    """
    if not any((lake / table.topic).is_dir() or (lake / table.name).is_dir() for table in TABLES):
        expected = ", ".join(f"{table.topic}/" for table in TABLES)
        raise StoredError(f"{lake}: no lake, expected a folder with {expected}")
    parts = []
    for table in TABLES:
        found: dict[int, list[Path]] = {}
        for block in whole_blocks(blocks(lake, table), every):
            found.setdefault(block.partition, []).append(block.file)
        for region, files in sorted(found.items()):
            say(f"{table.name}, region {region}: {len(files):,} blocks")
            parts.append(_compact_region(lake, table, region, files, network, zone))
    return Compacted(
        blocks=sum(part.blocks for part in parts),
        days=sum(part.days for part in parts),
        rows_in=sum(part.rows_in for part in parts),
        rows_out=sum(part.rows_out for part in parts),
        unreadable=[line for part in parts for line in part.unreadable],
    )


def _compact_region(
    lake: Path, table: LakeTable, region: int, files: list[Path], network: str, zone: str
) -> Compacted:
    with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
        connection.execute(f"SET TimeZone = '{zone}'")
        readable, unreadable = [], []
        for file in files:
            try:
                connection.read_parquet(str(file)).limit(0).fetchall()
                readable.append(file)
            except duckdb.Error as error:
                unreadable.append(f"{file}: {reason_of(error).splitlines()[0]}")
        if not readable:
            return Compacted(0, 0, 0, 0, unreadable)
        local = f"CAST(CAST({table.time} AS TIMESTAMPTZ) AS DATE)"
        names = [str(file) for file in readable]
        counted = connection.execute(
            f"SELECT {local} AS day, count(*) FROM read_parquet($files) GROUP BY 1 ORDER BY 1",
            {"files": names},
        ).fetchall()
        rows_out = 0
        for day, _ in counted:
            place = day_file(lake, table, (network, day.isoformat(), region))
            sources = [*names, *([str(place)] if place.is_file() else [])]
            rows_out += _write_day(connection, table, sources, day, place, (network, zone))
    for file in readable:
        file.unlink()
    return Compacted(
        len(readable), len(counted), sum(count for _, count in counted), rows_out, unreadable
    )


def _write_day(
    connection: duckdb.DuckDBPyConnection,
    table: LakeTable,
    sources: Sequence[str],
    day: date,
    place: Path,
    of: tuple[str, str],
) -> int:
    """Write a day beside its place and put it there; give its rows."""
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_suffix(f".{os.getpid()}.tmp")
    key = ", ".join(table.key)
    local = f"CAST(CAST({table.time} AS TIMESTAMPTZ) AS DATE)"
    metadata = dict(zip((NETWORK_KEY, TIMEZONE_KEY), of, strict=True))
    metadata[VERSION_KEY] = str(SCHEMA_VERSION)
    written = ", ".join(f"{k.decode()}: {_quoted(v)}" for k, v in metadata.items())
    connection.execute(
        f"COPY (SELECT DISTINCT ON ({key}) * "
        "FROM read_parquet($files, union_by_name = true, hive_partitioning = false) "
        f"WHERE {local} = $day ORDER BY {key}) TO {_quoted(str(half))} "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{written}}})",
        {"files": list(sources), "day": day},
    )
    (rows,) = connection.execute(
        "SELECT num_rows FROM parquet_file_metadata($file)", {"file": str(half)}
    ).fetchone() or (0,)
    os.replace(half, place)
    return int(rows)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def forget_vehicles(lake: Path, keep_days: int) -> list[Path]:
    """Take the vehicles out of traversals that are older than so many days; give the files changed.

    Days count back from the newest day of traversals in the lake. Blocks are not touched.
    """
    found = days(lake, TRAVERSALS)
    if not found:
        return []
    newest = max(date.fromisoformat(day.date) for day in found)
    changed = []
    with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
        for day in found:
            if date.fromisoformat(day.date) >= newest - timedelta(days=keep_days):
                continue
            if _without_vehicles(connection, day.file):
                changed.append(day.file)
    return changed


def _without_vehicles(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Replace a file by one without vehicles; False where it has none."""
    (named,) = connection.execute(
        "SELECT count(vehicle_id) FROM read_parquet($file)", {"file": str(file)}
    ).fetchone() or (0,)
    if not named:
        return False
    kept = connection.execute(
        "SELECT decode(key), decode(value) FROM parquet_kv_metadata($file) "
        "WHERE decode(key) IN ('schema_version', 'timezone', 'network')", {"file": str(file)},
    ).fetchall()  # fmt: skip
    written = ", ".join(f"{key}: {_quoted(value)}" for key, value in kept)
    half = file.with_suffix(f".{os.getpid()}.tmp")
    connection.execute(
        "COPY (SELECT * REPLACE (CAST(NULL AS VARCHAR) AS vehicle_id) FROM read_parquet($file)) "
        f"TO {_quoted(str(half))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{written}}})",
        {"file": str(file)},
    )
    os.replace(half, file)
    return True
