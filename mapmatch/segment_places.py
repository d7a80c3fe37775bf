"""Where the segments that a column names are in the network."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.kernels.arrays import Int32s
from mapmatch.network import NONE

_MOST_COLUMNS = 4096
"""So many columns are remembered. Unit: count. Source: chosen, more than a city has regions."""


class SegmentPlaces:
    """Finds segments by their ids; remembers the columns that it was asked for.

    The rows of a region name the same segments minute after minute: that a column is the one of
    before is told in a hundredth of the time that looking its ids up takes.
    """

    def __init__(self, segment_ids: Sequence[str]) -> None:
        self._ids = pa.array(segment_ids, pa.string())
        self._known: dict[tuple[int, str | None], tuple[pa.Array, Int32s]] = {}

    def of(self, column: pa.Array | pa.ChunkedArray) -> Int32s:
        """Give the index of each row's segment, NONE where there is none of that id; not to be
        written into.
        """
        if isinstance(column, pa.ChunkedArray):
            parts = [self.of(chunk) for chunk in column.chunks]
            return np.concatenate([np.zeros(0, np.int32), *parts])
        if not len(column):
            return np.zeros(0, np.int32)
        key = len(column), column[0].as_py()
        known = self._known.get(key)
        if known is not None and known[0].equals(column):
            return known[1]
        places = pc.index_in(column, value_set=self._ids).fill_null(NONE)
        found = np.array(places.to_numpy(zero_copy_only=False), np.int32)
        if len(self._known) >= _MOST_COLUMNS:
            self._known.clear()
        # A copy, for the column may be a piece of a large message.
        self._known[key] = column.take(pa.array(np.arange(len(column)))), found
        return found
