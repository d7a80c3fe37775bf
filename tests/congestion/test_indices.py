import numpy as np
import pytest

from congestion.indices import AreaIndexer, index_profiles
from tests.drawing import draw

# Two districts, a and b, c and d; every street as long as the others.
CITY = draw("A-a>B-b>C  D-c>E-d>F", region_count=2).network
FREE = np.full(4, 50 / 3.6)


@pytest.mark.parametrize("name", ["mileage", "travel_time"])
def test_every_form_of_the_index_rises_from_0_to_10_and_names_its_source(name):
    profile = index_profiles()[name]
    figures = np.linspace(0, profile.figures[-1] * 1.5, 200)
    found = [profile.index(figure) for figure in figures]
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (0.0, 10.0)
    assert profile.source
    assert not profile.text_read


def test_a_free_city_needs_no_more_time_and_has_an_index_of_0():
    city = AreaIndexer(CITY).indices(FREE, FREE)[0]
    assert (city.area, city.tti, city.tpi_mileage, city.tpi_travel_time) == ("city", 1.0, 0.0, 0.0)
    assert city.speed_kmh == pytest.approx(50.0)


def test_a_jam_counts_in_its_own_district_and_by_its_share_in_the_city():
    speed = FREE.copy()
    speed[0] = 5 / 3.6  # of four streets of one length, one ten times slower
    city, jammed, free = AreaIndexer(CITY).indices(speed, FREE)
    assert city.tti == pytest.approx((10 + 3) / 4)
    assert jammed.tti == pytest.approx((10 + 1) / 2)
    assert (city.congested_share, jammed.congested_share, free.congested_share) == (0.25, 0.5, 0.0)
    assert (city.tpi_mileage, free.tpi_mileage) == (10.0, 0.0)


def test_half_as_much_time_again_is_the_border_of_light_congestion():
    city = AreaIndexer(CITY).indices(FREE / 1.5, FREE)[0]
    assert city.tpi_travel_time == pytest.approx(4.0)


def test_streets_of_unknown_speed_do_not_count_and_an_unknown_district_says_nothing():
    speed = np.array([5 / 3.6, np.nan, np.nan, np.nan])
    city, first, second = AreaIndexer(CITY).indices(speed, FREE)
    assert (city.segment_count, city.tti) == (1, 10.0)
    assert (first.tti, second.tti, second.tpi_mileage) == (10.0, None, None)


def test_driving_faster_than_free_flow_makes_up_for_no_jam_elsewhere():
    speed = np.array([25.0, 100.0, 50.0, 50.0]) / 3.6
    assert AreaIndexer(CITY).indices(speed, FREE)[0].tti == pytest.approx(
        (2 + 0.5 + 1 + 1) / (1 + 0.5 + 1 + 1), abs=1e-3
    )
