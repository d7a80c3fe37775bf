"""A gateway's clock: moved by messages that agree, not by one that is mad."""

from streams.stages.gateway_clock import GatewayClock

HOUR = 3600.0
DAY = 24 * HOUR
YEAR = 365 * DAY


def _promises(claims: list[float]) -> list[float | None]:
    clock = GatewayClock()
    found = []
    for claim in claims:
        clock.take(claim)
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


def test_a_gateway_in_another_time_zone_does_not_move_the_clock_of_the_others() -> None:
    claims = [0.0, 5.0, 10.0, 15.0, 8 * HOUR, 20.0, 8 * HOUR + 10.0, 25.0, 8 * HOUR + 20.0, 30.0]
    assert _promises(claims)[3:] == [15.0, 15.0, 20.0, 20.0, 25.0, 25.0, 30.0]


def test_a_gateway_that_was_silent_for_minutes_is_believed_at_once() -> None:
    assert _promises([0.0, 5.0, 10.0, 15.0, HOUR / 3])[3:] == [15.0, HOUR / 3]


def test_a_gateway_that_was_away_for_days_is_believed_from_its_first_message_on() -> None:
    claims = [0.0, 5.0, 10.0, 3 * DAY, 3 * DAY + 5.0, 3 * DAY + 10.0, 3 * DAY + 15.0]
    assert _promises(claims)[3:] == [0.0, 0.0, 3 * DAY, 3 * DAY + 15.0]


def test_a_gateway_that_speaks_less_than_once_a_day_is_heard_all_the_same() -> None:
    assert _promises([25.0 * 3600.0 * number for number in range(6)])[2:] == [
        0.0, 0.0, 0.0, 3 * 25.0 * 3600.0,
    ]  # fmt: skip


def test_a_claim_backwards_changes_nothing() -> None:
    assert _promises([100.0, 105.0, 110.0, 115.0, 20.0, -YEAR, 120.0])[4:] == [115.0, 115.0, 120.0]


def test_a_saved_clock_goes_on_with_the_claims_that_waited() -> None:
    clock, other = GatewayClock(), GatewayClock()
    clock.take(100.0)
    clock.take(105.0)
    other.restore(clock.snapshot())
    other.take(110.0)
    assert other.promised == 100.0
