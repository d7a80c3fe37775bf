"""How far vehicles come from the end of a segment, by the quickest ways."""

import numba as nb
import numpy as np

from ingest.kernels.arrays import Floats, Int32s
from mapmatch.kernels.search import pop, push


@nb.njit(cache=True, nogil=True, _nrt=False)
def reach_from(
    come: int,
    ahead_offsets: Int32s,
    ahead: Int32s,
    through_s: Floats,
    limit_s: float,
    heap_s: Floats,
    heap_segment: Int32s,
    time_s: Floats,
    before: Int32s,
    reached: Int32s,
) -> int:
    """Find the quickest ways from the end of segment `come` on; give how many it reaches.

    ahead_offsets n + 1 and ahead t: the permitted turns, CSR by the segment that is left. through_s
    n, above 0: what each segment takes. Ends farther than limit_s are not reached. heap_s and
    heap_segment: scratch, t + 1. In place: time_s n, infinite to start with (seconds to the end of
    each segment that is reached), before n (the segment driven before it, -1 before `come`),
    reached n (the segments, the nearest first). Of two ways as quick the one from the segment of
    the lower index is taken. Dijkstra 1959.
    """
    count = np.int64(0)
    time_s[come], before[come] = 0.0, -1
    size = push(heap_s, heap_segment, np.int64(0), 0.0, np.int64(come))
    while size > 0:
        seconds, segment = heap_s[0], np.int64(heap_segment[0])
        size = pop(heap_s, heap_segment, size)
        if seconds > time_s[segment]:
            continue
        reached[count] = segment
        count += 1
        for turn in range(ahead_offsets[segment], ahead_offsets[segment + 1]):
            to = np.int64(ahead[turn])
            there = seconds + through_s[to]
            if there > limit_s:
                continue
            if there < time_s[to]:
                time_s[to], before[to] = there, segment
                size = push(heap_s, heap_segment, size, there, to)
            elif there == time_s[to] and segment < before[to]:
                before[to] = segment
    return count
