"""The reasons for which rows are refused, and what a refusal says."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

_LONGEST_VALUE = 120
"""Unit: characters. Source: chosen, a line of a log; the dead letter holds the value whole."""


class Reason(StrEnum):
    """Every reason for which a row or a message is refused."""

    # of a message or record: raw.py, raw_fields.py; of a frame: the stage that reads it
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too_large"
    INVALID_JSON = "invalid_json"
    NOT_A_RECORD = "not_a_record"
    NOT_A_FRAME = "not_a_frame"
    STAGE_FAILED = "stage_failed"
    DUPLICATE_KEY = "duplicate_key"
    WRONG_TYPE = "wrong_type"
    # of a row by itself: checks/fixes.py, readings.py, detector_events.py, camera_events.py,
    # reports.py
    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    BAD_TIME = "bad_time"
    WRONG_TIME_UNIT = "wrong_time_unit"
    OUTSIDE_NETWORK = "outside_network"
    SWAPPED_COORDINATES = "swapped_coordinates"
    UNKNOWN_FLEET = "unknown_fleet"
    UNKNOWN_DETECTOR = "unknown_detector"
    UNKNOWN_CAMERA = "unknown_camera"
    UNKNOWN_KIND = "unknown_kind"
    OCCUPANCY_IN_PERCENT = "occupancy_in_percent"
    CLOCK_SKEW = "clock_skew"
    # of a fix beside those of its vehicle before it: checks/traces.py
    LATE = "late"
    DUPLICATE = "duplicate"
    SAME_TIME = "same_time"
    OUT_OF_ORDER = "out_of_order"
    JUMP = "jump"
    TWO_DEVICES = "two_devices"
    # of a detector's event beside those before and after it: event_minutes.py
    UNPAIRED = "unpaired"


class Misfit(NamedTuple):
    """Why a value is not what its field must be."""

    reason: Reason
    expected: str


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One refused row: its source, its place, and the field with what was found and expected.

    `position` is the row's place in its batch or the record's in its message, from 0. It is None
    where the whole message is refused; `row_count` then says how many records it held, if known.
    """

    source: str
    position: int | None
    reason: Reason
    expected: str
    field: str | None = None
    value: str | None = None
    row_count: int = 1

    def __str__(self) -> str:
        place = self.source if self.position is None else f"{self.source} {self.position}"
        field = "" if self.field is None else f", {self.field}"
        found = "" if self.value is None else f"found {self.value}, "
        return f"{place}{field}: {self.reason}: {found}expected {self.expected}"


def shorten(value: str) -> str:
    """Give the value, cut where it is too long for a line of a log."""
    return value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "..."
