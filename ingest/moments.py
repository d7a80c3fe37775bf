"""A moment as a record writes it: ISO 8601 text with its offset, or milliseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.refusals import Misfit, Reason

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_800_000
"""Times that a record may carry as a number, 2000 to 2100. Unit: ms since 1970 UTC. Source: chosen;
the same number in another unit lies outside."""


def moment_ms(value: Any) -> int | Misfit:
    """Give milliseconds since 1970 UTC, a misfit where the value names no moment."""
    if type(value) is int:
        if EARLIEST_MS <= value < LATEST_MS:
            return value
        for unit, factor in (("seconds", 1e3), ("microseconds", 1e-3), ("nanoseconds", 1e-6)):
            if EARLIEST_MS <= value * factor < LATEST_MS:
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
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        return Misfit(Reason.BAD_TIME, "a time of 2000 to 2100")
    return milliseconds
