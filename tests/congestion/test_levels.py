import numpy as np
import pytest

from congestion.levels import LEVEL_COUNT, level_profile
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


def test_hcm_reads_the_share_of_free_flow():
    levels = level_profile("hcm").levels(
        np.array([9.0, 7.0, 5.5, 4.5, 3.5, 2.0]), np.full(6, 10.0), np.repeat(PRIMARY, 6)
    )
    assert levels.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_class_table_reads_kilometres_an_hour():
    levels = level_profile("beijing").levels(
        np.array([45.0, 35.0, 25.0, 18.0, 10.0, 5.0]) / 3.6, np.full(6, 10.0), np.repeat(PRIMARY, 6)
    )
    assert levels.tolist() == [0, 1, 2, 3, 4, 5]
