"""When the last row of a recording speaks: later minutes say what is usual and nothing more."""

import pyarrow as pa
import pyarrow.compute as pc

from ingest.recorded.feed import Feed
from ingest.recorded.slices import CLOSING_S
from ingest.units import Seconds


def last_row_of(feed: Feed) -> Seconds:
    """Give the latest time that a row speaks of, seconds since 1970 UTC; without rows the end.

    Times more than CLOSING_S after the recording's end are errors, which a run refuses.
    """
    latest_ms = int(1000.0 * (feed.manifest.end + CLOSING_S))
    found: list[int] = []
    for table, name in (
        (feed.fixes, "event_time"), (feed.camera_events, "event_time"),
        (feed.readings, "interval_start"),
    ):  # fmt: skip
        times = pa.array([], pa.int64()) if table is None else table[name].cast(pa.int64())
        last = pc.max(times.filter(pc.less_equal(times, latest_ms))).as_py()
        found += [] if last is None else [last]
    return max(found) / 1000.0 if found else feed.manifest.end
