"""The classics on minutes made by hand, as their papers have them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.classics import california, mcmaster, normal_deviate, slow, traffic_anomaly
from benchmarks.classics.alarms import alerts_of
from benchmarks.classics.minutes import SegmentMinutes, downstream_of
from mapmatch.network import NONE
from tests.drawing import draw

# Two stations, the second downstream of the first.
ROADS = draw("A-a>B-b>C-c>D-d>E", cell_m=50)
A, B, C, D = (ROADS.segment(name) for name in "abcd")


def minutes(count: int, **given: Any) -> SegmentMinutes:
    """Give so many minutes of the four roads, free but for what is given by column and road."""
    usual = {"speed_kmh": 45.0, "usual_kmh": 45.0, "flow_veh_h": 600.0, "occupancy": 0.08}
    arrays = {name: np.full((count, 4), value) for name, value in usual.items()}
    for name, by_road in given.items():
        for road, values in by_road.items():
            arrays[name][:, ROADS.segment(road)] = values
    ahead = downstream_of(ROADS.network, np.ones(4, np.bool_))
    start = 60.0 * np.arange(count)
    return SegmentMinutes(start, start + 90.0, downstream=ahead, **arrays)


def at(flags: np.ndarray, road: str) -> list[int]:
    """Give the minutes in which a road alarms."""
    return np.flatnonzero(flags[:, ROADS.segment(road)]).tolist()


def test_the_station_ahead_is_the_next_one_with_detectors() -> None:
    has = np.array([True, False, True, False])[np.argsort([A, B, C, D])]
    found = downstream_of(ROADS.network, has)
    assert (found[A], found[C]) == (C, NONE)
    assert found[B] == NONE  # it has none itself


def test_california_7_alarms_in_the_second_minute_of_full_before_empty() -> None:
    block = minutes(6, occupancy={"a": [0.08, 0.08, 0.5, 0.5, 0.5, 0.08], "b": [0.08] * 6})
    assert at(california.number_7(block, 0.1), "a") == [3, 4]
    assert at(california.number_7(block, 0.45), "a") == []  # 0.42 apart
    queue = minutes(6, occupancy={"a": 0.9, "b": 0.4, "c": 0.4, "d": 0.4})
    assert at(california.number_7(queue, 0.1), "a") == []  # downstream is in a queue itself


def test_california_8_also_wants_the_downstream_occupancy_to_fall() -> None:
    steady = minutes(6, occupancy={"a": [0.1, 0.1, 0.5, 0.5, 0.5, 0.5], "b": [0.1] * 6})
    assert at(california.number_8(steady, 0.1), "a") == []
    falls = minutes(
        6, occupancy={"a": [0.1, 0.1, 0.5, 0.5, 0.5, 0.02], "b": [0.1, 0.1] + [0.02] * 4}
    )
    assert at(california.number_8(falls, 0.1), "a") == [3, 4]


def test_california_8_believes_nothing_for_five_minutes_after_a_wave() -> None:
    # A wave in minute 2: from 0.1 to 0.5 downstream. Full before empty from minute 4, or 8, on.
    for begins, expected in ((4, []), (8, [9, 10, 11])):
        down = np.array([0.1, 0.1, 0.5, 0.5] + [0.1] * 8)
        up = np.where(np.arange(12) >= begins, 0.6, 0.1)
        down[begins:] = 0.05
        given = minutes(12, occupancy={"a": up, "b": down})
        assert at(california.number_8(given, 0.1), "a") == expected


def test_mcmaster_alarms_where_a_station_is_congested_and_the_next_one_is_empty() -> None:
    n = 24
    late = np.arange(n) >= 20
    occupancy = {"a": np.where(late, 0.5, 0.08), "b": np.where(late, 0.03, 0.08)}
    flow = {"a": np.where(late, 60.0, 600.0), "b": np.where(late, 60.0, 600.0)}
    block = minutes(n, occupancy=occupancy, flow_veh_h=flow)
    assert at(mcmaster.mcmaster(block, 0.3), "a") == [22, 23]  # three intervals
    # Where the next station carries as much as ever it is a bottleneck's discharge.
    served = minutes(n, occupancy=occupancy, flow_veh_h={"a": flow["a"]})
    assert at(mcmaster.mcmaster(served, 0.3), "a") == []


def test_the_normal_deviate_alarms_in_the_second_minute_far_from_the_last_five() -> None:
    # 0.08 +- 0.01 at least: 0.2 is 12 deviations away.
    jump = minutes(12, occupancy={"a": [0.08] * 8 + [0.2] * 4})
    assert at(normal_deviate.normal_deviate(jump, 8.0), "a") == [9]
    assert at(normal_deviate.normal_deviate(jump, 13.0), "a") == []


def test_the_crudest_rule_wants_three_minutes_under_a_third_of_the_usual() -> None:
    given = minutes(8, speed_kmh={"a": [45, 14, 14, 45, 14, 14, 14, 14], "b": 16.0})
    assert at(slow.slow(given), "a") == [6, 7]
    assert at(slow.slow(given), "b") == []  # 16 of 45 is more than a third


def test_a_station_that_is_silent_alarms_nothing() -> None:
    silent = minutes(20, occupancy={"a": np.nan}, flow_veh_h={"a": np.nan}, speed_kmh={"a": np.nan})
    for flags in (
        california.number_7(silent, 0.03), california.number_8(silent, 0.03),
        mcmaster.mcmaster(silent, 0.6), normal_deviate.normal_deviate(silent, 2.0),
        slow.slow(silent),
    ):  # fmt: skip
        assert not flags.any()


def test_alarms_of_one_place_are_one_alert_until_ten_minutes_passed_without() -> None:
    given = minutes(30)
    flags = np.zeros((30, 4), np.bool_)
    flags[3, [A, B]] = flags[8, A] = flags[25, A] = True
    alerts = alerts_of(ROADS.network, given, flags)
    assert [alert.event_time for alert in alerts] == [
        "1970-01-01T00:04:30.000Z",
        "1970-01-01T00:26:30.000Z",
    ]


def test_of_alarms_in_one_minute_the_slowest_road_is_the_place() -> None:
    given = minutes(3, speed_kmh={"b": 5.0, "a": 10.0})
    (alert,) = alerts_of(ROADS.network, given, np.ones((3, 4), np.bool_))
    assert alert.segment_id == "b"


def test_traffic_anomaly_is_given_means_of_five_minutes_on_one_weekday_of_each_week() -> None:
    day = minutes(12, speed_kmh={"a": np.arange(12.0)})
    day = replace(day, minute_start=day.minute_start + 1_789_513_200.0)
    first, second = (traffic_anomaly._rows(ROADS.network, day, week, 2) for week in (0, 1))
    assert len(first) == 2 * 4  # the last two minutes are no whole step
    assert first[first.id == A].speed.tolist() == [2.0, 7.0]
    assert set(second.timestamp - first.timestamp) == {np.timedelta64(7, "D")}


def test_where_traffic_anomaly_is_not_installed_it_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv(traffic_anomaly.PACKAGES, str(tmp_path))
    assert traffic_anomaly.packages() is None
    monkeypatch.delenv(traffic_anomaly.PACKAGES)
    assert traffic_anomaly.packages() is None
