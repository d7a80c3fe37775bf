"""One Parquet file of a recorded feed into a table of a contract schema."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.feed_error import FeedError


def read_table(path: Path, schema: pa.Schema) -> pa.Table | None:
    """Give the file's rows in file order under the schema, None where there is no file.

    Any width of number, any time unit and dictionary strings are taken; nulls in float columns
    become NaN, other nulls stay. Columns that the schema lacks are left unread.
    Raises FeedError on a truncated or foreign file, a missing column, a column of another kind
    and a value that does not fit, naming its row.
    """
    if not path.exists():
        return None
    try:
        found = pq.read_schema(path)
        missing = [name for name in schema.names if name not in found.names]
        if missing:
            expected = f"the columns {', '.join(schema.names)}"
            raise FeedError(path, expected, column=missing[0], value="no such column")
        table = pq.read_table(path, columns=schema.names, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise FeedError(path, "a whole Parquet file", value=str(error)) from error
    columns = [_column(path, field, table[field.name]) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(path: Path, field: pa.Field, column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not _is_same_kind(column.type, field.type):
        raise FeedError(path, _wanted(field.type), column=field.name, value=str(column.type))
    options = pc.CastOptions(field.type, allow_time_truncate=True, allow_float_truncate=False)
    try:
        cast = column.cast(options=options).combine_chunks()
    except pa.ArrowInvalid as error:
        row = _first_misfit(column, options)
        value = None if row is None else column[row].as_py()
        raise FeedError(
            path, _wanted(field.type), row=row, column=field.name, value=value or str(error)
        ) from error
    if isinstance(cast, pa.ChunkedArray):
        cast = pa.concat_arrays(cast.chunks) if cast.num_chunks else pa.array([], field.type)
    return cast.fill_null(float("nan")) if pa.types.is_floating(field.type) else cast


def _is_same_kind(found: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_null(found):
        return True
    if pa.types.is_timestamp(wanted):
        # A time without a zone could be UTC or local: eight hours apart in China, so not guessed.
        return pa.types.is_timestamp(found) and found.tz is not None
    if pa.types.is_floating(wanted):
        return pa.types.is_floating(found) or pa.types.is_integer(found)
    if pa.types.is_integer(wanted):
        return pa.types.is_integer(found)
    return pa.types.is_string(found) or pa.types.is_large_string(found)


def _wanted(wanted: pa.DataType) -> str:
    if pa.types.is_timestamp(wanted):
        return "a timestamp with time zone UTC"
    if pa.types.is_floating(wanted):
        return "a number"
    if pa.types.is_integer(wanted):
        return f"a whole number that fits {wanted}"
    return "text"


def _first_misfit(column: pa.ChunkedArray, options: pc.CastOptions) -> int | None:
    """Give the first row that does not cast, by halving; None where the whole column does."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            column.slice(low, middle - low).cast(options=options)
            low = middle
        except pa.ArrowInvalid:
            high = middle
    return low if high > low else None
