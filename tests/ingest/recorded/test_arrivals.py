"""When rows arrived whose clocks were off: with the rows around them in their file."""

import numpy as np
import pyarrow as pa

from ingest.recorded.arrivals import believed_arrivals, clocks_off, shift_ms

HOUR = 3_600_000
SPAN = (0, HOUR // 2)


def times(*minutes: float) -> np.ndarray:
    return np.array([round(60_000 * minute) for minute in minutes], np.int64)


def names(text: str) -> pa.Array:
    return pa.array(list(text), pa.string())


def test_rows_hours_ahead_arrived_when_their_neighbours_did() -> None:
    claims = times(0, 480, 1, 481, 2, 482, 3, 4, 5, 6)
    arrived = believed_arrivals(claims, names("abababaabb"), SPAN)
    assert arrived.tolist() == times(0, 0, 1, 1, 2, 2, 3, 4, 5, 6).tolist()
    found = clocks_off("bus fixes", claims, arrived)
    assert found is not None and (found.row_count, found.offset_s) == (3, 8 * 3600.0)
    assert str(found).startswith("3 bus fixes say a time 8.0 h ahead of the rows around them")


def test_rows_hours_behind_arrived_when_their_neighbours_did() -> None:
    arrived = believed_arrivals(times(0, 1, -479, 2, -478, 3, 4), names("ababbab"), SPAN)
    assert arrived.tolist() == times(0, 1, 1, 2, 2, 3, 4).tolist()


def test_in_a_long_recording_hours_ahead_are_found_by_the_rows_that_follow() -> None:
    claims = times(*range(0, 5), *range(485, 490), *range(10, 900))
    arrived = believed_arrivals(claims, names("ab" * 450), (0, 15 * HOUR))
    assert arrived[:12].tolist() == times(0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 10, 11).tolist()


def test_a_silence_of_hours_is_no_clock_that_is_off() -> None:
    claims = times(0, 1, 2, 300, 301, 299, 302)
    assert believed_arrivals(claims, names("ababbab"), (0, 6 * HOUR)) is claims


def test_a_file_sorted_by_vehicle_keeps_its_claims() -> None:
    claims = times(*range(0, 60), *range(0, 60), *range(0, 60))
    entities = names("a" * 60 + "b" * 60 + "c" * 60)
    assert believed_arrivals(claims, entities, (0, HOUR)).tolist() == claims.tolist()


def test_detectors_may_stand_one_after_the_other_and_each_is_judged_by_itself() -> None:
    claims = times(1, 2, 3, 4, 481, 482, 3, 4, 5, -480, 2)
    arrived = believed_arrivals(claims, names("aaaabbbbbcc"), (0, 12 * HOUR))
    assert arrived.tolist() == times(1, 2, 3, 4, 3, 3, 3, 4, 5, 2, 2).tolist()


def test_a_source_whose_span_lies_as_much_off_at_both_ends_is_shifted_whole() -> None:
    assert shift_ms(times(480, 495, 509), SPAN) == 8 * HOUR
    assert shift_ms(times(-480, -465, -450), SPAN) == -8 * HOUR
    assert shift_ms(times(20, 29), SPAN) == shift_ms(times(0, 480), SPAN) == 0
