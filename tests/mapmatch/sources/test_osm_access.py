"""Who drives along a way by its access, its one-ways and its bus lanes, and who past a barrier."""

import pytest

from mapmatch.sources.osm_access import Access, past_barrier
from mapmatch.sources.osm_tags import Way, read_way

NOBODY, BUSES, ALL = Access.NOBODY, Access.BUSES, Access.ALL
ONE_WAY = {"highway": "secondary", "oneway": "yes"}
TWO_WAY = {"highway": "secondary"}
CLOSED = (NOBODY, NOBODY)


def who(tags: dict[str, str]) -> tuple[Access, Access]:
    found = read_way(tags)
    return found.access if isinstance(found, Way) else CLOSED


@pytest.mark.parametrize(
    "told",
    [
        {"oneway:bus": "no"},
        {"oneway:psv": "no"},
        {"busway": "opposite_lane"},
        {"busway": "opposite"},
        {"busway:left": "opposite_lane"},
        {"busway:right": "opposite_track"},
        {"busway:both": "opposite_lane"},
        {"lanes:psv:backward": "1"},
        {"bus:lanes:backward": "designated"},
        {"oneway:psv": "no", "lanes:bus:backward": "1"},
        {"bus:backward": "designated", "oneway:bus": "no"},
        {"psv:backward": "designated"},
        {"bus": "opposite_lane"},
    ],
)
def test_buses_drive_against_a_one_way_that_has_their_lane(told: dict[str, str]):
    assert who(ONE_WAY | told) == (ALL, BUSES)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"busway": "lane"},
        {"oneway:bicycle": "no"},
        {"cycleway": "opposite_lane"},
        {"lanes:psv:backward": "0"},
        {"oneway:bus": "no", "bus": "no"},
        {"oneway:bus": "yes"},
    ],
)
def test_no_bus_drives_against_a_one_way_without_a_word_of_it(told: dict[str, str]):
    assert who(ONE_WAY | told) == (ALL, NOBODY)


def test_a_lane_against_a_private_one_way_opens_nothing():
    assert who(ONE_WAY | {"access": "private", "oneway:bus": "no"}) == CLOSED


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({"motor_vehicle": "psv"}, (BUSES, BUSES)),
        ({"motor_vehicle": "bus"}, (BUSES, BUSES)),
        ({"access": "psv"}, (BUSES, BUSES)),
        ({"vehicle": "bus;psv", "oneway": "yes"}, (BUSES, NOBODY)),
        ({"motor_vehicle": "psv;destination"}, (ALL, ALL)),
        ({"motor_vehicle": "no;private"}, CLOSED),
        ({"access": "psv", "motorcar": "yes"}, (ALL, ALL)),
        ({"motor_vehicle:backward": "psv"}, (ALL, BUSES)),
        ({"access": "No"}, CLOSED),
        ({"access": "no", "psv": "designated", "taxi": "yes"}, (ALL, ALL)),
        ({"motor_vehicle": "no", "taxi": "designated", "oneway": "yes"}, (ALL, NOBODY)),
        ({"access": "no", "bus": "yes", "taxi": "no"}, (BUSES, BUSES)),
    ],
)
def test_a_value_that_names_buses_is_for_buses(tags: dict[str, str], access):
    assert who(TWO_WAY | tags) == access


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({"oneway": "YES"}, (ALL, NOBODY)),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, (ALL, ALL)),
        ({"oneway": "yes", "oneway:vehicle": "no"}, (ALL, ALL)),
        ({"oneway": "yes", "oneway:taxi": "no"}, (ALL, ALL)),
        ({"oneway": "no", "oneway:taxi": "yes"}, (ALL, ALL)),
        ({"oneway": "no", "oneway:motor_vehicle": "yes"}, (ALL, NOBODY)),
        ({"oneway": "-1", "oneway:bus": "no"}, (BUSES, ALL)),
        ({"oneway": "yes", "motor_vehicle:backward": "yes"}, (ALL, NOBODY)),
    ],
)
def test_a_one_way_for_cars_may_be_told_apart(tags: dict[str, str], access):
    assert who(TWO_WAY | tags) == access


@pytest.mark.parametrize(
    ("tags", "note"),
    [
        ({"oneway": "reversible"}, "one-way at some hours only: open both ways"),
        ({"oneway": "alternating"}, "one-way at some hours only: open both ways"),
        (
            {"oneway": "yes", "oneway:conditional": "no @ (22:00-06:00)"},
            "one-way at some hours only: open both ways",
        ),
        (
            {"oneway:conditional": "yes @ (Mo-Fr 07:00-09:00)"},
            "one-way at some hours only: open both ways",
        ),
        (
            {"motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (20:00-06:00)"},
            "closed at some hours: taken as open",
        ),
        (
            {"motor_vehicle:conditional": "no @ (20:00-06:00)"},
            "closed at some hours: taken as open",
        ),
        ({"hgv:conditional": "no @ (20:00-06:00)"}, ""),
        ({"motor_vehicle:conditional": "delivery @ (20:00-06:00)"}, ""),
    ],
)
def test_what_changes_with_the_hour_is_open_both_ways_and_said(tags: dict[str, str], note: str):
    found = read_way(TWO_WAY | tags)
    assert isinstance(found, Way)
    assert found.access == (ALL, ALL)
    assert found.note == note


def test_an_hourly_word_that_opens_nothing_leaves_a_one_way_and_says_nothing():
    found = read_way(ONE_WAY | {"oneway:conditional": "yes @ (22:00-06:00)"})
    assert isinstance(found, Way)
    assert (found.access, found.note) == ((ALL, NOBODY), "")


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({"highway": "track", "motor_vehicle": "yes"}, (ALL, ALL)),
        ({"highway": "pedestrian", "motorcar": "designated"}, (ALL, ALL)),
        ({"highway": "pedestrian", "motor_vehicle": "delivery"}, CLOSED),
        ({"highway": "pedestrian", "psv": "yes"}, (BUSES, BUSES)),
        ({"highway": "pedestrian", "psv": "yes", "taxi": "yes"}, (ALL, ALL)),
        ({"highway": "pedestrian", "access": "yes"}, CLOSED),
        ({"highway": "footway", "motor_vehicle": "yes"}, CLOSED),
    ],
)
def test_a_track_or_a_square_is_driven_where_it_says_so(tags: dict[str, str], access):
    assert who(tags) == access


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({"barrier": "bollard"}, NOBODY),
        ({"barrier": "block"}, NOBODY),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, ALL),
        ({"barrier": "bollard", "foot": "yes", "bicycle": "yes"}, NOBODY),
        ({"barrier": "bollard", "bus": "yes"}, BUSES),
        ({"barrier": "bollard", "bollard": "rising"}, BUSES),
        ({"barrier": "bus_trap"}, BUSES),
        ({"barrier": "gate"}, ALL),
        ({"barrier": "gate", "access": "private"}, NOBODY),
        ({"barrier": "gate", "access": "no", "psv": "yes"}, BUSES),
        ({"barrier": "gate", "locked": "yes"}, NOBODY),
        ({"barrier": "lift_gate", "access": "destination"}, ALL),
        ({"barrier": "toll_booth"}, ALL),
        ({"barrier": "entrance"}, ALL),
        ({"barrier": "kerb"}, ALL),
    ],
)
def test_a_barrier_lets_pass_whom_its_kind_and_tags_say(tags: dict[str, str], access: Access):
    assert past_barrier(tags) == access
