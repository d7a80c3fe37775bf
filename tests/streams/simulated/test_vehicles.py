"""What drives beside cars."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from streams.simulated.vehicles import BUS, MIXED, TRUCK, Mix, departures, value_at


def test_a_course_is_straight_between_its_minutes_and_level_outside() -> None:
    course = ((10.0, 0.2), (30.0, 0.1))
    found = value_at(course, np.array([0.0, 600.0, 1200.0, 3600.0]))
    assert found.tolist() == pytest.approx([0.2, 0.2, 0.15, 0.1])


def test_many_trucks_drive_early_and_few_late() -> None:
    mix = Mix(((0.0, 0.25), (60.0, 0.05)), van_share=0.1)
    early = mix.kinds(np.zeros(40_000), np.random.default_rng(1))
    late = mix.kinds(np.full(40_000, 3600.0), np.random.default_rng(2))
    # Vans are a tenth of what is no truck: 0.1 x 0.75 and 0.1 x 0.95.
    assert [(early == k).mean() for k in ("truck", "van")] == pytest.approx([0.25, 0.075], abs=0.01)
    assert [(late == k).mean() for k in ("truck", "van")] == pytest.approx([0.05, 0.095], abs=0.01)


def test_as_many_depart_as_the_flow_says_and_most_where_it_is_high() -> None:
    # From 0 to 3,600 an hour within half an hour, then level: 900 and 1,800 vehicles.
    times = departures(((0.0, 0.0), (30.0, 3600.0)), 3600.0, np.random.default_rng(1))
    assert len(times) == 2700
    assert (np.diff(times) >= 0).all()
    assert (times < 1800.0).sum() == pytest.approx(900, abs=60)
    assert (times < 900.0).sum() == pytest.approx(225, abs=40)


def test_the_makes_of_a_kind_have_shares_that_sum_to_one() -> None:
    for kind in MIXED:
        assert sum(make.share for make in kind.makes) == pytest.approx(1.0)
    assert {make.length_m for make in TRUCK.makes} == {8.0, 10.5, 12.0, 16.0}


def test_sumo_chooses_among_trucks_of_several_lengths_and_only_probes_tell_where_they_are() -> None:
    truck, bus = ET.fromstring(TRUCK.xml()), ET.fromstring(BUS.xml())
    assert truck.tag == "vTypeDistribution"
    assert truck.get("id") == "truck"
    assert [row.get("id") for row in truck] == TRUCK.type_names()
    assert [row.get("length") for row in truck] == ["8.0", "10.5", "12.0", "16.0"]
    assert (bus.tag, bus.get("id"), bus.get("length")) == ("vType", "bus", "12.0")
    assert bus.find("param") is not None
    assert truck.find(".//param") is None
