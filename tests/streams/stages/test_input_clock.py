"""The clock over a stage's channels: least watermark, repeats, silence."""

from ingest.frames import FrameHeader
from streams.stages.input_clock import InputClock


def header(channel: str, sequence: int, watermark: float | None) -> FrameHeader:
    return FrameHeader(channel, sequence, watermark)


def test_time_is_the_least_watermark_of_all_channels() -> None:
    clock = InputClock(["a", "b"])
    clock.admit("a", header("x", 0, 50.0))
    assert clock.time is None  # b has not spoken
    clock.admit("b", header("y", 0, 30.0))
    assert clock.time == 30.0
    clock.admit("b", header("y", 1, 70.0))
    assert clock.time == 50.0


def test_an_expected_channel_holds_time_back_until_it_speaks() -> None:
    clock = InputClock(["a"], [("a", "match/0"), ("a", "match/1")])
    clock.admit("a", header("match/0", 0, 50.0))
    assert clock.time is None
    clock.admit("a", header("match/1", 0, 40.0))
    assert clock.time == 40.0


def test_time_never_falls_back() -> None:
    clock = InputClock(["a"])
    clock.admit("a", header("x", 0, 50.0))
    clock.admit("a", header("late joiner", 0, 10.0))
    assert clock.time == 50.0


def test_a_frame_already_taken_is_a_repeat() -> None:
    clock = InputClock(["a"])
    clock.admit("a", header("x", 4, 1.0))
    assert clock.admit("a", header("x", 4, 1.0)).is_repeat
    assert clock.admit("a", header("x", 3, 1.0)).is_repeat
    assert not clock.admit("a", header("y", 4, 1.0)).is_repeat


def test_a_maker_that_counts_from_the_start_again_is_no_repeat_once_it_promises_more() -> None:
    clock = InputClock(["a"])
    clock.admit("a", header("x", 400, 100.0))
    assert clock.admit("a", header("x", 0, 100.0)).is_repeat
    admitted = clock.admit("a", header("x", 1, 105.0))
    assert (admitted.is_repeat, admitted.missing, admitted.promised) == (False, 0, 100.0)
    assert clock.admit("a", header("x", 1, 105.0)).is_repeat
    assert not clock.admit("a", header("x", 2, 110.0)).is_repeat
    assert clock.time == 110.0


def test_skipped_sequences_are_counted() -> None:
    clock = InputClock(["a"])
    clock.admit("a", header("x", 0, 1.0))
    assert clock.admit("a", header("x", 3, 2.0)).missing == 2


def test_a_frame_tells_what_its_channel_had_promised_before_it() -> None:
    clock = InputClock(["a"])
    assert clock.admit("a", header("x", 0, 10.0)).promised is None
    assert clock.admit("a", header("x", 1, 20.0)).promised == 10.0


def test_a_channel_without_watermarks_does_not_hold_time_back() -> None:
    clock = InputClock(["a"])
    clock.admit("a", header("gateway", 0, None))
    clock.admit("a", header("x", 0, 20.0))
    assert clock.time == 20.0


def test_a_silent_source_and_a_silent_channel_stop_holding_time_back() -> None:
    clock = InputClock(["a", "b"])
    assert clock.set_idle(0.0, patience=60.0) == []
    clock.admit("a", header("x", 0, 50.0))
    assert clock.set_idle(30.0, patience=60.0) == []
    assert clock.time is None
    clock.admit("a", header("x", 1, 80.0))
    assert clock.set_idle(61.5, patience=60.0) == ["b"]
    assert clock.time == 80.0
    clock.admit("a", header("y", 0, 90.0))
    assert clock.set_idle(130.0, patience=60.0) == ["a from x"]
    assert clock.time == 90.0


def test_an_expected_channel_is_never_idle() -> None:
    clock = InputClock(["a"], [("a", "match/0")])
    clock.set_idle(0.0, patience=60.0)
    assert clock.set_idle(1000.0, patience=60.0) == []
    assert clock.time is None


def test_a_saved_clock_goes_on_as_if_nothing_had_happened() -> None:
    clock = InputClock(["a"], [("a", "match/0")])
    clock.admit("a", header("match/0", 7, 50.0))
    again = InputClock(["a"], [("a", "match/0")])
    again.restore(clock.snapshot())
    assert again.time == 50.0
    assert again.admit("a", header("match/0", 7, 50.0)).is_repeat
    again.admit("a", header("match/0", 8, 60.0))
    assert again.time == 60.0


def test_a_channel_heard_since_the_last_look_is_not_idle_however_late_the_clock() -> None:
    clock = InputClock(["a"])
    assert clock.set_idle(9000.0, patience=60.0) == []
    clock.admit("a", header("x", 0, 50.0))
    assert clock.set_idle(9100.0, patience=60.0) == []
    assert clock.set_idle(9161.0, patience=60.0) == ["a from x"]


def test_the_silence_of_a_saved_clocks_channels_begins_anew() -> None:
    clock, again = InputClock(["a"]), InputClock(["a"])
    clock.admit("a", header("x", 0, 50.0))
    assert clock.set_idle(100.0, patience=60.0) == []
    again.restore(clock.snapshot())
    # The clock that tells silence is of the process: what it was before says nothing.
    assert again.set_idle(5000.0, patience=60.0) == []
    assert again.set_idle(5061.0, patience=60.0) == ["a from x"]
