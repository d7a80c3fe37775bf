"""A gateway's clock: moved by messages that agree, not by one that is mad."""

from streams.gateway_clock import LONGEST_STEP_S, GatewayClock

YEAR = 365 * 86400.0


def _promises(claims: list[float], interval_s: float = 0.0) -> list[float | None]:
    clock = GatewayClock()
    found = []
    for claim in claims:
        clock.hear(claim, interval_s)
        found.append(clock.promised)
    return found


def test_the_first_claim_is_promised_once_the_next_messages_agree() -> None:
    assert _promises([100.0, 105.0, 110.0, 115.0]) == [None, None, 100.0, 115.0]


def test_a_message_of_another_year_among_the_first_promises_nothing() -> None:
    assert _promises([YEAR, 100.0, YEAR, 105.0, 110.0])[3:] == [None, 100.0]


def test_a_message_of_next_year_does_not_move_the_clock_however_often_it_comes() -> None:
    good = [100.0, 105.0, 110.0, 115.0, 120.0, 125.0]
    mad = [claim for pair in zip(good, [YEAR] * len(good), strict=True) for claim in pair]
    assert _promises([0.0, 5.0, 10.0, *mad])[3:] == [claim for claim in good for _ in range(2)]


def test_a_gateway_that_was_silent_for_a_night_is_believed_from_its_first_message_on() -> None:
    night = 8 * 3600.0
    claims = [0.0, 5.0, 10.0, night, night + 5.0, night + 10.0, night + 15.0]
    assert _promises(claims)[3:] == [0.0, 0.0, night, night + 15.0]


def test_a_claim_backwards_changes_nothing() -> None:
    assert _promises([100.0, 105.0, 110.0, 115.0, 20.0, -YEAR, 120.0])[4:] == [115.0, 115.0, 120.0]


def test_readings_of_long_intervals_step_by_them() -> None:
    hour = 3600.0
    assert hour > LONGEST_STEP_S
    assert _promises([0.0, hour, 2 * hour, 3 * hour], hour) == [None, None, 0.0, 3 * hour]


def test_a_saved_clock_goes_on_with_the_claims_that_waited() -> None:
    clock, other = GatewayClock(), GatewayClock()
    clock.hear(100.0)
    clock.hear(105.0)
    other.restore(clock.state())
    other.hear(110.0)
    assert other.promised == 100.0
