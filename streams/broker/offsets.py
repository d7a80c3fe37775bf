"""Which offset comes next, and what to do with one that does not."""

from enum import Enum


class Verdict(Enum):
    """What the guard says of a message."""

    TAKE = "take"
    SKIP = "skip"  # the state covers it already
    MISSED = "missed"  # it may come after messages that were not delivered


class OffsetGuard:
    """Remembers the offset its state covers on one topic partition that only grows.

    Offsets have gaps by nature: the markers of transactions, what was aborted, what compaction took
    away. A fetch from the broker says what lies between the offset it asked for and the first
    message it got: nothing. Only where no fetch says so of everything from `next_offset` on were
    messages missed. What the broker no longer has is a hole, counted in `hole_count`. A guard that
    starts with no state accepts whatever the oldest message on the topic is, without a hole.
    """

    def __init__(self, next_offset: int = 0) -> None:
        self.next_offset = next_offset
        self.hole_count = 0
        self._is_fresh = next_offset == 0

    def judge(self, offset: int, empty_from: int) -> Verdict:
        """Give the verdict on a message before which there is none from `empty_from` on."""
        if offset < self.next_offset:
            return Verdict.SKIP
        return Verdict.TAKE if empty_from <= self.next_offset else Verdict.MISSED

    def advance(self, offset: int) -> None:
        """Expect the offset next; what lies before it was taken, or is not on the topic."""
        self._is_fresh = False
        self.next_offset = offset

    def start_over(self) -> None:
        """Accept whatever is oldest, as with no state: the offsets are those of another topic."""
        self.next_offset = 0
        self._is_fresh = True

    def lose(self, until: int) -> int:
        """Go on at an offset before which the broker has nothing; gives how many are gone."""
        gone = 0 if self._is_fresh else max(0, until - self.next_offset)
        self.hole_count += gone
        self.next_offset = max(until, self.next_offset)
        return gone
