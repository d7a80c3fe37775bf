"""One Arrow column into the type of a contract: any width or unit of the same kind, no guessing."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


class ColumnError(ValueError):
    """A column, or the value in one of its rows, that is not of the contract's kind."""

    def __init__(self, found: str, expected: str, row: int | None = None) -> None:
        self.found, self.expected, self.row = found, expected, row
        place = "" if row is None else f"row {row}: "
        super().__init__(f"{place}found {found}, expected {expected}")


def cast_column(column: pa.Array | pa.ChunkedArray, wanted: pa.DataType) -> pa.Array:
    """Give the column as one array of the type.

    Times of any unit with a zone become the wanted unit (cut, not rounded), numbers of any width
    fit if their values do, floats are whole numbers where none has a fraction (NaN is null then),
    dictionary and large strings become strings. Nulls stay.
    Raises ColumnError on a column of another kind, a value that does not fit and text that is not
    UTF-8, naming its row.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not _is_same_kind(column.type, wanted):
        raise ColumnError(str(column.type), _described(wanted))
    if pa.types.is_integer(wanted) and pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    # A whole number so large that a float holds it only nearly is nearly that number.
    is_float = pa.types.is_floating(wanted)
    options = pc.CastOptions(wanted, allow_time_truncate=True, allow_float_truncate=is_float)
    try:
        cast = column if column.type == wanted else column.cast(options=options)
    except pa.ArrowInvalid as error:
        row = _first_misfit(column, options)
        found = str(error) if row is None else _shown(column[row])
        raise ColumnError(found, _described(wanted), row) from error
    if pa.types.is_string(wanted) and (row := _first_not_utf8(cast)) is not None:
        raise ColumnError("bytes that are none", "text in UTF-8", row)
    return cast.combine_chunks() if isinstance(cast, pa.ChunkedArray) else cast


def _is_same_kind(found: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_null(found):
        return True
    if pa.types.is_list(wanted):
        return pa.types.is_list(found) and _is_same_kind(found.value_type, wanted.value_type)
    if pa.types.is_timestamp(wanted):
        # A time without a zone could be UTC or local: eight hours apart in China, so not guessed.
        return pa.types.is_timestamp(found) and found.tz is not None
    if pa.types.is_floating(wanted):
        return pa.types.is_floating(found) or pa.types.is_integer(found)
    if pa.types.is_integer(wanted):
        return pa.types.is_integer(found) or pa.types.is_floating(found)
    if pa.types.is_boolean(wanted):
        return pa.types.is_boolean(found)
    return pa.types.is_string(found) or pa.types.is_large_string(found)


def _described(wanted: pa.DataType) -> str:
    if pa.types.is_list(wanted):
        return f"a list, each of it {_described(wanted.value_type)}"
    if pa.types.is_timestamp(wanted):
        return "a timestamp with time zone UTC"
    if pa.types.is_floating(wanted):
        return "a number"
    if pa.types.is_integer(wanted):
        return f"a whole number that fits {wanted}"
    return "true or false" if pa.types.is_boolean(wanted) else "text"


def _shown(scalar: pa.Scalar) -> str:
    # A time that does not fit may lie beyond the years that datetime holds.
    return str(scalar.value if pa.types.is_timestamp(scalar.type) else scalar.as_py())


def _first_misfit(column: pa.Array | pa.ChunkedArray, options: pc.CastOptions) -> int | None:
    """Give the first row that does not cast, None where every row does alone."""
    return _first_invalid(column, lambda piece: piece.cast(options=options))


def _first_not_utf8(column: pa.Array | pa.ChunkedArray) -> int | None:
    """Give the first row whose bytes are no UTF-8, None where all are: readers do not look."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return _first_invalid(column, lambda piece: piece.validate(full=True))
    return None


def _first_invalid(
    column: pa.Array | pa.ChunkedArray, check: Callable[[Any], object]
) -> int | None:
    """Give the first row that a check of pieces of the column refuses, by halving."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            check(column.slice(low, middle - low))
            low = middle
        except pa.ArrowInvalid:
            high = middle
    return low if high > low else None
