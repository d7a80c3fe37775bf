"""What became of every fix of a recording: one row each, in the recording's order."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.kernels.arrays import Flags
from mapmatch.network import NONE, Network
from streams.stages.match import Trace

MATCHED_FILE = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("event_time", pa.timestamp("ms", tz="UTC")),
        ("segment_id", pa.string()),
        ("offset_m", pa.float32()),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
        ("reason", pa.string()),
    ]
)
UNANSWERED = "unanswered"
_BLOCK_ROWS = 200_000
"""Rows written at a time. Unit: count. Source: chosen, some tens of megabytes."""


class MatchedRows:
    """Remembers the answer to each row of a recording's fixes, 33 bytes a row."""

    def __init__(self, fixes: pa.Table, network: Network) -> None:
        count = fixes.num_rows
        self._fixes = fixes
        self._segment_ids = pa.array(network.segment_ids, pa.string())
        self._segment = np.full(count, NONE, np.int32)
        self._offset = np.full(count, np.nan, np.float32)
        self._longitude = np.full(count, np.nan)
        self._latitude = np.full(count, np.nan)
        self._reason = np.zeros(count, np.int16)
        self._reasons = [UNANSWERED]

    def add(self, trace: Trace) -> None:
        """Take what one frame settled."""
        matched = trace.output.matched
        if matched.num_rows:
            rows = _numpy(matched, "row")
            self._segment[rows] = trace.output.matched_segment.to_numpy()
            self._offset[rows] = _numpy(matched, "offset_m")
            self._longitude[rows] = _numpy(matched, "longitude")
            self._latitude[rows] = _numpy(matched, "latitude")
            encoded = matched.column("reason").dictionary_encode()
            codes = [self._code(word) for word in encoded.dictionary.to_pylist()]
            places = encoded.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
            self._reason[rows] = np.array([*codes, -1], np.int16)[places]
        for row, reason in zip(trace.refused_rows.tolist(), trace.reasons, strict=True):
            self._reason[row] = self._code(reason)

    def _code(self, reason: str) -> int:
        if reason not in self._reasons:
            self._reasons.append(reason)
        return self._reasons.index(reason)

    def counts(self) -> dict[str, int]:
        """Give how many rows were matched and how many not, by reason."""
        is_matched = self._segment != NONE
        counts = {"matched": int(is_matched.sum())}
        for code, reason in enumerate(self._reasons):
            count = int((~is_matched & (self._reason == code)).sum())
            if count:
                counts[reason] = count
        return counts

    def reasons(self) -> pa.Array:
        """Give why each row was not matched, null where it was."""
        return self._words((self._segment != NONE) | (self._reason < 0))

    def _words(self, is_null: Flags) -> pa.Array:
        words = pa.array(self._reasons, pa.string())
        return words.take(pa.array(self._reason, mask=is_null))

    def write(self, path: Path) -> None:
        """Write one row a fix."""
        reasons = self._words(self._reason < 0)  # one that was matched may be ambiguous
        with pq.ParquetWriter(path, MATCHED_FILE) as writer:
            for start in range(0, len(self._segment), _BLOCK_ROWS):
                part = slice(start, start + _BLOCK_ROWS)
                source = self._fixes.slice(start, _BLOCK_ROWS)
                is_unmatched = self._segment[part] == NONE
                columns = [
                    source["vehicle_id"].combine_chunks(),
                    source["event_time"].combine_chunks(),
                    self._segment_ids.take(pa.array(self._segment[part], mask=is_unmatched)),
                    pa.array(self._offset[part], mask=is_unmatched),
                    pa.array(self._longitude[part], mask=is_unmatched),
                    pa.array(self._latitude[part], mask=is_unmatched),
                    reasons[part],
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=MATCHED_FILE))


def _numpy(batch: pa.RecordBatch, name: str) -> npt.NDArray:
    return np.asarray(batch.column(name).to_numpy(zero_copy_only=False))
