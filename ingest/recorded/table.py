"""One Parquet file of a recorded feed into a table of a contract schema."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.columns import ColumnError, cast_column
from ingest.recorded.feed_error import FeedError
from ingest.user_error import reason_of


def read_table(
    path: Path,
    schema: pa.Schema,
    optional: frozenset[str] = frozenset(),
    groups: Sequence[int] | None = None,
) -> pa.Table | None:
    """Give the file's rows in file order under the schema, None where there is no file.

    `groups` are the groups of rows that are read, None all; rows are then counted from the first.

    Any width of number, any time unit and dictionary strings are taken; nulls in float columns
    become NaN, other nulls stay. Columns that the schema lacks are left unread;
    optional ones that the file lacks are null.
    Raises FeedError on a truncated or foreign file, a missing column, a column twice or of
    another kind, a value that does not fit and text that is not UTF-8, naming its row.
    """
    if not path.exists():
        return None
    try:
        found = pq.read_schema(path)
        missing = [name for name in schema.names if name not in {*found.names, *optional}]
        if missing:
            expected = f"the columns {', '.join(schema.names)}"
            raise FeedError(path, expected, column=missing[0], value="no such column")
        twice = [name for name in schema.names if found.names.count(name) > 1]
        if twice:
            raise FeedError(path, "each column once", column=twice[0], value="two columns")
        present = [name for name in schema.names if name in found.names]
        if groups is None:
            table = pq.read_table(path, columns=present, partitioning=None)
        else:
            with pq.ParquetFile(path) as whole:
                table = whole.read_row_groups(list(groups), columns=present)
    except (pa.ArrowException, OSError) as error:
        raise FeedError(path, "a whole Parquet file", value=reason_of(error)) from error
    columns = [
        _column(path, field, table[field.name])
        if field.name in present
        else _column(path, field, pa.nulls(table.num_rows, field.type))
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(path: Path, field: pa.Field, column: pa.Array | pa.ChunkedArray) -> pa.Array:
    try:
        cast = cast_column(column, field.type)
    except ColumnError as error:
        raise FeedError(
            path, error.expected, row=error.row, column=field.name, value=error.found
        ) from error
    return cast.fill_null(float("nan")) if pa.types.is_floating(field.type) else cast
