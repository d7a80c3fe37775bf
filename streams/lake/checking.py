"""A lake looked through: whether its files are whole, rows are there once, and no minute lacks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.user_error import reason_of
from streams.lake.layout import (
    SCHEMA_VERSION,
    STATES,
    TABLES,
    VERSION_KEY,
    LakeTable,
    blocks,
    days,
    half_files,
)
from streams.lake.reading import StoredError

_MEMORY = "2GB"
"""Beyond it grouping goes to disk. Unit: bytes. Source: chosen, a quarter of a machine of 8 GB."""


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
    with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
        for table in TABLES:
            say(table.name)
            found, wrong = _check_table(connection, lake, table)
            tables.append(found)
            findings += wrong
    if not any(table.block_files or table.day_files for table in tables) and not findings:
        expected = " or ".join(f"{table.topic}/" for table in TABLES)
        raise StoredError(f"{lake}: no lake, expected files in {expected}")
    return LakeCheck(tables, findings)


def _check_table(
    connection: duckdb.DuckDBPyConnection, lake: Path, table: LakeTable
) -> tuple[TableCheck, list[str]]:
    of_blocks = [block.file for block in blocks(lake, table)]
    of_days = [day.file for day in days(lake, table)]
    findings: list[str] = []
    readable = []
    for file in (*of_blocks, *of_days):
        wrong = _wrong_with(file, is_day=file in set(of_days), table=table)
        if wrong is None:
            readable.append(str(file))
        else:
            findings.append(f"{file}: {wrong}")
    rows = doubled = 0
    if readable:
        rows, doubled = _counted(connection, table, readable)
        if doubled:
            findings.append(f"{table.name}: {doubled:,} rows are there more than once")
        if table is STATES:
            findings += _gaps(connection, readable)
    return TableCheck(table.name, len(of_blocks), len(of_days), rows, doubled), findings


def _wrong_with(file: Path, is_day: bool, table: LakeTable) -> str | None:
    """Give what keeps a file from being read, None where nothing does."""
    try:
        schema = pq.read_schema(file)
    except (OSError, pa.ArrowInvalid) as error:
        return f"not whole: {reason_of(error)}"
    lacking = [name for name in table.key if name not in schema.names]
    if lacking:
        return f"no column {lacking[0]!r}"
    if is_day:
        version = (schema.metadata or {}).get(VERSION_KEY)
        if version != str(SCHEMA_VERSION).encode():
            found = version.decode() if version else "none"
            return f"schema version {found}, expected {SCHEMA_VERSION}"
    return None


_FILES = "read_parquet($files, union_by_name = true, hive_partitioning = false)"


def _counted(
    connection: duckdb.DuckDBPyConnection, table: LakeTable, files: list[str]
) -> tuple[int, int]:
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
