"""Blocks put together to days: few large files, no row twice, whatever a crash left."""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.reports.versions import NETWORK_VERSION_KEY
from streams.lake.layout import (
    BLOCKS_KEY,
    DAY_FILE,
    NETWORK_KEY,
    SCHEMA_VERSION,
    STORED,
    TIMEZONE_KEY,
    VERSION_KEY,
    Block,
    LakeTable,
    Place,
    blocks,
    blocks_of_day,
    half_files,
    is_in_day,
    whole_blocks,
)
from streams.lake.soundness import UnsoundError, broken_rows, plainly, sound_metadata

DAY_STEM = DAY_FILE.partition(".")[0]
MEMORY = "2GB"
"""Beyond it sorting goes to disk. Unit: bytes. Source: chosen, a quarter of a machine of 8 GB."""
Say = Callable[[str], None]


class Compacted(NamedTuple):
    """What was put together: blocks read and removed, days written, rows in and out.

    A line in `unreadable` names a file that stays as it is, and why.
    """

    blocks: int
    days: int
    rows_in: int
    rows_out: int
    unreadable: list[str]


def compact(lake: Path, *, every: bool = False, say: Say = lambda _: None) -> Compacted:
    """Put the whole blocks of a lake together to days, alone: the caller holds its turn.

    A day is read, joined with its new rows, and replaced whole; then its blocks go. Of rows that
    agree in a table's key one stays. A file that cannot be used stays where it is and is named;
    what an end on the way left half written goes. `every` takes the newest blocks too: only while
    no worker writes.
    """
    parts, written = [], set[tuple[Path, str]]()
    for table in STORED:
        of_places: dict[Place, list[Block]] = {}
        for block in whole_blocks(blocks(lake, table), every):
            of_places.setdefault(block.place, []).append(block)
            written.add((block.file.parent, block.file.stem))
        for place, found in sorted(of_places.items()):
            say(f"{table.name} of {place.date}, region {place.region}: {len(found):,} blocks")
            parts.append(_compact_place(table, found, place.day_file(lake, table)))
    _remove_half_files(lake, written, every)
    return Compacted(
        blocks=sum(part.blocks for part in parts),
        days=sum(part.days for part in parts),
        rows_in=sum(part.rows_in for part in parts),
        rows_out=sum(part.rows_out for part in parts),
        unreadable=[line for part in parts for line in part.unreadable],
    )


def _remove_half_files(lake: Path, written: set[tuple[Path, str]], every: bool) -> None:
    """Remove what crashes left half written: days, and blocks that no worker writes any more."""
    for half in half_files(lake):
        stem = half.name.partition(".")[0]
        if every or stem == DAY_STEM or (half.parent, stem) in written:
            half.unlink(missing_ok=True)


def _compact_place(table: LakeTable, found: Sequence[Block], day: Path) -> Compacted:
    """Put the blocks of a network, date and region into their day."""
    unreadable: list[str] = []
    of_day, rows = blocks_of_day(day), dict[Path, int]()
    for file in [day] * os.path.lexists(day) + [block.file for block in found]:
        try:
            rows[file] = sound_metadata(file, table).num_rows
        except UnsoundError as error:
            unreadable.append(f"{file}: {error}")
    if os.path.lexists(day) and day not in rows:
        return Compacted(0, 0, 0, 0, unreadable)  # its rows may be mended: nothing replaces it
    old = [day] if rows.pop(day, None) is not None else []
    fresh = [file for file, count in rows.items() if not is_in_day(file, count, of_day)]
    rows_out = 0
    try:
        if fresh:
            names = of_day | {file.name: rows[file] for file in fresh}
            rows_out = _write_day(table, [*fresh, *old], day, names)
        for file in rows:
            file.unlink()
    except (OSError, duckdb.Error, pa.ArrowException) as error:
        broken = {file: why for file in [*fresh, *old] if (why := broken_rows(file)) is not None}
        unreadable += [f"{file}: {why}" for file, why in broken.items()]
        if not broken:
            unreadable.append(f"{day.parent}: {plainly(error)}")
        if day in broken or not broken:
            return Compacted(0, 0, 0, 0, unreadable)
        rest = _compact_place(table, [b for b in found if b.file not in broken], day)
        return rest._replace(unreadable=list(dict.fromkeys([*unreadable, *rest.unreadable])))
    rows_in = sum(rows[file] for file in fresh)
    return Compacted(len(rows), int(bool(fresh)), rows_in, rows_out, unreadable)


def _write_day(
    table: LakeTable, sources: Sequence[Path], day: Path, of_blocks: dict[str, int]
) -> int:
    """Write a day beside its place and put it there; give its rows."""
    key = ", ".join(table.key)
    metadata = joined_metadata(sources) | {BLOCKS_KEY: json.dumps(of_blocks).encode()}
    return replace_day(
        f"SELECT DISTINCT ON ({key}) * FROM read_parquet($files, union_by_name = true, "
        f"hive_partitioning = false) ORDER BY {key}",
        sources, day, metadata,
    )  # fmt: skip


def joined_metadata(files: Iterable[Path]) -> dict[bytes, bytes]:
    """Give the metadata that files have together; all versions of the network they are of."""
    found: dict[bytes, dict[bytes, None]] = {}
    for file in files:
        for key, value in (pq.read_schema(file).metadata or {}).items():
            found.setdefault(key, {})[value] = None
    kept = {}
    for key in (NETWORK_KEY, NETWORK_VERSION_KEY, TIMEZONE_KEY):
        parts = {part for value in found.get(key, {}) for part in value.split(b",")}
        if parts:
            kept[key] = b",".join(sorted(parts))
    return kept | {VERSION_KEY: str(SCHEMA_VERSION).encode()}


def replace_day(
    query: str, sources: Sequence[Path], day: Path, metadata: dict[bytes, bytes]
) -> int:
    """Write a query of some files so that the day's file is replaced whole; give its rows."""
    half = day.with_suffix(f".{os.getpid()}.tmp")
    written = ", ".join(f"{k.decode()}: {_quoted(v.decode())}" for k, v in metadata.items())
    try:
        with duckdb.connect(config=engine_config()) as connection:
            connection.execute(
                f"COPY ({query}) TO {_quoted(str(half))} "
                f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{written}}})",
                {"files": [str(file) for file in sources]},
            )
        rows = pq.read_metadata(half).num_rows
        os.replace(half, day)
    finally:
        half.unlink(missing_ok=True)
    return int(rows)


def engine_config() -> dict[str, str]:
    """Give the settings of an engine that looks after a lake: bounded, it spills to disk."""
    spill = Path(tempfile.gettempdir()) / f"clearway-{os.getpid()}"
    return {"memory_limit": MEMORY, "temp_directory": str(spill)}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
