"""Stored traversals read back: how long probes took over whole segments, minute by minute."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from congestion.profile_build.stored_states import UnusableRows, read_rows, split_unusable
from ingest.checks.check import Check, absent, not_among, time_checks
from ingest.checks.fixes import FLEETS
from ingest.kernels.arrays import Floats, Int64s
from ingest.recorded.feed_error import FeedError
from ingest.refusals import Reason
from ingest.units import Seconds
from mapmatch.network import Network
from mapmatch.records import TRAVERSALS

_LONGEST_S = 3600.0
"""Nobody is on one segment for longer and still drives. Unit: s. Source: chosen, an hour."""

_DRIVEN = """
    SELECT s.place, CAST(floor((epoch(t.exit_time) - 0.001) / 60) * 60 AS BIGINT) AS minute,
           sum(epoch(t.exit_time) - epoch(t.enter_time)) AS seconds, count(*) AS vehicles
    FROM read_parquet($files) t JOIN segments s ON s.segment_id = t.segment_id
    WHERE t.is_complete AND t.fleet IN ('bus', 'taxi')
      AND t.exit_time > make_timestamptz(CAST($first * 1000000 AS BIGINT))
      AND t.exit_time <= make_timestamptz(CAST($end * 1000000 AS BIGINT))
      AND epoch(t.exit_time) - epoch(t.enter_time) BETWEEN 0.1 AND $longest
    GROUP BY ALL ORDER BY place, minute
"""


class Driven(NamedTuple):
    """Segments that probes drove whole, a row a segment and the minute in which they left it.

    Rows go by segment, then by minute.
    """

    segment: Int64s  # index in the network
    minute: Int64s  # its start, s since 1970 UTC
    seconds: Floats  # of all vehicles together
    vehicles: Floats


def readable_traversals(
    files: Sequence[Path], network: Network
) -> tuple[list[Path], list[UnusableRows]]:
    """Give the files that can be read as traversals, and what is wrong in the others or rows."""
    names = ("segment_id", "enter_time", "exit_time", "is_complete", "fleet")
    schema = pa.schema([TRAVERSALS.field(name) for name in names])
    ids = pa.array(network.segment_ids, pa.string())
    good: list[Path] = []
    unusable: list[UnusableRows] = []
    for file in files:
        try:
            rows = read_rows(file, schema)
        except FeedError as error:
            unusable.append(UnusableRows(error, 1))
            continue
        enter, leave = (rows[name].cast(pa.int64()).fill_null(0).to_numpy() for name in names[1:3])
        took_s = (leave - enter) / 1000.0
        expected = f"a time up to {_LONGEST_S:g} s after enter_time"
        checks = [
            Check(absent(rows["segment_id"], ids), Reason.OUT_OF_RANGE, "segment_id",
                  "a segment of the network"),
            *time_checks(rows, "enter_time", None),
            *time_checks(rows, "exit_time", None),
            Check((took_s < 0.0) | (took_s > _LONGEST_S), Reason.OUT_OF_RANGE, "exit_time",
                  expected),
            not_among(rows, "fleet", FLEETS, Reason.UNKNOWN_FLEET, "bus or taxi"),
        ]  # fmt: skip
        good.append(file)
        unusable += split_unusable(file, rows, checks)[1]
    return good, unusable


def driven(files: Sequence[Path], network: Network, first: Seconds, end: Seconds) -> Driven:
    """Give what was driven whole between two times, s since 1970 UTC; complete rows only."""
    if not files:
        none = np.zeros(0, np.int64)
        return Driven(none, none, np.zeros(0), np.zeros(0))
    with duckdb.connect() as lake:
        places = np.arange(network.segment_count)
        lake.register("segments", pa.table({"segment_id": network.segment_ids, "place": places}))
        given = {
            "files": [str(file) for file in files], "first": first, "end": end,
            "longest": _LONGEST_S,
        }  # fmt: skip
        place, minute, seconds, vehicles = lake.execute(_DRIVEN, given).fetchnumpy().values()
    return Driven(
        np.asarray(place, np.int64), np.asarray(minute, np.int64),
        np.asarray(seconds, np.float64), np.asarray(vehicles, np.float64),
    )  # fmt: skip
