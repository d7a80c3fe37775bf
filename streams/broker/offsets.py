"""Which offset comes next, and what to do with one that does not."""

from enum import Enum


class Verdict(Enum):
    """What the guard says of a message."""

    TAKE = "take"
    SKIP = "skip"  # the state covers it already
    SEEK = "seek"  # messages before it were not delivered: seek back to `next_offset`
    DROP = "drop"  # on its way when we sought back; it will come again


class OffsetGuard:
    """Remembers the offset its state covers on one topic partition that only grows.

    A jump forward is answered by one seek back; what is still missing after it is a hole, counted
    in `hole_count`, and the guard goes on behind it. A guard that starts with no state accepts
    whatever the oldest message on the topic is, without a hole.
    """

    def __init__(self, next_offset: int = 0) -> None:
        self.next_offset = next_offset
        self.hole_count = 0
        self._is_fresh = next_offset == 0
        self._sought_until: int | None = None  # highest offset seen since we sought back

    def judge(self, offset: int) -> Verdict:
        """Give the verdict on a delivered offset; after TAKE the next one is expected."""
        if offset < self.next_offset:
            return Verdict.SKIP
        if offset > self.next_offset:
            if self._sought_until is None:
                self._sought_until = offset
                return Verdict.SEEK
            if offset > self._sought_until:
                self._sought_until = offset
                return Verdict.DROP
            if not self._is_fresh:
                self.hole_count += offset - self.next_offset
        self._sought_until = None
        self._is_fresh = False
        self.next_offset = offset + 1
        return Verdict.TAKE
