"""The readings of a recording whose detectors sent single events."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ingest.event_minutes import EventMinutes, Summed
from ingest.leads import Lead
from ingest.refusals import Reason
from ingest.units import Seconds

_PIECE_S = 300.0
"""A recording is added up in such pieces, so that it needs no more memory than a stream. Unit: s.
Source: chosen."""


def readings_of_events(
    events: pa.Table, start: Seconds, end: Seconds, leads: Mapping[str, Lead] | None = None
) -> Summed:
    """Give the readings of a recording's whole minutes between start and end (s since 1970 UTC).

    Its events may stand in any order; those outside the span are of no use.
    """
    minutes, unused = EventMinutes(leads), Counter[Reason]()
    begun = minutes.close(start, end)
    whole = events.sort_by("event_time")  # nulls last
    times = whole["event_time"].cast(pa.int64()).drop_null().to_numpy()
    tables, row = [begun.readings], 0
    edges = [*np.arange(start + _PIECE_S, end, _PIECE_S).tolist(), end]
    for edge in edges:
        stop = int(np.searchsorted(times, edge * 1000.0)) if edge < end else whole.num_rows
        minutes.add(whole.slice(row, stop - row))
        row, piece = stop, minutes.close(edge, end)
        tables.append(piece.readings)
        unused.update(piece.unused)
    return Summed(pa.concat_tables(tables), dict(unused))
