"""The offset check: skip what is covered, tell gaps of the log from messages that were missed."""

from streams.broker.offsets import OffsetGuard, Verdict


def take(guard: OffsetGuard, *offsets: int) -> None:
    """Take messages between which the broker has none."""
    for offset in offsets:
        assert guard.judge(offset, guard.next_offset) is Verdict.TAKE
        guard.advance(offset + 1)


def test_offsets_in_order_are_taken() -> None:
    take(OffsetGuard(), 0, 1, 2)


def test_what_the_state_covers_is_skipped() -> None:
    guard = OffsetGuard(2)
    assert [guard.judge(offset, offset) for offset in (0, 1)] == [Verdict.SKIP] * 2
    take(guard, 2)


def test_a_gap_that_the_broker_itself_has_is_no_jump() -> None:
    guard = OffsetGuard(5)
    assert guard.judge(8, 5) is Verdict.TAKE
    assert guard.judge(8, 3) is Verdict.TAKE  # it was asked from before
    take(guard, 8, 20)
    assert guard.hole_count == 0 and guard.next_offset == 21


def test_a_message_with_unseen_offsets_before_it_shows_that_some_were_missed() -> None:
    guard = OffsetGuard(5)
    assert guard.judge(8, 8) is Verdict.MISSED
    assert guard.judge(8, 6) is Verdict.MISSED  # of 5 nothing is known
    take(guard, 5, 6, 7)
    assert guard.judge(8, 8) is Verdict.TAKE
    assert guard.hole_count == 0


def test_what_the_broker_no_longer_has_is_a_hole() -> None:
    guard = OffsetGuard(5)
    assert guard.lose(8) == 3
    assert guard.hole_count == 3 and guard.next_offset == 8
    assert guard.lose(6) == 0 and guard.next_offset == 8


def test_a_guard_without_state_accepts_the_oldest_kept_message() -> None:
    guard = OffsetGuard()
    assert guard.judge(40, 40) is Verdict.MISSED
    assert guard.lose(40) == 0
    take(guard, 40)
    assert guard.hole_count == 0
