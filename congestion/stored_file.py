"""What a stored file of Parquet says of itself: its columns, its minutes, which file it is.

No row is read.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from congestion.records import STATES
from ingest.units import Seconds
from ingest.user_error import UserError

_TAIL = 8
"""The length of the footer and the magic bytes end every file of Parquet. Unit: bytes."""


def file_stamp(file: Path) -> str:
    """Give a file's size and the checksum of its footer, which has the bounds of every column.

    Raises OSError.
    """
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        opened.seek(max(size - _TAIL, 0))
        length = int.from_bytes(opened.read(4), "little")
        opened.seek(max(size - _TAIL - length, 0))
        return f"{size}/{zlib.crc32(opened.read(length)):08x}"


class StoredFileError(UserError):
    """A stored file whose columns or times are not those of segment states."""


def check_columns(schema: pa.Schema, names: Iterable[str]) -> None:
    """Raise StoredFileError naming the first of the columns that lacks, is there twice or is of
    another kind than in segment states. Text and numbers may be of other widths.
    """
    for name in names:
        count = schema.names.count(name)
        if count != 1:
            found = "no column" if count == 0 else f"{count} columns"
            raise StoredFileError(f"{found} {name!r}, expected the columns of segment states")
        found, expected = (column_kind(of.field(name).type) for of in (schema, STATES))
        if found != expected:
            raise StoredFileError(f"column {name!r}: found {found}, expected {expected}")


def column_kind(column: pa.DataType) -> str:
    """Give what a column holds, in words; the widths of numbers and of text are all one."""
    if pa.types.is_dictionary(column):
        column = column.value_type
    if pa.types.is_timestamp(column) and column.tz:
        return "times with a zone"
    if pa.types.is_string(column) or pa.types.is_large_string(column):
        return "text"
    if pa.types.is_floating(column) or pa.types.is_integer(column) or pa.types.is_decimal(column):
        return "numbers"
    if pa.types.is_list(column) or pa.types.is_large_list(column):
        return f"lists of {column_kind(column.value_type)}"
    return str(column)


def minute_bounds(metadata: pq.FileMetaData) -> tuple[Seconds, Seconds] | None:
    """Give the first and the last minute of a file of states, None where it has no row.

    Raises StoredFileError where its metadata has no bounds, or those of no calendar.
    """
    at = metadata.schema.names.index("interval_start")
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    found = [group.column(at).statistics for group in groups if group.num_rows]
    if not found:
        return None
    if any(s is None or not s.has_min_max for s in found):
        raise StoredFileError("no bounds of 'interval_start' in its metadata, expected Parquet's")
    try:
        return min(s.min for s in found).timestamp(), max(s.max for s in found).timestamp()
    except OverflowError as error:
        raise StoredFileError("'interval_start' is after the year 9999") from error
