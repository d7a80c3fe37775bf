"""What each field of a raw record must be, and the check of one record against it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ingest.checks.camera_events import CAMERA_KINDS
from ingest.checks.readings import MEASURED, ONE_MEASURED
from ingest.frames import FLOW
from ingest.plates import HASH_HEX_DIGITS, may_hold_plate
from ingest.refusals import Reason, Refusal, shorten

_HEX = frozenset("0123456789abcdef")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EARLIEST_MS, _LATEST_MS = 946_684_800_000, 4_102_444_800_000
"""Times that a record may carry as a number, 2000 to 2100. Unit: ms since 1970 UTC. Source: chosen;
the same number in another unit lies outside."""


class Misfit(NamedTuple):
    """Why a value is not what its field must be."""

    reason: Reason
    expected: str


class Field(NamedTuple):
    """One field of a record: how its value is read, and whether it may be absent or null."""

    read: Callable[[Any], Any]
    """Gives the value for the column, or a Misfit."""
    is_required: bool = True


def check_record(
    kind: str, position: int, record: dict[str, Any], fields: dict[str, Field]
) -> Refusal | None:
    """Replace the record's values by those of the columns; give the first misfit as a refusal."""
    for name, field in fields.items():
        value = record.get(name)
        if value is None:
            if field.is_required:
                return Refusal(kind, position, Reason.MISSING, "a value", name, "null or absent")
            continue
        read = field.read(value)
        if isinstance(read, Misfit):
            # A plate must not reach a log or a dead letter, not even one in another's field.
            is_hidden = kind == "camera" and (name.startswith("plate") or may_hold_plate(value))
            shown = "(hidden)" if is_hidden else shorten(repr(value))
            return Refusal(kind, position, read.reason, read.expected, name, shown)
        record[name] = read
    if fields is _DETECTOR and all(record.get(name) is None for name in (*MEASURED, FLOW)):
        found = "all null or absent"
        return Refusal(kind, position, Reason.MISSING, ONE_MEASURED, MEASURED[0], found)
    return None


def _text(value: Any) -> Any:
    return value if type(value) is str else Misfit(Reason.WRONG_TYPE, "text")


def _flag(value: Any) -> Any:
    return value if type(value) is bool else Misfit(Reason.WRONG_TYPE, "true or false")


def _number(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is not int:
        return Misfit(Reason.WRONG_TYPE, "a number")
    try:
        return float(value)
    except OverflowError:
        return Misfit(Reason.OUT_OF_RANGE, "a number that a float64 holds")


def _as_whole(value: Any) -> Any:
    """Give 60 for 60.0, which is how some gateways write whole numbers."""
    return int(value) if type(value) is float and value.is_integer() else value


def _whole(bits: int) -> Callable[[Any], Any]:
    limit = 1 << (bits - 1)

    def read(value: Any) -> Any:
        value = _as_whole(value)
        if type(value) is not int:
            return Misfit(Reason.WRONG_TYPE, "a whole number")
        if not -limit <= value < limit:
            return Misfit(Reason.OUT_OF_RANGE, f"a whole number of {bits} bits")
        return value

    return read


def _time(value: Any) -> Any:
    """Give milliseconds since 1970 UTC."""
    if type(value) is int:
        if _EARLIEST_MS <= value < _LATEST_MS:
            return value
        for unit, factor in (("seconds", 1e3), ("microseconds", 1e-3), ("nanoseconds", 1e-6)):
            if _EARLIEST_MS <= value * factor < _LATEST_MS:
                expected = f"milliseconds since 1970 UTC, this looks like {unit}"
                return Misfit(Reason.WRONG_TIME_UNIT, expected)
        return Misfit(Reason.BAD_TIME, "milliseconds since 1970 UTC, of 2000 to 2100")
    if type(value) is not str:
        return Misfit(Reason.WRONG_TYPE, "ISO 8601 text or whole milliseconds since 1970 UTC")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return Misfit(Reason.BAD_TIME, "ISO 8601 such as 2026-09-15T23:00:00+00:00")
    if time.tzinfo is None:
        return Misfit(Reason.BAD_TIME, "ISO 8601 with its offset from UTC")
    milliseconds = (time - _EPOCH) // _MILLISECOND
    if not _EARLIEST_MS <= milliseconds < _LATEST_MS:
        return Misfit(Reason.BAD_TIME, "a time of 2000 to 2100")
    return milliseconds


def _plate_hash(value: Any) -> Any:
    is_hash = type(value) is str and len(value) == HASH_HEX_DIGITS and not set(value) - _HEX
    return value if is_hash else Misfit(Reason.WRONG_TYPE, f"{HASH_HEX_DIGITS} hex digits")


def _camera_kind(value: Any) -> Any:
    is_kind = type(value) is str and value in CAMERA_KINDS
    return value if is_kind else Misfit(Reason.UNKNOWN_KIND, ", ".join(CAMERA_KINDS))


def _fleet(name: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return value if value == name else Misfit(Reason.UNKNOWN_FLEET, f"{name}, as the topic")

    return read


_DETECTOR = {
    "detector_id": Field(_text),
    "interval_start": Field(_time),
    "interval_s": Field(_whole(32)),
    "vehicle_count": Field(_whole(32), is_required=False),
    FLOW: Field(_number, is_required=False),
    "occupancy": Field(_number, is_required=False),
    "speed_kmh": Field(_number, is_required=False),
}
_DETECTOR_EVENT = {
    "detector_id": Field(_text),
    "event_time": Field(_time),
    "is_on": Field(_flag),
}
_CAMERA = {
    "camera_id": Field(_text),
    "approach_id": Field(_text),
    "event_time": Field(_time),
    "kind": Field(_camera_kind),
    "lane": Field(_whole(16), is_required=False),
    "plate": Field(_text, is_required=False),
    "plate_hash": Field(_plate_hash, is_required=False),
    "speed_kmh": Field(_number, is_required=False),
    "dwell_s": Field(_number, is_required=False),
}


def _fix(fleet: str) -> dict[str, Field]:
    return {
        "vehicle_id": Field(_text),
        "fleet": Field(_fleet(fleet), is_required=False),
        "event_time": Field(_time),
        "arrival_time": Field(_time, is_required=False),
        "longitude": Field(_number),
        "latitude": Field(_number),
        "speed_kmh": Field(_number, is_required=False),
        "heading_deg": Field(_number, is_required=False),
    }


FIELDS: dict[str, dict[str, Field]] = {
    "gps.bus": _fix("bus"),
    "gps.taxi": _fix("taxi"),
    "magnetometer": _DETECTOR,
    "camera": _CAMERA,
}
"""The fields of each kind of raw record."""


def is_detector_event(kind: str, record: dict[str, Any]) -> bool:
    """Tell whether a magnetometer's record is of one vehicle, not of an interval."""
    has_event = "event_time" in record or "is_on" in record
    return kind == "magnetometer" and has_event and "interval_start" not in record


def fields_of(kind: str, record: dict[str, Any]) -> dict[str, Field]:
    """Give the fields that a record of the kind must have."""
    return _DETECTOR_EVENT if is_detector_event(kind, record) else FIELDS[kind]
