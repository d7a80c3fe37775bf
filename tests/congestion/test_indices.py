import numpy as np
import pytest

from congestion.indices import area_indices, index_profiles
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
    city = area_indices(CITY, FREE, FREE)[0]
    assert (city.area, city.tti, city.tpi_mileage, city.tpi_travel_time) == ("city", 1.0, 0.0, 0.0)
    assert city.speed_kmh == pytest.approx(50.0)


def test_a_jam_counts_in_its_own_district_and_by_its_share_in_the_city():
    speed = FREE.copy()
    speed[0] = 5 / 3.6  # of four streets of one length, one ten times slower
    city, jammed, free = area_indices(CITY, speed, FREE)
    assert city.tti == pytest.approx((10 + 3) / 4)
    assert jammed.tti == pytest.approx((10 + 1) / 2)
    assert (city.congested_share, jammed.congested_share, free.congested_share) == (0.25, 0.5, 0.0)
    assert (city.tpi_mileage, free.tpi_mileage) == (10.0, 0.0)


def test_half_as_much_time_again_is_the_border_of_light_congestion():
    city = area_indices(CITY, FREE / 1.5, FREE)[0]
    assert city.tpi_travel_time == pytest.approx(4.0)


def test_streets_of_unknown_speed_do_not_count_and_an_unknown_district_says_nothing():
    speed = np.array([5 / 3.6, np.nan, np.nan, np.nan])
    city, first, second = area_indices(CITY, speed, FREE)
    assert (city.segment_count, city.tti) == (1, 10.0)
    assert (first.tti, second.tti, second.tpi_mileage) == (10.0, None, None)


def test_driving_faster_than_free_flow_makes_up_for_no_jam_elsewhere():
    speed = np.array([25.0, 100.0, 50.0, 50.0]) / 3.6
    assert area_indices(CITY, speed, FREE)[0].tti == pytest.approx(
        (2 + 0.5 + 1 + 1) / (1 + 0.5 + 1 + 1), abs=1e-3
    )


def test_indices_between_the_figures_of_a_profile_lie_between_its_grades():
    # A jam on 100 m of one lane in 2000 m of lanes: 5 %, a quarter of the way from 4 % (2.0) to
    # 8 % (4.0). It is driven in 36 s instead of 12, and the other 1900 m in 228 s as when free.
    road = draw("A-a>B-----------------------------------b-------------------------------------->C",
                cell_m=25)  # fmt: skip
    assert road.network.length_m.tolist() == [100.0, 1900.0]
    speed, free = np.array([10.0, 30.0]) / 3.6, np.full(2, 30.0 / 3.6)
    speed[0] -= 1e-9  # just under 10 km/h
    city = area_indices(road.network, speed, free)[0]
    assert (city.congested_share, city.tpi_mileage) == (0.05, 2.5)
    assert city.tti == pytest.approx((36 + 228) / (12 + 228))  # 1.1
    assert city.tpi_travel_time == pytest.approx(1.0)  # half way to 1.2, which is 2.0
    assert city.speed_kmh == pytest.approx(2.0 / (36 + 228) * 3600, abs=0.05)


def test_a_street_counts_by_its_lanes_and_one_without_any_as_one_lane():
    road = draw("A-a>B-b>C-c>D", cell_m=25, lanes={"a": 3, "b": 2}).network
    speed = np.array([5.0, 50.0, 50.0]) / 3.6
    city = area_indices(road, speed, np.full(3, 50.0 / 3.6))[0]
    assert city.congested_share == 0.5  # three of six lanes
    assert city.tti == pytest.approx((3 * 10 + 2 + 1) / 6)


def test_beijings_worst_grade_of_a_road_class_is_what_counts_as_congested():
    road = draw("A-a>B-b>C", cell_m=25, road_class={"a": "motorway", "b": "secondary"}).network
    # 15 km/h is under 20, the worst grade of a motorway, but not under 10, that of other roads.
    city = area_indices(road, np.full(2, 15.0 / 3.6), np.full(2, 15.0 / 3.6))[0]
    assert city.congested_share == 0.5
