"""Raw JSON messages of a city gateway into batches: strict, one bad record refuses only itself."""

import json
import re
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.detector_events import DETECTOR_EVENTS
from ingest.frames import CAMERA_EVENTS, FIXES, SENT_READINGS, with_counts
from ingest.plates import hash_plates, plate_key
from ingest.raw_columns import COLUMN_SCHEMAS, read_columns
from ingest.raw_fields import (
    FIELDS,
    PRIVATE,
    Field,
    check_record,
    fields_of,
    is_detector_event,
)
from ingest.refusals import Reason, Refusal, shorten
from ingest.reports import REPORTS
from ingest.time_zone import UNKNOWN

Bytes = Annotated[int, "bytes"]

KINDS = tuple(FIELDS)
LARGEST_MESSAGE: Bytes = 16 * 1024 * 1024
"""A larger message is refused. Unit: bytes. Source: chosen; 100,000 records."""

_SCHEMAS = {
    "gps.bus": FIXES,
    "gps.taxi": FIXES,
    "magnetometer": SENT_READINGS,
    "camera": CAMERA_EVENTS,
    "reports": REPORTS,
}
# The strings of a JSON text from left to right; those before a colon are keys.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"(\s*:)?', re.DOTALL)
_FORMS = "one JSON object, an array of objects, or one object a line"

_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder().decode


_NO_EVENTS = pa.RecordBatch.from_pylist([], schema=DETECTOR_EVENTS)


class Parsed(NamedTuple):
    """The batch of the good records in their order, and why the others are not in it.

    Of magnetometers those of single vehicles are in `events`, a batch of DETECTOR_EVENTS, and their
    places in the message in `event_positions`; `positions` are those of the batch's rows.
    `ignored_fields` are names that good records carried beside those of their kind.
    """

    batch: pa.RecordBatch
    refusals: list[Refusal]
    ignored_fields: frozenset[str] = frozenset()
    positions: tuple[int, ...] = ()
    events: pa.RecordBatch = _NO_EVENTS
    event_positions: tuple[int, ...] = ()


def parse_raw(
    kind: str,
    data: bytes,
    *,
    key: bytes | None = None,
    zone: ZoneInfo = UNKNOWN,
    largest: Bytes = LARGEST_MESSAGE,
) -> Parsed:
    """Give the records of one raw message of a kind, one of KINDS.

    Records have the columns of a recorded feed; numbers must be numbers and times ISO 8601 with
    offset or whole milliseconds since 1970 UTC; what else a gateway adds is ignored. A magnetometer
    sends readings of intervals, or an event each time a vehicle comes or goes. A fix without
    arrival_time arrives at its event_time. Plates are hashed with `key`, each day of
    `zone` for itself; a gateway may send plate_hash instead. A message too large or not JSON is
    refused whole, a bad line or record by itself.
    Raises ValueError on an unknown kind.
    """
    if kind not in FIELDS:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(KINDS)}")
    if len(data) > largest:
        found = f"{len(data)} bytes"
        refusal = Refusal(kind, None, Reason.TOO_LARGE, f"at most {largest} bytes", None, found)
        return Parsed(_build(kind, [], key, zone), [refusal])
    text = _stripped(data)
    if kind in COLUMN_SCHEMAS and text.startswith(b"["):
        plain = read_columns(kind, text)
        if plain is not None:
            batch, unknown = plain
            return Parsed(batch, [], unknown, tuple(range(batch.num_rows)))
    try:
        records = split_records(data)
    except ValueError as error:
        # Such a text may begin with a plate.
        found = "(hidden)" if kind in PRIVATE else shorten(str(error))
        refusal = Refusal(kind, None, Reason.INVALID_JSON, _FORMS, None, found)
        return Parsed(_build(kind, [], key, zone), [refusal])
    good: dict[int, dict[str, Any]] = {}
    events: dict[int, dict[str, Any]] = {}
    refusals: list[Refusal] = []
    ignored: set[str] = set()
    for position, record in enumerate(records):
        answer = _parse_record(kind, position, record)
        if isinstance(answer, Refusal):
            refusals.append(answer)
        else:
            (events if is_detector_event(kind, answer) else good)[position] = answer
            ignored |= answer.keys() - fields_of(kind, answer).keys()
    return Parsed(
        _build(kind, list(good.values()), key, zone),
        refusals,
        frozenset(ignored),
        tuple(good),
        pa.RecordBatch.from_pylist(list(events.values()), schema=DETECTOR_EVENTS),
        tuple(events),
    )


def split_records(data: bytes) -> list[bytes]:
    """Give the bytes of each record of a message, unparsed.

    Raises ValueError where the message is neither JSON nor lines of which one is.
    """
    text = _stripped(data)
    if not text:
        raise ValueError("an empty message")
    try:
        if text.startswith(b"["):
            return [bytes(record) for record in _decode_array(text)]
        if not text.startswith(b"{"):
            raise ValueError(f"a message that begins with {text[:20]!r}")
        if b"\n" not in text:
            msgspec.json.decode(text, type=msgspec.Raw)
            return [text]
        return _split_lines(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _stripped(data: bytes) -> bytes:
    return data.strip().removeprefix(b"\xef\xbb\xbf")


def _split_lines(text: bytes) -> list[bytes]:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
        return [text]
    except msgspec.DecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if not any(_is_json(line) for line in lines):
            raise ValueError(str(error)) from error
        return lines


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _parse_record(kind: str, position: int, data: bytes) -> dict[str, Any] | Refusal:
    try:
        record = _decode_any(data)
    except (ValueError, RecursionError) as error:
        is_number = "out of range" in str(error)
        reason = Reason.OUT_OF_RANGE if is_number else Reason.INVALID_JSON
        found = shorten(str(error))
        expected = "numbers that a float64 holds" if is_number else "one JSON object"
        return Refusal(kind, position, reason, expected, None, found)
    if not isinstance(record, dict):
        found = type(record).__name__
        return Refusal(kind, position, Reason.NOT_A_RECORD, "a JSON object", None, found)
    fields = fields_of(kind, record)
    refusal = check_record(kind, position, record, fields)
    if refusal is not None:
        return refusal
    # As many keys in the text as in the record: none is there twice. Others are looked at closely.
    key_count = sum(1 for colon in _STRINGS.findall(data) if colon)
    if key_count != len(record) and (name := _twice(data, fields)) is not None:
        return Refusal(kind, position, Reason.DUPLICATE_KEY, "each key once", name, "two values")
    return record


def _twice(data: bytes, fields: dict[str, Field]) -> str | None:
    """Give a field of the kind that a record itself names twice, None where there is none."""
    names: list[str] = []

    def keep(pairs: list[tuple[str, Any]]) -> None:
        names[:] = [name for name, _ in pairs]  # the outermost object comes last

    json.loads(data, object_pairs_hook=keep)
    return next((name for name in fields if names.count(name) > 1), None)


def _build(
    kind: str,
    records: list[dict[str, Any]],
    key: bytes | None,
    zone: ZoneInfo,
) -> pa.RecordBatch:
    schema = _SCHEMAS[kind]
    if schema is FIXES:
        for record in records:
            record["fleet"] = kind.removeprefix("gps.")
            if record.get("arrival_time") is None:
                record["arrival_time"] = record["event_time"]
    columns = []
    for field in schema:
        name = "plate" if field.name == "plate_hash" else field.name
        values = [record.get(name) for record in records]
        if pa.types.is_floating(field.type):
            floats = np.array([np.nan if v is None else v for v in values], np.float64)
            with np.errstate(over="ignore"):
                columns.append(pa.array(floats.astype(field.type.to_pandas_dtype())))
        else:
            columns.append(pa.array(values, field.type))
    if schema is CAMERA_EVENTS:
        times = columns[schema.get_field_index("event_time")]
        place = schema.get_field_index("plate_hash")
        given = pa.array([record.get("plate_hash") for record in records], pa.string())
        hashes = hash_plates(columns[place], times, key or plate_key(), zone)
        columns[place] = pc.coalesce(hashes, given)
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    return with_counts(batch) if schema is SENT_READINGS else batch
