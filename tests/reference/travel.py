"""Travel times to a point the slow way: relax every movement until nothing changes."""

import math
from collections.abc import Sequence


def times_to(
    predecessors: Sequence[Sequence[int]],
    through_s: Sequence[float],
    target: int,
    target_share: float,
    limit_s: float,
    rest_s: Sequence[float],
    slack_s: float,
) -> list[float]:
    """Give the seconds from the end of each segment to a point along the target segment."""
    time_s = [math.inf] * len(through_s)
    for before in predecessors[target]:
        time_s[before] = through_s[target] * target_share
    is_changed = True
    while is_changed:
        is_changed = False
        for segment, before in enumerate(predecessors):
            for one in before:
                if time_s[segment] + through_s[segment] < time_s[one]:
                    time_s[one] = time_s[segment] + through_s[segment]
                    is_changed = True
    first_s = min(time + rest for time, rest in zip(time_s, rest_s, strict=True))
    limit_s = min(limit_s, first_s + slack_s)
    return [time if time <= limit_s else math.inf for time in time_s]
