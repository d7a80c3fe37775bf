"""Time that a vehicle is not on the roads, places too far from a fix, and rows said again."""

import numpy as np
import pytest

from mapmatch.matcher_settings import RECORDED, MatcherSettings
from tests.drawing import Drawing, draw
from tests.mapmatch.driving import NAN, Answer, Fix, answer, drive

STREET = "A---------------B---------------C"


def depot(drawing: Drawing, seconds: float, every_s: float = 10.0) -> list[Fix]:
    """Give a drive to B, a round of a yard 150 m off the street, and the drive on to C."""
    x, y = (float(drawing.network.node_x[drawing.node("B")]), 0.0)
    there = drive(drawing, "AB", every_s=every_s, speed_kmh=30)
    begin = there[-1].time + every_s
    yard = [
        Fix(begin + t, x + 40 * np.sin(t / 30), y + 150 + 30 * np.cos(t / 30))
        for t in np.arange(0.0, seconds, every_s)
    ]
    back = drive(drawing, "BC", every_s=every_s, speed_kmh=30, start=yard[-1].time + every_s)
    return there + yard + back


@pytest.mark.parametrize("settings", [MatcherSettings(), RECORDED])
@pytest.mark.parametrize("seconds", [150.0, 240.0])
def test_time_in_a_yard_off_the_street_is_no_time_on_the_street(
    settings: MatcherSettings, seconds: float
) -> None:
    street = draw(STREET, cell_m=40)
    given = answer(street, depot(street, seconds), settings=settings)
    assert given.breaks == ["off_road"]
    assert given.reasons.count("no_road_near") == round(seconds / 10)
    for rows in (given.output.progress, given.output.traversals):
        enter, leave = ("enter_time", "exit_time")
        frame = rows.to_pandas()
        spent = frame[leave] - frame[enter]
        longest = spent.max() if rows is given.output.progress else spent.max().total_seconds()
        assert longest < 90


def test_fixes_lost_in_a_long_tunnel_do_not_end_a_route_that_needs_the_time() -> None:
    street = draw(STREET, cell_m=120)
    fixes = drive(street, "ABC", every_s=10, speed_kmh=50)
    lost = [Fix(f.time, f.x, f.y + (300 if 60 < f.time < 200 else 0)) for f in fixes]
    given = answer(street, lost)
    assert (given.breaks, given.route) == ([], ["AB", "BC"])


@pytest.mark.parametrize("off_m", [100.0, 219.0])
def test_no_answer_lies_further_from_its_fix_than_the_radius(off_m: float) -> None:
    street = draw(STREET, cell_m=40)
    fixes = drive(street, "ABC", every_s=10)
    # A bend of the road that the map has as a straight line.
    bent = [Fix(f.time, f.x, f.y + (off_m if 3 <= k <= 7 else 0)) for k, f in enumerate(fixes)]
    given = answer(street, bent)
    assert given.segments[3:8] == [None] * 5
    assert set(given.reasons[3:8]) == {"no_road_near"}
    assert (given.breaks, given.route) == ([], ["AB", "BC"])


def repeating(speed_kmh: float) -> tuple[Drawing, list[Fix]]:
    """Give a drive of 50 km/h whose receiver says its fifth row again for a minute."""
    street = draw(STREET, cell_m=80, free_speed_kmh=50)
    fixes = [
        Fix(f.time, f.x, f.y, speed_kmh) for f in drive(street, "ABC", speed_kmh=50, every_s=10)
    ]
    again = [Fix(f.time, fixes[4].x, fixes[4].y, speed_kmh) for f in fixes[5:11]]
    return street, fixes[:5] + again + fixes[11:]


def fastest_kmh(given: Answer) -> float:
    """Give the highest speed that progress tells over 30 m or more."""
    rows = given.output.progress.to_pandas()
    rows["metres"] = rows.exit_offset_m - rows.enter_offset_m
    some = rows[rows.metres > 30]
    return float((3.6 * some.metres / (some.exit_time - some.enter_time)).max())


@pytest.mark.parametrize("settings", [MatcherSettings(), RECORDED])
@pytest.mark.parametrize("speed_kmh", [50.0, NAN])
def test_a_row_said_again_for_a_minute_is_no_stand(
    speed_kmh: float, settings: MatcherSettings
) -> None:
    street, fixes = repeating(speed_kmh)
    given = answer(street, fixes, settings=settings)
    assert given.reasons[5:11] == ["repeated"] * 6
    assert (given.breaks, given.route) == ([], ["AB", "BC"])
    assert fastest_kmh(given) < 80


@pytest.mark.parametrize("speed_kmh", [0.0, NAN])
def test_who_stands_ten_minutes_at_one_place_stands(speed_kmh: float) -> None:
    street = draw(STREET, cell_m=80, free_speed_kmh=50)
    fixes = drive(street, "ABC", speed_kmh=50, every_s=20)
    stop = fixes[3]
    stay = [Fix(stop.time + 20 * k, stop.x, stop.y, speed_kmh) for k in range(1, 31)]
    after = [Fix(f.time + 600, f.x, f.y) for f in fixes[4:]]
    given = answer(street, fixes[:4] + stay + after)
    assert given.reasons == [None] * len(given.reasons)
    assert (given.breaks, given.route) == ([], ["AB", "BC"])
    first = given.output.traversals.to_pandas().iloc[0]
    assert (first.exit_time - first.enter_time).total_seconds() > 600
    assert fastest_kmh(given) < 80
