from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.profile.calendar import Calendar
from congestion.profile.usual_speed import UsualSpeeds
from congestion.profile.week import RUNGS, ProfileError, Week, load_week, save_week
from congestion.profile_build.week import build_week
from congestion.region import SIGNAL_DELAY_S, region_of
from congestion.roadside import Roadside
from congestion.states.estimator import StateEstimator
from congestion.states.free_flow import SpeedPercentiles
from mapmatch.network import ROAD_CLASSES
from tests.drawing import draw

# Seven streets of one class; g ends at a signal.
CITY = draw(
    """
    A-a>B  C-b>D  E-c>F  G-d>H
    I-e>J  K-f>L  M-g>N
    """,
    cell_m=25,
    free_speed_kmh=50,
    signals="N",
).network
MONDAY_8 = datetime(2026, 9, 14, 0, 0, tzinfo=UTC).timestamp()  # 08:00 in Shanghai
NOON = MONDAY_8 + 4 * 3600


def kept(folder: Path, rows: list[tuple[str, float, float, str]]) -> Path:
    """Write states of (segment, time, speed, quality) as a lake keeps them."""
    names, times, speeds, qualities = zip(*rows, strict=True)
    stamps = pa.array([int(t * 1000) for t in times], pa.timestamp("ms", tz="UTC"))
    table = pa.table(
        {
            "segment_id": list(names), "interval_start": stamps,
            "speed_kmh": pa.array(speeds, pa.float32()), "quality": list(qualities),
        }
    )  # fmt: skip
    pq.write_table(table, folder / "states.parquet")
    return folder / "states.parquet"


def minutes(name: str, start: float, speeds: list[float], quality: str = "observed"):
    return [(name, start + 60.0 * k, speed, quality) for k, speed in enumerate(speeds)]


def test_a_slot_holds_the_median_and_spread_of_its_quarter_of_an_hour(tmp_path):
    speeds = [20.0, 22.0, 24.0, 26.0, 28.0]
    file = kept(tmp_path, minutes("a", MONDAY_8, speeds) + minutes("b", MONDAY_8, [9.0] * 4))
    week = build_week([file], [], CITY, "Asia/Shanghai")
    median, spread = week.usual(MONDAY_8 + 7 * 86400 + 840)  # a Monday later, 08:14
    assert median[0] * 3.6 == pytest.approx(24.0, abs=0.05)
    assert spread[0] * 3.6 == pytest.approx((26.0 - 22.0) / 1.349, abs=0.05)
    assert np.isnan(median[1])  # four minutes are too few
    assert np.isnan(week.usual(MONDAY_8 + 900)[0][0])  # another quarter
    assert np.isnan(week.usual(MONDAY_8 + 5 * 86400)[0][0])  # a Saturday


def test_days_of_an_incident_and_minutes_that_nobody_saw_are_left_out(tmp_path):
    good, bad = minutes("a", MONDAY_8, [30.0] * 6), minutes("a", MONDAY_8 + 86400, [3.0] * 9)
    guessed = minutes("b", MONDAY_8, [30.0] * 9, "historic")
    file = kept(tmp_path, good + bad + guessed)
    week = build_week([file], [("a", "2026-09-15")], CITY, "Asia/Shanghai")
    assert week.usual(MONDAY_8)[0][0] * 3.6 == pytest.approx(30.0, abs=0.05)
    assert np.isnan(week.usual(MONDAY_8)[0][1])


def test_free_flow_takes_the_first_rung_of_the_ladder_that_holds(tmp_path):
    rows = minutes("a", NOON, [40.0] * 30) + minutes("a", MONDAY_8, [10.0] * 30)
    for name in "bcde":
        rows += minutes(name, MONDAY_8, [25.0] * 30)
    week = build_week([kept(tmp_path, rows)], [], CITY, "Asia/Shanghai")
    assert [RUNGS[r] for r in week.rung] == ["off_peak", *["any_time"] * 4, "class", "class"]
    assert week.free_flow_kmh[:2] == pytest.approx([40.0, 25.0])
    assert week.free_flow_kmh[5] == pytest.approx(25.0)  # the class drives half of its 50 km/h
    few = build_week([kept(tmp_path, rows[:60])], [], CITY, "Asia/Shanghai")
    assert [RUNGS[r] for r in few.rung] == ["off_peak", *["limit"] * 6]
    seconds = 100 / (50 / 3.6) + SIGNAL_DELAY_S
    assert few.free_flow_kmh[6] == pytest.approx(100 / seconds * 3.6)


def test_the_85th_percentile_is_the_free_flow(tmp_path):
    speeds = np.linspace(0, 60, 61).tolist()
    week = build_week([kept(tmp_path, minutes("a", NOON, speeds))], [], CITY, "Asia/Shanghai")
    assert week.free_flow_kmh[0] == pytest.approx(51.0)


def test_a_profile_is_mapped_from_its_folder_and_one_of_another_network_refused(tmp_path):
    week = build_week([kept(tmp_path, minutes("a", NOON, [40.0] * 30))], [], CITY, "Asia/Shanghai")
    save_week(week, CITY, tmp_path / "week")
    again = load_week(tmp_path / "week", CITY)
    assert np.array_equal(again.median_kmh, week.median_kmh, equal_nan=True)
    with pytest.raises(ProfileError, match="build it again"):
        load_week(tmp_path / "week", draw("A-a>B-b>C").network)
    with pytest.raises(ProfileError, match="expected the folder of a typical week"):
        load_week(tmp_path / "nothing", CITY)


def test_a_holiday_is_a_day_off_and_a_weekend_that_is_worked_a_workday(tmp_path):
    saturday = MONDAY_8 + 5 * 86400
    rows = minutes("a", MONDAY_8, [50.0] * 6) + minutes("a", MONDAY_8 + 86400, [20.0] * 6)
    rows += minutes("a", saturday, [21.0] * 6)
    days = Calendar(holidays=(date(2026, 9, 14),), workdays=(date(2026, 9, 19),))
    week = build_week([kept(tmp_path, rows)], [], CITY, "Asia/Shanghai", days)
    save_week(week, CITY, tmp_path / "week")
    week = load_week(tmp_path / "week", CITY)
    found = [float(week.usual(MONDAY_8 + 86400.0 * day)[0][0] * 3.6) for day in (0, 1, 5, 6, 7)]
    assert found == pytest.approx([50.0, 20.5, 20.5, 50.0, 20.5], abs=0.1)


def flat_week(kmh: float) -> Week:
    shape = (2, 96, CITY.segment_count)
    return Week(
        "Asia/Shanghai", np.full(shape, kmh, np.float16), np.full(shape, 3.0, np.float16),
        np.full(7, 40.0, np.float32), np.array([0, 1, 2, 3, 3, 3, 3], np.int8),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("time", "kmh"),
    [
        ("2026-10-25T00:30:00+00:00", 10.0),  # 02:30 in Berlin, on summer time
        ("2026-10-25T01:30:00+00:00", 10.0),  # 02:30 once more
        ("2026-10-25T02:30:00+00:00", 40.0),  # 03:30
        ("2026-03-29T00:59:00+00:00", 40.0),  # 01:59
        ("2026-03-29T01:00:00+00:00", 40.0),  # 03:00: no 02:00 that day
        ("2026-12-31T23:30:00+00:00", 20.0),  # 00:30 of New Year, a day off
    ],
)
def test_what_is_usual_is_that_of_the_clock_on_the_wall(time, kmh):
    week = replace(
        flat_week(40.0), timezone="Europe/Berlin", calendar=Calendar(holidays=(date(2027, 1, 1),))
    )
    week.median_kmh[:, 8:12] = 10.0
    week.median_kmh[1, :4] = 20.0
    usual, _ = week.usual(datetime.fromisoformat(time).timestamp())
    assert usual[0] * 3.6 == pytest.approx(kmh, abs=0.1)


def test_an_estimator_starts_from_the_profile_and_says_how_free_flow_is_known():
    usual = SpeedPercentiles(region_of(CITY, 0, Roadside()), flat_week(30.0))
    assert usual.free_flow_mps * 3.6 == pytest.approx([40.0] * 7)
    seen = np.array([False] * 6 + [True])
    for _ in range(30):
        usual.step(np.full(7, 5.0), seen)
    assert [RUNGS[r] for r in usual.rung] == [
        "off_peak", "any_time", "class", "limit", "limit", "limit", "any_time"
    ]  # fmt: skip


def test_what_is_as_slow_as_every_week_recurs_and_what_is_slower_does_not():
    history = UsualSpeeds(7, flat_week(15.0))
    speeds = np.array([14.0, 5.0, 30.0, np.nan, 9.5, 8.5, 15.0]) / 3.6
    usual = history.step(MONDAY_8, speeds, np.zeros(7, bool))
    assert [usual.is_recurrent(k) for k in range(7)] == [
        True, False, True, None, True, False, True
    ]  # fmt: skip
    assert UsualSpeeds(7, None).step(0.0, speeds, np.ones(7, bool)).is_recurrent(0) is None


def test_no_spread_of_a_week_is_believed_under_what_an_estimate_has_itself():
    week = replace(flat_week(20.0), spread_kmh=np.full((2, 96, 7), 0.5, np.float16))
    # Two spreads of 0.8 m/s: 5.76 km/h.
    speeds = np.array([14.3, 14.2, 20.0, 20.0, 20.0, 20.0, 20.0]) / 3.6
    usual = UsualSpeeds(7, week).step(MONDAY_8, speeds, np.zeros(7, bool))
    assert [usual.is_recurrent(k) for k in range(3)] == [True, False, True]


def test_a_lasting_change_becomes_usual_and_a_restored_one_knows_it():
    history, again = UsualSpeeds(7, flat_week(20.0)), UsualSpeeds(7, flat_week(20.0))
    seen = np.array([True, *[False] * 6])
    for k in range(2400):
        history.step(MONDAY_8 + 60.0 * k, np.full(7, 10 / 3.6), seen)
    again.restore(history.snapshot())
    usual = again.step(MONDAY_8, np.full(7, 10 / 3.6), seen).usual_mps * 3.6
    # Half of the change in the logarithm.
    assert usual[0] == pytest.approx(20.0 * 0.5**0.5, rel=0.01)
    assert usual[1] == pytest.approx(20.0)


def test_a_segment_that_nobody_drove_is_drawn_to_its_usual_speed_of_the_hour(tmp_path):
    rows = minutes("a", MONDAY_8, [12.0] * 15) + minutes("b", MONDAY_8, [40.0] * 15)
    week = build_week([kept(tmp_path, rows)], [], CITY, "Asia/Shanghai")

    def speeds(known: Week | None, time: float) -> dict[str, float]:
        states = StateEstimator(CITY, 0, Roadside(), week=known).close_minute(time).states
        assert set(states["quality"].to_pylist()) == {"historic"}
        return dict(
            zip(states["segment_id"].to_pylist(), states["speed_kmh"].to_pylist(), strict=True)
        )

    a_week_later = MONDAY_8 + 7 * 86400
    without, found = speeds(None, a_week_later), speeds(week, a_week_later)
    for name, usual in (("a", 12.0), ("b", 40.0)):
        assert abs(found[name] - usual) < 0.5 * abs(without[name] - usual)
    assert (
        found["c"] == speeds(week, a_week_later + 6 * 3600)["c"]
    )  # of which the week knows nothing


@pytest.mark.parametrize(
    ("day", "hour", "rung"),
    [
        (0, 6, "off_peak"),
        (0, 7, "any_time"),
        (0, 9, "any_time"),
        (0, 10, "off_peak"),
        (0, 15, "off_peak"),
        (0, 16, "any_time"),
        (0, 19, "any_time"),
        (0, 20, "off_peak"),
        (5, 8, "off_peak"),  # a Saturday has no peak
    ],
)
def test_peaks_are_seven_to_ten_and_sixteen_to_twenty_on_workdays(tmp_path, day, hour, rung):
    start = MONDAY_8 + 86400.0 * day + 3600.0 * (hour - 8)
    file = kept(tmp_path, minutes("a", start, [40.0] * 30))
    week = build_week([file], [], CITY, "Asia/Shanghai")
    assert RUNGS[week.rung[0]] == rung


def test_thirty_minutes_make_a_free_flow_of_its_own_and_five_streets_that_of_a_class(tmp_path):
    def rungs(streets: str, count: int) -> list[str]:
        rows = [one for name in streets for one in minutes(name, NOON, [40.0] * count)]
        week = build_week([kept(tmp_path, rows)], [], CITY, "Asia/Shanghai")
        return [RUNGS[rung] for rung in week.rung]

    assert rungs("abcde", 30) == ["off_peak"] * 5 + ["class"] * 2
    assert rungs("abcde", 29) == ["limit"] * 7
    assert rungs("abcd", 30) == ["off_peak"] * 4 + ["limit"] * 3


def test_a_class_lends_its_free_flow_to_its_own_streets_only(tmp_path):
    other = CITY.road_class.copy()
    other[5:6] = (other[5] + 1) % len(ROAD_CLASSES)  # f alone is of another class
    city = replace(CITY, road_class=other)
    rows = [one for name in "abcde" for one in minutes(name, NOON, [40.0] * 30)]
    week = build_week([kept(tmp_path, rows)], [], city, "Asia/Shanghai")
    assert [RUNGS[rung] for rung in week.rung] == ["off_peak"] * 5 + ["limit", "class"]
    assert week.free_flow_kmh[6] == pytest.approx(40.0)


def test_only_what_was_observed_or_fused_makes_a_week(tmp_path):
    rows = minutes("a", NOON, [40.0] * 30, "filled") + minutes("b", NOON, [40.0] * 30, "fused")
    week = build_week([kept(tmp_path, rows)], [], CITY, "Asia/Shanghai")
    assert [RUNGS[rung] for rung in week.rung[:2]] == ["limit", "off_peak"]


def test_a_missing_profile_is_named_without_the_systems_number(tmp_path: Path):
    with pytest.raises(ProfileError) as caught:
        load_week(tmp_path / "nowhere", CITY)
    assert str(caught.value) == (
        f"{tmp_path / 'nowhere'}: No such file or directory, expected the folder of a typical week"
    )
