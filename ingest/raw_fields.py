"""What each field of a raw record must be, and the check of one record against it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ingest.checks.camera_events import CAMERA_KINDS
from ingest.checks.readings import MEASURED, ONE_MEASURED
from ingest.checks.reports import REPORT_KINDS
from ingest.frames import FLOW
from ingest.moments import moment_ms
from ingest.plates import HASH_HEX_DIGITS, may_hold_plate
from ingest.refusals import Misfit, Reason, Refusal, shorten

PRIVATE = frozenset({"camera", "reports"})
"""Kinds of records in which a plate, or a name, may stand."""
HIDDEN_FIELDS = frozenset({"plate", "plate_hash", "text"})
"""Their values reach no log and no dead letter."""
_HEX = frozenset("0123456789abcdef")


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
            is_hidden = kind in PRIVATE and (name in HIDDEN_FIELDS or may_hold_plate(value))
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


def _plate_hash(value: Any) -> Any:
    is_hash = type(value) is str and len(value) == HASH_HEX_DIGITS and not set(value) - _HEX
    return value if is_hash else Misfit(Reason.WRONG_TYPE, f"{HASH_HEX_DIGITS} hex digits")


def _kind(kinds: tuple[str, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        is_kind = type(value) is str and value in kinds
        return value if is_kind else Misfit(Reason.UNKNOWN_KIND, ", ".join(kinds))

    return read


def _fleet(name: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return value if value == name else Misfit(Reason.UNKNOWN_FLEET, f"{name}, as the topic")

    return read


_DETECTOR = {
    "detector_id": Field(_text),
    "interval_start": Field(moment_ms),
    "interval_s": Field(_whole(32)),
    "vehicle_count": Field(_whole(32), is_required=False),
    FLOW: Field(_number, is_required=False),
    "occupancy": Field(_number, is_required=False),
    "speed_kmh": Field(_number, is_required=False),
}
_DETECTOR_EVENT = {
    "detector_id": Field(_text),
    "event_time": Field(moment_ms),
    "is_on": Field(_flag),
}
_CAMERA = {
    "camera_id": Field(_text),
    "approach_id": Field(_text),
    "event_time": Field(moment_ms),
    "kind": Field(_kind(CAMERA_KINDS)),
    "lane": Field(_whole(16), is_required=False),
    "plate": Field(_text, is_required=False),
    "plate_hash": Field(_plate_hash, is_required=False),
    "speed_kmh": Field(_number, is_required=False),
    "dwell_s": Field(_number, is_required=False),
}
_REPORT = {
    "report_id": Field(_text),
    "source": Field(_text),
    "event_time": Field(moment_ms),
    "longitude": Field(_number),
    "latitude": Field(_number),
    "kind": Field(_kind(REPORT_KINDS)),
    "text": Field(_text, is_required=False),
}


def _fix(fleet: str) -> dict[str, Field]:
    return {
        "vehicle_id": Field(_text),
        "fleet": Field(_fleet(fleet), is_required=False),
        "event_time": Field(moment_ms),
        "arrival_time": Field(moment_ms, is_required=False),
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
    "reports": _REPORT,
}
"""The fields of each kind of raw record."""


def is_detector_event(kind: str, record: dict[str, Any]) -> bool:
    """Tell whether a magnetometer's record is of one vehicle, not of an interval."""
    has_event = "event_time" in record or "is_on" in record
    return kind == "magnetometer" and has_event and "interval_start" not in record


def fields_of(kind: str, record: dict[str, Any]) -> dict[str, Field]:
    """Give the fields that a record of the kind must have."""
    return _DETECTOR_EVENT if is_detector_event(kind, record) else FIELDS[kind]
