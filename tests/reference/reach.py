"""The quickest ways from a segment on the slow way: relax every turn until nothing changes."""

import math
from collections.abc import Sequence


def reach_from(
    come: int, ahead: Sequence[Sequence[int]], through_s: Sequence[float], limit_s: float
) -> dict[int, tuple[float, int]]:
    """Give of each segment reached the seconds to its end and the segment driven before it."""
    time_s = [math.inf] * len(ahead)
    time_s[come] = 0.0
    is_changed = True
    while is_changed:
        is_changed = False
        for segment, turns in enumerate(ahead):
            for to in turns:
                if time_s[segment] + through_s[to] < time_s[to]:
                    time_s[to] = time_s[segment] + through_s[to]
                    is_changed = True
    found = {come: (0.0, -1)}
    for to, there in enumerate(time_s):
        if to != come and there <= limit_s:
            ways = (s for s, turns in enumerate(ahead) if to in turns)
            found[to] = there, min(s for s in ways if time_s[s] + through_s[to] == there)
    return found
