"""Whether the vehicles are in another city than the road network: nearly all fixes lie outside."""

from collections import deque

import msgspec

from ingest.checks.check import Bounds
from ingest.refusals import Reason
from streams import topics
from streams.feed_check.records import Box
from streams.stages.counts import StageCounts

MUCH_OUTSIDE = 0.95
"""Of the newest fixes so many lie outside the network where it is another city's. Unit: share.
Source: chosen; of a city's own few leave it."""
LEAST_ROWS = 100
"""Of fewer fixes nothing is said. Unit: count. Source: chosen, more than one vehicle sends."""
_COUNTS_KEPT = 60
"""The newest fixes are those of so many counts. Unit: count. Source: chosen, two minutes of counts
that are published every 2 s."""


class Elsewhere(msgspec.Struct, frozen=True):
    """That nearly all of the newest fixes of a partition lie outside the network, and where."""

    row_count: int
    share: float
    box: Bounds

    def words(self, network: str, bounds: Bounds) -> str:
        """Say it in a line, with both places."""
        return (
            f"{self.share:.0%} of the last {self.row_count:,} fixes lie outside the road network "
            f"{network}: they lie at {Box(*self.box)}, the network at {Box(*bounds)}"
        )


class ElsewhereWatch:
    """Remembers the last counts of fixes of each partition; they must come in order."""

    def __init__(self) -> None:
        self._counts: dict[int, deque[StageCounts]] = {}

    def take(self, counts: StageCounts) -> Elsewhere | None:
        """Take a stage's counts; give what is wrong where that has just begun."""
        if counts.source != topics.FIXES:
            return None
        before = self._of(counts.partition)
        kept = self._counts.setdefault(counts.partition, deque(maxlen=_COUNTS_KEPT))
        if kept and counts.rows_in < kept[-1].rows_in:
            kept.clear()  # a state of before, or afresh
        kept.append(counts)
        return self._of(counts.partition) if before is None else None

    def found(self) -> Elsewhere | None:
        """Give what is wrong now with any partition, None where nothing is."""
        return next((one for p in sorted(self._counts) if (one := self._of(p))), None)

    def _of(self, partition: int) -> Elsewhere | None:
        kept = self._counts.get(partition)
        if not kept:
            return None
        last, first = kept[-1], kept[0]
        is_long = len(kept) == _COUNTS_KEPT
        rows = last.rows_in - (first.rows_in if is_long else 0)
        outside = _outside(last) - (_outside(first) if is_long else 0)
        if last.outside is None or rows < LEAST_ROWS or outside < MUCH_OUTSIDE * rows:
            return None
        return Elsewhere(rows, outside / rows, last.outside)


def _outside(counts: StageCounts) -> int:
    return counts.refused.get(Reason.OUTSIDE_NETWORK.value, 0)
