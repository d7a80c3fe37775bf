"""A lake looked through: whether its files are whole, rows are there once, and no minute lacks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from congestion.reports.versions import NETWORK_VERSION_KEY
from streams.lake.compacting import engine_config
from streams.lake.layout import (
    AREA_MINUTES,
    STATES,
    TABLES,
    LakeTable,
    Place,
    blocks,
    days,
    foreign_files,
    half_files,
)
from streams.lake.reading import StoredError
from streams.lake.soundness import UnsoundError, broken_rows, of_another_day, sound_metadata


class TableCheck(NamedTuple):
    """A table of the lake: its files and rows, and how many rows are there more than once."""

    table: str
    block_files: int
    day_files: int
    rows: int
    doubled_rows: int


class LakeCheck(NamedTuple):
    """What is in a lake, and a line for each thing that is wrong with it."""

    tables: list[TableCheck]
    findings: list[str]


def check_lake(lake: Path, say: Callable[[str], None] = lambda _: None) -> LakeCheck:
    """Look through a lake. Raises StoredError where it is none."""
    findings = [f"{file}: half written, left by a crash" for file in half_files(lake)]
    tables = []
    with duckdb.connect(config=engine_config()) as connection:
        for table in TABLES:
            say(table.name)
            found, wrong = _check_table(connection, lake, table)
            tables.append(found)
            findings += wrong
    if not any(table.block_files or table.day_files for table in tables) and not findings:
        expected = " or ".join(f"{table.name}/" for table in TABLES)
        raise StoredError(f"{lake}: no lake, expected files in {expected}")
    return LakeCheck(tables, findings)


def _check_table(
    connection: duckdb.DuckDBPyConnection, lake: Path, table: LakeTable
) -> tuple[TableCheck, list[str]]:
    of_blocks, of_days = blocks(lake, table), days(lake, table)
    findings: list[str] = []
    readable: list[Path] = []
    versions: dict[str, Path] = {}
    files = {day.file: day.place for day in of_days} | {b.file: b.place for b in of_blocks}
    for file in files:
        try:
            metadata = sound_metadata(file, table)
        except UnsoundError as error:
            findings.append(f"{file}: {error}")
            continue
        readable.append(file)
        version = (metadata.metadata or {}).get(NETWORK_VERSION_KEY, b"")
        versions.setdefault(version.decode(), file)
        strange = of_another_day(file, table, metadata)
        findings += [f"{file}: {strange}"] if strange else []
    foreign = foreign_files(lake, table)
    findings += [f"{file}: no file of {table.name}, no report reads it" for file in foreign]
    if len(versions) > 1:
        several = ", ".join(f"{name or 'unnamed'} ({file})" for name, file in versions.items())
        findings.append(f"{table.name}: of {len(versions)} versions of the network: {several}")
    findings += _absent_regions(table, set(files.values()))
    rows, doubled, of_rows = _rows_of(connection, table, readable)
    check = TableCheck(table.name, len(of_blocks), len(of_days), rows, doubled)
    return check, findings + of_rows


def _rows_of(
    connection: duckdb.DuckDBPyConnection, table: LakeTable, readable: list[Path]
) -> tuple[int, int, list[str]]:
    """Give the rows of files, how many are there twice, and a line for each thing wrong in them."""
    files = [str(file) for file in readable]
    if not files:
        return 0, 0, []
    try:
        rows, doubled = _counted(connection, table, files)
        gaps = _gaps(connection, files) if table is STATES else []
    except duckdb.Error:
        broken = {file: why for file in readable if (why := broken_rows(file)) is not None}
        if not broken:
            raise
        whole = [file for file in readable if file not in broken]
        rows, doubled, wrong = _rows_of(connection, table, whole)
        return rows, doubled, [f"{file}: {why}" for file, why in broken.items()] + wrong
    if doubled:
        gaps.insert(0, f"{table.name}: {doubled:,} rows are there more than once")
    return rows, doubled, gaps


def _absent_regions(table: LakeTable, places: set[Place]) -> list[str]:
    """Give a line for each region of which a day lacks that others of its network have."""
    if table not in (STATES, AREA_MINUTES):
        return []
    regions: dict[str, set[int]] = {}
    for place in places:
        regions.setdefault(place.network, set()).add(place.region)
    return [
        f"{table.name}: nothing of region {region} on {day} in {network}"
        for network, day in sorted({place[:2] for place in places})
        for region in sorted(regions[network])
        if Place(network, day, region) not in places
    ]


_FILES = "read_parquet($files, union_by_name = true, hive_partitioning = false)"


def _counted(
    connection: duckdb.DuckDBPyConnection, table: LakeTable, files: list[str]
) -> tuple[int, int]:
    """Give the rows, and how many of them are there more than once; of sums only the rows."""
    if not table.time:
        return int(_row(connection, f"SELECT count(*) FROM {_FILES}", files)[0]), 0
    key = ", ".join(table.key)
    rows, once = _row(connection, f"SELECT (SELECT count(*) FROM {_FILES}), count(*) "
                      f"FROM (SELECT DISTINCT {key} FROM {_FILES})", files)  # fmt: skip
    return rows, rows - once


def _gaps(connection: duckdb.DuckDBPyConnection, files: list[str]) -> list[str]:
    """Give a line for each span of minutes of which no state is stored."""
    found = connection.execute(
        "SELECT earlier, minute FROM (SELECT minute, lag(minute) OVER (ORDER BY minute) AS earlier "
        f"FROM (SELECT DISTINCT interval_start AS minute FROM {_FILES})) "
        "WHERE minute - earlier > INTERVAL 1 MINUTE ORDER BY minute",
        {"files": files},
    ).fetchall()
    return [
        f"{STATES.name}: nothing between {before:%Y-%m-%d %H:%M %Z} and {at:%Y-%m-%d %H:%M %Z}"
        for before, at in found
    ]


def _row(connection: duckdb.DuckDBPyConnection, query: str, files: list[str]) -> tuple[Any, ...]:
    return connection.execute(query, {"files": files}).fetchone() or (0, 0)
