"""Stopped flows and standing queues."""

from collections.abc import Mapping, Sequence
from math import log, sqrt

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from congestion.records import Sighting
from congestion.roadside import Roadside, RoadsideAssets
from incidents.settings import FlowSettings
from incidents.signs.city_arrays import city_arrays
from incidents.signs.flows import FlowSignFinder, FlowSigns
from incidents.signs.lane_detectors import lane_detectors
from tests.incidents.city import (
    EMPTY,
    FREE,
    FULL,
    START,
    Lane,
    avenue,
    minute_states,
    roadside,
    standing,
)

AVENUE = avenue()
S2 = AVENUE.index_of("s2") or 0


def run(
    last: tuple[Lane, Lane], minutes: int, sightings: list[Sighting] | None = None
) -> FlowSigns:
    """Run 20 ordinary minutes, then some in which s2 reads as given."""
    assets = roadside(AVENUE)
    stop = RoadsideAssets(
        ("b",), np.array([S2], np.int32), np.array([100.0]), np.zeros(1, np.int32)
    )
    beside = Roadside(assets.detectors, assets.cameras, stop)
    detectors = lane_detectors(AVENUE, beside)
    flows = FlowSignFinder(AVENUE, detectors, beside, FlowSettings())
    for minute in range(20 + minutes):
        states = minute_states(AVENUE, minute, {"s2": last} if minute >= 20 else {})
        seen = (sightings or []) if minute >= 20 else []
        signs = flows.step(city_arrays(AVENUE, detectors, START + 60 * minute, [states]), seen)
    return signs


def test_a_flow_that_ends_has_stopped_and_the_odds_grow_with_time() -> None:
    one, three = run((EMPTY, EMPTY), 1), run((EMPTY, EMPTY), 3)
    assert 0 < one.stopped[S2] < three.stopped[S2]
    # 12 vehicles a minute usual, a tenth of it still passes, variance twice the mean.
    assert one.stopped[S2] == pytest.approx(0.9 * 12 / 2, rel=0.01)
    assert three.stop_minutes[S2] == 3


def test_a_flow_of_half_the_usual_has_not_stopped() -> None:
    assert run(((3, 0.05, 45), (3, 0.05, 45)), 5).stopped[S2] == 0


def test_the_gap_between_platoons_says_less_where_they_always_come_so_far_apart() -> None:
    platoon: tuple[Lane, Lane] = ((6, 0.1, 40), (6, 0.1, 40))
    steady: tuple[Lane, Lane] = ((2, 0.03, 40), (2, 0.03, 40))
    beside = roadside(AVENUE)
    detectors = lane_detectors(AVENUE, beside)
    flows = FlowSignFinder(AVENUE, detectors, beside, FlowSettings())
    s3 = AVENUE.index_of("s3") or 0
    for minute in range(64):  # a platoon every third minute, then the gap after the last
        lanes = {"s2": platoon if minute % 3 == 1 else (EMPTY, EMPTY)}
        lanes["s3"] = steady if minute < 62 else (EMPTY, EMPTY)
        states = minute_states(AVENUE, minute, lanes)
        signs = flows.step(city_arrays(AVENUE, detectors, START + 60 * minute, [states]), [])
    assert 0 < signs.stopped[S2] < 0.6 * signs.stopped[s3]


def test_a_full_lane_that_does_not_move_is_a_queue() -> None:
    signs = run((FULL, EMPTY), 1)
    assert signs.is_jammed[S2]
    assert signs.full_lanes[S2] == 1
    assert signs.line_full[S2] == 0.5


def test_a_full_lane_that_moves_is_no_queue() -> None:
    assert not run(((15, 0.9, 12), EMPTY), 1).is_jammed[S2]


def test_vehicles_that_stand_long_are_a_queue_and_its_head_is_the_foremost() -> None:
    seen = [standing("t1", "s2", 150.0, 20), standing("t2", "s2", 220.0, 20)]
    signs = run((EMPTY, EMPTY), 1, seen)
    assert (signs.standing[S2], signs.standing_offset_m[S2]) == (2, 220.0)
    assert signs.is_jammed[S2]


def test_a_bus_at_its_stop_and_a_short_stand_are_no_queue() -> None:
    seen = [
        standing("b1", "s2", 110.0, 20, fleet="bus"),
        standing("t1", "s2", 200.0, 20, minutes=1),
    ]
    assert not run((EMPTY, EMPTY), 1, seen).is_jammed[S2]
    away = [standing("b1", "s2", 200.0, 20, fleet="bus")]
    assert run((EMPTY, EMPTY), 1, away).is_jammed[S2]


USUAL: Sequence[Lane] = (FREE, FREE)  # 12 vehicles a minute
SILENT: Lane = (None, None, None)


def signs_after(
    *minutes: Sequence[Lane], seen: Mapping[int, list[Sighting]] | None = None, lanes: int = 2,
    probe_kmh: float | None = None,
) -> FlowSigns:  # fmt: skip
    """Give the signs after minutes in which s2 reads as given and others as usual."""
    beside = roadside(AVENUE, lanes)
    detectors = lane_detectors(AVENUE, beside)
    flows = FlowSignFinder(AVENUE, detectors, beside, FlowSettings())
    for minute, readings in enumerate(minutes):
        rows = minute_states(AVENUE, minute, {"s2": readings})
        if probe_kmh is not None:
            kmh = pa.array([probe_kmh] * len(rows), pa.float32())
            rows = rows.set_column(
                rows.schema.get_field_index("probe_speed_kmh"), "probe_speed_kmh", kmh
            )
        sightings = (seen or {}).get(minute, [])
        signs = flows.step(city_arrays(AVENUE, detectors, START + 60 * minute, [rows]), sightings)
    return signs


STOPPED: Sequence[Lane] = (EMPTY, EMPTY)


def test_the_odds_of_a_stop_are_those_of_wald_up_to_twelve_and_teach_no_new_usual() -> None:
    # A minute without any of the usual 12, of which a stopped flow lets a tenth through, is worth
    # 0.9 x 12; counts behind signals vary twice as much as Poisson's, so half of that: 5.4.
    odds = [signs_after(*[USUAL] * 40, *[STOPPED] * n).stopped[S2] for n in (1, 2, 3, 9)]
    assert odds == pytest.approx([5.4, 10.8, 12.0, 12.0], rel=1e-3)
    # Each vehicle that passes takes ln 10 of it, by the same half: 2 do 2.3, and 5.4 more come.
    few: Sequence[Lane] = ((1, 0.02, 40), (1, 0.02, 40))
    after = signs_after(*[USUAL] * 40, STOPPED, few).stopped[S2]
    assert after == pytest.approx(10.8 - 2 * log(10) / 2, rel=1e-3)


def test_where_platoons_come_in_turns_a_gap_is_worth_as_much_less_as_the_counts_vary_more() -> None:
    # 8 and none in turn: their mean is 4 and their variance 16, four times as much; half way to
    # the usual 2, as logarithms, that is sqrt(4 x 2).
    platoon: Sequence[Lane] = ((4, 0.1, 40), (4, 0.1, 40))
    turns = [STOPPED, platoon] * 60
    one, two = (signs_after(*turns, *[STOPPED] * n).stopped[S2] for n in (1, 2))
    assert one == pytest.approx(0.9 * 4 / sqrt(8), rel=0.1)
    assert two == pytest.approx(2 * one, rel=0.1)


def test_of_the_odds_of_a_stop_three_fifths_are_left_after_each_silent_minute() -> None:
    silent: Sequence[Lane] = (SILENT, SILENT)
    before = signs_after(*[USUAL] * 40, STOPPED, STOPPED).stopped[S2]
    after = signs_after(*[USUAL] * 40, STOPPED, STOPPED, silent, silent)
    assert after.stopped[S2] == pytest.approx(0.36 * before)
    assert after.stop_minutes[S2] == 4  # still dated by when it stopped


def test_without_detectors_a_minute_in_which_two_stand_and_nobody_gets_away_counts_one() -> None:
    def stopped(vehicles: int, lanes: int = 0, probe_kmh: float | None = None) -> float:
        seen = {
            minute: [standing(f"t{k}", "s2", 200.0 - 20 * k, minute) for k in range(vehicles)]
            for minute in range(3)
        }
        none: Sequence[Lane] = [FREE] * lanes
        signs = signs_after(none, none, none, seen=seen, lanes=lanes, probe_kmh=probe_kmh)
        return float(signs.stopped[S2])

    assert (stopped(2), stopped(1)) == (3.0, 0.0)
    assert stopped(2, probe_kmh=3.5) == 3.0  # they creep
    assert stopped(2, probe_kmh=4.0) == 0.0  # faster than 1 m/s: some get away
    assert stopped(2, lanes=2) == 0.0  # its detectors count


def test_how_often_it_was_jammed_is_what_it_was_before_this_jam_and_fades_in_40_minutes() -> None:
    jam: Sequence[Lane] = (FULL, FULL)
    # After 40 jammed minutes half is remembered, after 40 free ones half of that.
    before = signs_after(*[jam] * 40, *[USUAL] * 40)
    again = signs_after(*[jam] * 40, *[USUAL] * 40, *[jam] * 9)
    assert before.jam_share[S2] == pytest.approx(0.25, rel=0.03)
    assert again.jam_share[S2] == pytest.approx(0.25, rel=0.03)
    assert (before.jam_minutes[S2], again.jam_minutes[S2]) == (0, 9)


def test_a_jam_that_was_free_for_less_than_five_minutes_is_still_the_same() -> None:
    jam: Sequence[Lane] = (FULL, FULL)
    for free, share in ((4, 0.0), (5, 1 - 0.5 ** (20 / 40))):
        signs = signs_after(*[USUAL] * 10, *[jam] * 20, *[USUAL] * free, jam)
        faded = share * 0.5 ** (free / 40)
        assert signs.jam_share[S2] == pytest.approx(faded, abs=0.02)


def test_a_queue_that_is_away_for_two_minutes_is_as_old_as_before_and_for_three_a_new_one() -> None:
    jam: Sequence[Lane] = (FULL, FULL)
    ages = [signs_after(jam, jam, *[USUAL] * n, jam).jam_minutes[S2] for n in (1, 2, 3)]
    assert ages == [4, 5, 1]


def test_occupancy_before_the_jam_is_the_mean_over_lanes_faded_in_twelve_minutes() -> None:
    busy: Sequence[Lane] = ((6, 0.30, 40), (6, 0.10, 40))
    light: Sequence[Lane] = ((6, 0.08, 40), (6, 0.04, 40))
    jam: Sequence[Lane] = (FULL, FULL)
    signs = signs_after(*[busy] * 40, *[light] * 12, *[jam] * 3)
    assert signs.occupancy_before[S2] == pytest.approx((0.20 + 0.06) / 2, rel=1e-3)


def test_a_stop_line_is_empty_where_nobody_passed_and_nobody_stands() -> None:
    assert signs_after((EMPTY, EMPTY)).line_empty[S2]
    assert not signs_after((EMPTY, (0, 0.06, None))).line_empty[S2]
    assert not signs_after((EMPTY, (1, 0.02, 40))).line_empty[S2]
    assert signs_after((EMPTY, SILENT)).line_empty[S2]  # of the lanes that are heard
    assert not signs_after((SILENT, SILENT)).line_empty[S2]


def test_a_segment_is_known_for_three_minutes_after_its_last_reading() -> None:
    silent: Sequence[Lane] = (SILENT, SILENT)
    assert not signs_after(silent).is_known[S2]
    known = [signs_after(USUAL, *[silent] * n).is_known[S2] for n in (0, 1, 2, 3)]
    assert known == [True, True, True, False]
    seen = {1: [standing("t", "s2", 100.0, 1)]}
    assert signs_after(silent, silent, silent, seen=seen).is_known[S2]


def test_a_lane_is_full_from_85_hundredths_with_at_most_one_vehicle() -> None:
    full = [(1, 0.85, 3), (1, 0.84, 3), (2, 0.9, 3)]
    found = [signs_after((lane, EMPTY)).full_lanes[S2] for lane in full]
    assert found == [1, 0, 0]


def test_only_who_stood_for_100_seconds_counts_and_a_bus_within_40_m_of_its_stop_does_not() -> None:
    def counted(sighting: Sighting) -> tuple[float, float]:
        signs = run((EMPTY, EMPTY), 1, [sighting])
        return float(signs.standing[S2]), float(signs.standing_s[S2])

    stands = standing("t", "s2", 200.0, 20)
    for stood_s, expected in ((99.0, (0, 0)), (100.0, (1, 100)), (500.0, (1, 500))):
        assert counted(msgspec.structs.replace(stands, since=stands.until - stood_s)) == expected
    for offset_m, count in ((140.0, 0), (141.0, 1), (60.0, 0), (59.0, 1)):  # the stop is at 100 m
        assert counted(standing("b", "s2", offset_m, 20, fleet="bus"))[0] == count
    assert counted(standing("t", "s2", 100.0, 20))[0] == 1  # a taxi has no stop
