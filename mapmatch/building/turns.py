"""Which segment may follow which, and which segment is the same street driven the other way."""

import numpy as np
import pandas as pd

from ingest.kernels.arrays import Floats, Int32s
from mapmatch.network import NONE
from mapmatch.sources.roads import offsets_of

SAME_STREET_M = 30.0
"""Two ways between the same nodes whose middles are this near are one street. Unit: m. Source:
chosen; a dual carriageway is, a block driven round the other side is not."""


def to_csr(rows: Int32s, columns: Int32s, row_count: int) -> tuple[Int32s, Int32s]:
    """Give CSR offsets and columns of (row, column) pairs, sorted and each pair once."""
    pairs = np.unique(rows.astype(np.int64) * row_count + columns)
    counts = np.bincount(pairs // row_count, minlength=row_count)
    return offsets_of(counts), (pairs % row_count).astype(np.int32)


def reverse_segments(
    from_node: Int32s, to_node: Int32s, length_m: Floats, middle_x: Floats, middle_y: Floats
) -> Int32s:
    """Give for each segment the one that drives its street the other way, NONE if one-way.

    Of several between the same nodes it is the one whose middle lies nearest, within
    SAME_STREET_M or a quarter of the length, and each is the other's reverse.
    """
    count = len(from_node)
    segments = pd.DataFrame({"a": from_node, "b": to_node, "i": np.arange(count)})
    pairs = segments.merge(segments, left_on=["a", "b"], right_on=["b", "a"], suffixes=("", "_r"))
    i, j = pairs["i"].to_numpy(), pairs["i_r"].to_numpy()
    apart = np.hypot(middle_x[i] - middle_x[j], middle_y[i] - middle_y[j])
    limit = np.maximum(SAME_STREET_M, 0.25 * np.minimum(length_m[i], length_m[j]))
    is_pair = (i != j) & (apart <= limit)
    i, j, apart = i[is_pair], j[is_pair], apart[is_pair]
    order = np.lexsort((np.maximum(i, j), np.minimum(i, j), apart, i))
    i, j = i[order], j[order]
    is_first = np.r_[True, i[1:] != i[:-1]] if len(i) else np.zeros(0, bool)
    best = np.full(count, NONE, np.int32)
    best[i[is_first]] = j[is_first]
    has_best = best != NONE
    is_mutual = has_best & (best[best] == np.arange(count))
    return np.where(is_mutual, best, NONE).astype(np.int32)
