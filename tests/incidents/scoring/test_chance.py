"""What alarms at random places and times would find."""

import pytest

from incidents.scoring.chance import score_chance
from tests.drawing import draw
from tests.incidents.scoring.test_incidents import alert, incident

# 100 m and 300 m, and no way from one to the other.
CITY = draw(
    """
    A-a>B
    X-----x---->Y
    """,
    cell_m=25,
).network
START = 1_789_459_200.0  # 2026-09-15T08:00:00Z


def test_an_incident_is_found_by_chance_as_often_as_its_place_and_time_are_drawn() -> None:
    # A quarter of the metres for half of the hour: the incident's 25 minutes and 5 of grace.
    short = incident(link="a", offset_m=50.0, end="2026-09-15 08:25:00+00:00")
    score = score_chance([alert("1", "08:04:00")], [short], CITY, START, START + 3600.0)
    assert score.alert_count == 1
    assert score.hit_count == pytest.approx(0.125, abs=0.05)
    assert score.precision == score.hit_count
    assert score.hit_count_by_class == {"A": score.hit_count, "B": 0.0, "all": score.hit_count}


def test_more_alarms_find_more_by_chance_and_only_incident_alarms_count() -> None:
    whole = incident(link="a", offset_m=50.0, end="2026-09-15 08:55:00+00:00")
    alarms = [alert(str(k), "08:04:00") for k in range(4)]
    hot_spots = [alert(f"h{k}", "08:04:00", kind="hotspot") for k in range(9)]
    score = score_chance([*alarms, *hot_spots], [whole], CITY, START, START + 3600.0)
    assert score.alert_count == 4
    assert score.hit_count == pytest.approx(1 - 0.75**4, abs=0.1)


def test_without_alarms_nothing_is_found() -> None:
    score = score_chance([], [incident(link="a")], CITY, START, START + 3600.0)
    assert (score.hit_count, score.precision) == (0.0, None)
