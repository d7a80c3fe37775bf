import numpy as np
import pytest

from congestion.levels import LEVEL_COUNT, NO_LEVEL, level_profile
from mapmatch.network import ROAD_CLASSES

PRIMARY = np.array([ROAD_CLASSES.index("primary")], np.int8)


@pytest.mark.parametrize("name", ["hcm", "gbt33171", "amap", "beijing"])
def test_every_profile_goes_from_free_to_blocked_as_speed_falls(name):
    profile = level_profile(name)
    speeds = np.linspace(0.1, 20.0, 200)
    road_class = np.repeat(PRIMARY, len(speeds))
    levels = profile.levels(speeds, np.full(len(speeds), 18.0), road_class)
    assert (np.diff(levels) <= 0).all()
    assert levels[0] == LEVEL_COUNT - 1
    assert levels[-1] == 0
    assert profile.source


def levels(profile: str, kmh: list[float], road_class: str = "primary") -> list[int]:
    """Give the levels of roads that are free at 60 km/h."""
    count = len(kmh)
    classes = np.full(count, ROAD_CLASSES.index(road_class), np.int8)
    speeds, free = np.array(kmh) / 3.6, np.full(count, 60.0 / 3.6)
    return level_profile(profile).levels(speeds, free, classes).tolist()


@pytest.mark.parametrize(
    ("profile", "bounds_kmh"),
    [
        # Shares of free flow, 60 km/h.
        ("hcm", [0.85 * 60, 0.67 * 60, 0.50 * 60, 0.40 * 60, 0.30 * 60]),
        ("gbt33171", [0.80 * 60, 0.70 * 60, 0.50 * 60, 0.40 * 60, 0.30 * 60]),
        # Indices of delay: free flow over speed.
        ("amap", [60 / 1.25, 60 / 1.5, 60 / 1.8, 60 / 2.2, 60 / 4.0]),
        # Speeds of a main road.
        ("beijing", [40, 30, 20, 15, 7.5]),
    ],
)
def test_a_level_begins_just_under_its_bound_in_every_profile(profile, bounds_kmh):
    assert levels(profile, [bound + 0.1 for bound in bounds_kmh]) == [0, 1, 2, 3, 4]
    assert levels(profile, [bound - 0.1 for bound in bounds_kmh]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("road_class", "bounds_kmh"),
    [
        ("motorway", [65, 50, 35, 20, 10]),
        ("trunk_link", [65, 50, 35, 20, 10]),  # a link has its road's
        ("secondary", [35, 25, 15, 10, 5]),
        ("service", [35, 25, 15, 10, 5]),  # a class that is not named is judged as tertiary
    ],
)
def test_beijings_bounds_are_those_of_the_roads_class(road_class, bounds_kmh):
    assert levels("beijing", [bound + 0.1 for bound in bounds_kmh], road_class) == [0, 1, 2, 3, 4]
    assert levels("beijing", [bound - 0.1 for bound in bounds_kmh], road_class) == [1, 2, 3, 4, 5]


def test_a_speed_on_the_bound_has_the_better_level():
    # A share of 1 / 2 and 15 km/h are exact in floats.
    assert levels("hcm", [30.0]) == [2]
    assert levels("beijing", [15.0]) == [3]


def test_a_level_is_left_once_the_speed_is_past_its_bound_by_the_margin():
    profile = level_profile("hcm")  # 0.85, 0.67, 0.5, 0.4 and 0.3 of free flow
    level = np.array([NO_LEVEL], np.int8)
    told = []
    for share in (0.84, 0.86, 0.88, 0.90, 0.84, 0.82, 0.80, 0.2, 0.51, 0.54):
        speed, free = np.array([share]), np.array([1.0])
        level = profile.settled(level, speed, free, np.zeros(1, np.int8), 0.05)
        told.append(int(level[0]))
    # 0.90 is over 0.85 by more than 5 %, 0.80 under it; 0.51 is over 0.5 by less than that.
    assert told == [1, 1, 1, 0, 0, 0, 1, 5, 3, 2]
