"""An array of plain raw records read column by column: the usual message, at a third of the cost.

It answers only for messages in which every record is as it should be; whatever else there is, the
reading record by record in `ingest.raw` says what is wrong. Both give the same batch.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.checks.readings import MEASURED
from ingest.frames import FIXES, FLOW, SENT_READINGS, with_counts
from ingest.moments import EARLIEST_MS, LATEST_MS
from ingest.raw_fields import FIELDS

COLUMN_SCHEMAS = {"gps.bus": FIXES, "gps.taxi": FIXES, "magnetometer": SENT_READINGS}
"""The kinds that are read so."""
_OF_EVENTS = {"event_time", "is_on"}  # of a detector's record of a single vehicle
_NUMBERS = {float, int, type(None)}
_LIMIT = 1 << 31  # of a whole number of 32 bits

_NOT_PLAIN = (msgspec.MsgspecError, pa.ArrowException, ValueError, TypeError, ArithmeticError,
              RecursionError)  # fmt: skip
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


class _OddError(Exception):
    """A value that the reading record by record has to judge."""


def read_columns(kind: str, text: bytes) -> tuple[pa.RecordBatch, frozenset[str]] | None:
    """Give the batch of a JSON array of a kind of COLUMN_SCHEMAS, and the fields it ignores.

    None where not every record is plain and good, or where there is none.
    """
    schema, fields = COLUMN_SCHEMAS[kind], FIELDS[kind]
    try:
        records = _decode(text)
        names = frozenset().union(*records)
        if not records or (schema is SENT_READINGS and names & _OF_EVENTS):
            return None
        values = {name: [record.get(name) for record in records] for name in names}
        if any(map(_is_given, values.get("unpaired_count", ()))):  # which no gateway knows
            return None
        if not _names_each_key_once(text, records, values):
            return None
        columns = _columns(kind, schema, values, len(records))
        batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    except (_OddError, *_NOT_PLAIN):
        return None
    return (with_counts(batch) if schema is SENT_READINGS else batch), names - fields.keys()


def _names_each_key_once(
    text: bytes, records: list[dict[str, Any]], values: Mapping[str, list[Any]]
) -> bool:
    """Tell whether the text has no more quotes than the keys and texts that were read need.

    A key given twice, or a record in a record, would have more.
    """
    texts = sum(list(map(type, column)).count(str) for column in values.values())
    return text.count(b'"') == 2 * (sum(map(len, records)) + texts)


def _columns(
    kind: str, schema: pa.Schema, values: Mapping[str, list[Any]], count: int
) -> list[pa.Array]:
    fields, nothing = FIELDS[kind], [None] * count
    columns = {}
    for field in schema:
        column = values.get(field.name, nothing)
        is_required = field.name in fields and fields[field.name].is_required
        if field.name == "fleet":
            columns["fleet"] = _fleet(column, kind.removeprefix("gps."))
        elif pa.types.is_string(field.type):
            columns[field.name] = _texts(column)
        elif pa.types.is_timestamp(field.type):
            columns[field.name] = _moments(column, field.type, is_required=is_required)
        elif field.name in ("interval_s", "vehicle_count"):
            columns[field.name] = _whole(column, field.type, is_required=is_required)
        else:
            columns[field.name] = _numbers(column, field.type, is_required=is_required)
    if schema is FIXES and columns["arrival_time"].null_count:
        columns["arrival_time"] = pc.coalesce(columns["arrival_time"], columns["event_time"])
    if schema is SENT_READINGS and not all(
        any(of) for of in zip(*_given(values, nothing), strict=True)
    ):
        raise _OddError
    return [columns[name] for name in schema.names]


def _given(values: Mapping[str, list[Any]], nothing: list[None]) -> list[list[bool]]:
    """Give for each thing that a detector measures in which records it stands."""
    return [list(map(_is_given, values.get(name, nothing))) for name in (*MEASURED, FLOW)]


def _is_given(value: Any) -> bool:
    return value is not None


def _fleet(values: list[Any], name: str) -> pa.Array:
    if not {None, name}.issuperset(values):
        raise _OddError
    return pa.array([name] * len(values), pa.string())


def _texts(values: list[Any]) -> pa.Array:
    if set(map(type, values)) != {str}:
        raise _OddError
    return pa.array(values, pa.string())


def _moments(values: list[Any], kind: pa.DataType, *, is_required: bool) -> pa.Array:
    types = set(map(type, values))
    if not is_required:
        types.discard(type(None))
    if types == {str}:
        times = pa.array(values, pa.string()).cast(kind)
    elif types <= {int}:
        times = pa.array(values, pa.int64()).cast(kind)
    else:
        raise _OddError
    given = times.view(pa.int64())
    moments = (given.drop_null() if given.null_count else given).to_numpy()
    if len(moments) and not (moments.min() >= EARLIEST_MS and moments.max() < LATEST_MS):
        raise _OddError
    return times


def _whole(values: list[Any], kind: pa.DataType, *, is_required: bool) -> pa.Array:
    floats = _floats(values, is_required=is_required)
    given = floats[~np.isnan(floats)]
    if np.any((given != np.trunc(given)) | (given < -_LIMIT) | (given >= _LIMIT)):
        raise _OddError
    return pa.array((floats + 0.0).astype(kind.to_pandas_dtype()))  # no whole number is -0.0


def _numbers(values: list[Any], kind: pa.DataType, *, is_required: bool) -> pa.Array:
    floats = _floats(values, is_required=is_required)
    if kind == pa.float64():
        return pa.array(floats)
    with np.errstate(over="ignore"):
        return pa.array(floats.astype(np.float32))


def _floats(values: list[Any], *, is_required: bool) -> npt.NDArray[np.float64]:
    if not _NUMBERS.issuperset(map(type, values)) or (is_required and None in values):
        raise _OddError
    return np.array([np.nan if v is None else v for v in values], np.float64)
