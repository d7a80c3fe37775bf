"""One row a fix: on a segment or not, and why."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mapmatch.network import NONE
from mapmatch.records import BREAKS, MATCHED, PROGRESS, TRAVERSALS, MatchOutput
from streams.recorded.matched_rows import MatchedRows
from streams.stages.match import Trace
from tests.drawing import draw

NETWORK = draw("A-a>B", cell_m=50).network


def test_an_ambiguous_fix_is_matched_and_keeps_its_reason(tmp_path: Path) -> None:
    times = pa.array([0, 1000, 2000], pa.timestamp("ms", tz="UTC"))
    names = pa.array(["t1"] * 3)
    rows = MatchedRows(pa.table({"vehicle_id": names, "event_time": times}), NETWORK)
    answers = {
        "vehicle_id": names,
        "event_time": times,
        "segment_id": ["a", "a", None],
        "offset_m": [1.0, 2.0, None],
        "longitude": [121.0, 121.0, None],
        "latitude": [31.0, 31.0, None],
        "reason": [None, "ambiguous", "outlier"],
        "row": [0, 1, 2],
    }
    matched = pa.RecordBatch.from_pydict(answers, schema=MATCHED)
    nothing = [
        pa.RecordBatch.from_pylist([], schema=schema) for schema in (PROGRESS, TRAVERSALS, BREAKS)
    ]
    segment = pa.array([0, 0, NONE], pa.int32())
    output = MatchOutput(matched, *nothing, segment, segment[:0])
    rows.add(Trace(output, np.zeros(0, np.int64), []))
    assert rows.counts() == {"matched": 2, "outlier": 1}
    assert rows.reasons().to_pylist() == [None, None, "outlier"]
    rows.write(tmp_path / "matched.parquet")
    written = pq.read_table(tmp_path / "matched.parquet")
    assert written["segment_id"].to_pylist() == ["a", "a", None]
    assert written["reason"].to_pylist() == [None, "ambiguous", "outlier"]
