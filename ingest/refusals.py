"""Why a row is not used: one short word a reason, and where it stood."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

import msgspec

# Longer values are cut: a refusal names what stood there, the dead letter holds it whole.
_LONGEST_VALUE = 120


class Reason(StrEnum):
    """Every reason for which a row or a message is refused."""

    # of the message or record, before there is a row
    TOO_LARGE = "too_large"
    INVALID_JSON = "invalid_json"
    NOT_A_RECORD = "not_a_record"
    NOT_A_FRAME = "not_a_frame"
    STAGE_FAILED = "stage_failed"
    DUPLICATE_KEY = "duplicate_key"
    WRONG_TYPE = "wrong_type"
    # of one row
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
    # of a fix against those of its vehicle before it
    LATE = "late"
    CLOCK_SKEW = "clock_skew"
    DUPLICATE = "duplicate"
    SAME_TIME = "same_time"
    OUT_OF_ORDER = "out_of_order"
    JUMP = "jump"
    TWO_DEVICES = "two_devices"
    # of a detector's event against those before and after it
    UNPAIRED = "unpaired"


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row not used: from which source, which one, what stood in which field, what should have.

    `position` is the row's place in its batch or the record's in its message, from 0; None where
    the whole message is refused, and then `row_count` says how many records went with it if known.
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
    """Give the value cut to a length that a log line bears."""
    return value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "..."


def count_by_reason(refusals: Iterable[Refusal]) -> dict[str, int]:
    """Give how many rows were refused for each reason."""
    counts: Counter[str] = Counter()
    for refusal in refusals:
        counts[refusal.reason.value] += refusal.row_count
    return dict(counts)
