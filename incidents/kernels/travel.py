"""How long it takes from every segment of a network to one point: one search for all patrols."""

import numpy as np
import numpy.typing as npt
from numba import njit

from mapmatch.kernels.search import pop, push


@njit(cache=True, nogil=True)
def times_to(
    predecessor_offsets: npt.NDArray[np.int32],
    predecessors: npt.NDArray[np.int32],
    through_s: npt.NDArray[np.float64],
    target: int,
    target_share: float,
    limit_s: float,
    rest_s: npt.NDArray[np.float64],
    slack_s: float,
    heap_s: npt.NDArray[np.float64],
    heap_segment: npt.NDArray[np.int32],
    time_s: npt.NDArray[np.float64],
) -> int:
    """Write the seconds from the end of each segment to a point; give how many are reached.

    `predecessor_offsets` (n + 1) and `predecessors` (p) are the permitted movements as CSR by the
    segment that is entered, `through_s` (n) the seconds that each segment takes. The point lies
    `target_share` (0..1) along segment `target`. `rest_s` (n) is what whoever asks still has to
    drive on a segment, infinite where nobody asks: who would be there more than `slack_s` after
    the first is not waited for. `time_s` (n) is written in place: infinite beyond that and beyond
    `limit_s`. `heap_s` and `heap_segment` are scratch of at least p + 1 entries. Dijkstra 1959,
    from the point backwards.
    """
    for segment in range(len(time_s)):
        time_s[segment] = np.inf
    size = 0
    for k in range(predecessor_offsets[target], predecessor_offsets[target + 1]):
        size = push(heap_s, heap_segment, size, through_s[target] * target_share, predecessors[k])
    reached = 0
    while size > 0:
        time, segment = heap_s[0], heap_segment[0]
        size = pop(heap_s, heap_segment, size)
        if time_s[segment] <= time:
            continue
        if time > limit_s:
            break
        time_s[segment] = time
        reached += 1
        limit_s = min(limit_s, time + rest_s[segment] + slack_s)
        before = time + through_s[segment]
        for k in range(predecessor_offsets[segment], predecessor_offsets[segment + 1]):
            if time_s[predecessors[k]] > before:
                size = push(heap_s, heap_segment, size, before, predecessors[k])
    return reached
