"""What was refused, whole enough to be looked into and sent again: the value on `dead-letters`."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa

from ingest.checks.reports import REPORT_KINDS
from ingest.plates import SHORTEST_PLATE, hash_plates, may_hold_plate, plate_key
from ingest.raw import split_records
from ingest.raw_fields import FIELDS, HIDDEN_FIELDS
from ingest.refusals import Reason, Refusal
from ingest.time_zone import UNKNOWN

LONGEST_ORIGINAL = 16 * 1024
"""A longer original is cut. Unit: bytes. Source: chosen, a hundred records."""
_SHOWN = frozenset().union(*FIELDS.values()) - HIDDEN_FIELDS
_IDS = ("camera_id", "approach_id", "report_id", "source")
_HIDDEN = "(hidden)"
# What a record of a camera says, even one that went to the topic of others.
_NAMES_PLATE = re.compile("plate|车牌|号牌".encode(), re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[a-z_]+")  # which no plate is


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the refused bytes stood: a topic's partition and offset, or a file."""

    source: str
    partition: int | None = None
    offset: int | None = None


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One refusal with the bytes it is about.

    `original` is base64 of the record (or message) as it came, of its first 16 KiB where
    `is_cut`; `size` and `sha256` are those of the whole. Of records with plates the plate is
    replaced by a hash, unknown fields and text where none belongs are hidden, what cannot be read
    is left out; their `sha256` is keyed, or whoever knows the rest could try all plates.
    """

    source: str
    reason: Reason
    expected: str
    original: str
    size: int
    sha256: str
    partition: int | None = None
    offset: int | None = None
    position: int | None = None
    field: str | None = None
    value: str | None = None
    is_cut: bool = False

    def encode(self) -> bytes:
        """Give the JSON of the letter."""
        return msgspec.json.encode(self)


def letters_of_message(
    origin: Origin,
    data: bytes,
    refusals: Iterable[Refusal],
    *,
    has_plates: bool = False,
    zone: ZoneInfo = UNKNOWN,
) -> list[DeadLetter]:
    """Give a letter for each refusal of a raw message: of one record with that record's bytes.

    A plate is hashed with the key of its day in `zone`, as in the rows that are taken.
    """
    refused = list(refusals)
    records: list[bytes] = []
    if any(refusal.position is not None for refusal in refused):
        records = split_records(data)
    letters = []
    for refusal in refused:
        is_whole = refusal.position is None
        part = data if refusal.position is None else records[refusal.position]
        stored, is_keyed = part, has_plates or bool(_NAMES_PLATE.search(part))
        if is_keyed:
            is_readable = not is_whole and refusal.reason is not Reason.INVALID_JSON
            stored = _without_plates(part, zone) if is_readable else b""
            refusal = _without_value(refusal, stored)
        letters.append(_letter(origin, refusal, part, stored, is_keyed))
    return letters


def letters_of_rows(
    origin: Origin, batch: pa.RecordBatch, refusals: Iterable[Refusal]
) -> list[DeadLetter]:
    """Give a letter for each refused row of a batch past the edge; its bytes are the row's JSON."""
    letters, has_plates = [], "plate_hash" in batch.schema.names
    for refusal in refusals:
        row = b"" if refusal.position is None else _row_json(batch, refusal.position)
        stored = row
        if has_plates and row:
            stored = _without_foreign_text(row)
            refusal = _without_value(refusal, stored)
        letters.append(_letter(origin, refusal, row, stored, has_plates))
    return letters


def _letter(
    origin: Origin, refusal: Refusal, data: bytes, stored: bytes, is_keyed: bool
) -> DeadLetter:
    digest = hmac.digest(plate_key(), data, "sha256") if is_keyed else hashlib.sha256(data).digest()
    return DeadLetter(
        source=origin.source,
        reason=refusal.reason,
        expected=refusal.expected,
        original=base64.b64encode(stored[:LONGEST_ORIGINAL]).decode(),
        size=len(data),
        sha256=digest.hex(),
        partition=origin.partition,
        offset=origin.offset,
        position=refusal.position,
        field=refusal.field,
        value=refusal.value,
        is_cut=len(stored) > LONGEST_ORIGINAL or (not stored and bool(data)),
    )


def _without_plates(record: bytes, zone: ZoneInfo) -> bytes:
    """Give the record with only such values as cannot be a plate, b"" where it is no object."""
    try:
        values = msgspec.json.decode(record, type=dict[str, object])
    except (ValueError, RecursionError):
        return b""
    plate = values.get("plate")
    shown = {
        name: value if _is_shown(name, value, plate) else _HIDDEN
        for name, value in values.items()
        if _PLAIN_NAME.fullmatch(name)
    }
    if isinstance(plate, str):
        shown["plate"] = _hashed(plate, values.get("event_time"), zone) or _HIDDEN
    return msgspec.json.encode(shown)


def _hashed(plate: str, event_time: object, zone: ZoneInfo) -> str | None:
    """Give a plate's hash by the key of its day, None where the time is none."""
    time = FIELDS["camera"]["event_time"].read(event_time)
    times = pa.array([time if isinstance(time, int) else None], pa.timestamp("ms", tz="UTC"))
    hashes = hash_plates(pa.array([plate]), times, plate_key(), zone)
    hashed: str | None = hashes[0].as_py()
    return hashed


def _without_foreign_text(row: bytes) -> bytes:
    """Give a row past the edge without text that may be a plate in the field of another."""
    values = msgspec.json.decode(row, type=dict[str, object])
    return msgspec.json.encode({name: _plain(value) for name, value in values.items()})


def _without_value(refusal: Refusal, stored: bytes) -> Refusal:
    """Give the refusal with its value hidden where that may be a plate or is hidden in `stored`."""
    shown = msgspec.json.decode(stored, type=dict[str, object]) if stored else {}
    is_hidden = shown.get(refusal.field or "") == _HIDDEN
    return msgspec.structs.replace(refusal, value=_HIDDEN if is_hidden else _plain(refusal.value))


def _plain(value: object) -> object:
    return _HIDDEN if isinstance(value, str) and not value.isascii() else value


def _is_shown(name: str, value: object, plate: object) -> bool:
    if name == "kind":
        return value in REPORT_KINDS
    if name in _IDS and isinstance(value, str):
        is_of_plate = len(value) >= SHORTEST_PLATE and value in str(plate)
        return value.isascii() and not is_of_plate
    return name in _SHOWN and not may_hold_plate(value)


def _row_json(batch: pa.RecordBatch, row: int) -> bytes:
    # Times as whole milliseconds: a bad one may lie beyond the years that datetime holds.
    values: dict[str, object] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        scalar = column[row]
        is_time = pa.types.is_timestamp(scalar.type)
        values[name] = scalar.value if is_time and scalar.is_valid else scalar.as_py()
    return msgspec.json.encode(values)
