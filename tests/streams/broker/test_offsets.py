"""The offset check: skip what is covered, seek back once, count what stays away."""

from streams.broker.offsets import OffsetGuard, Verdict


def verdicts(guard: OffsetGuard, *offsets: int) -> list[Verdict]:
    return [guard.judge(offset) for offset in offsets]


def test_offsets_in_order_are_taken() -> None:
    assert verdicts(OffsetGuard(), 0, 1, 2) == [Verdict.TAKE] * 3


def test_what_the_state_covers_is_skipped() -> None:
    guard = OffsetGuard(2)
    assert verdicts(guard, 0, 1, 2) == [Verdict.SKIP, Verdict.SKIP, Verdict.TAKE]


def test_a_jump_seeks_back_and_the_missed_messages_are_taken() -> None:
    guard = OffsetGuard(5)
    assert guard.judge(8) is Verdict.SEEK
    assert verdicts(guard, 9, 10) == [Verdict.DROP] * 2
    assert verdicts(guard, 5, 6, 7, 8, 9, 10) == [Verdict.TAKE] * 6
    assert guard.hole_count == 0


def test_a_jump_that_stays_is_a_hole() -> None:
    guard = OffsetGuard(5)
    assert guard.judge(8) is Verdict.SEEK
    assert guard.judge(8) is Verdict.TAKE
    assert guard.hole_count == 3
    assert guard.next_offset == 9


def test_a_second_jump_after_a_hole_seeks_again() -> None:
    guard = OffsetGuard(5)
    verdicts(guard, 8, 8)
    assert guard.judge(12) is Verdict.SEEK


def test_a_guard_without_state_accepts_the_oldest_kept_message() -> None:
    guard = OffsetGuard()
    assert guard.judge(100) is Verdict.SEEK
    assert guard.judge(40) is Verdict.TAKE
    assert guard.hole_count == 0
