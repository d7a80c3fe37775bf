"""A profile that grows day by day is the one that is built of all days at once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from congestion.profile.calendar import Calendar
from congestion.profile.week import Week
from congestion.profile_build.slot_counts import SlotCounts, by_date
from congestion.profile_build.week import build_week, quantiles, week_of
from tests.congestion.profile.test_week import CITY, MONDAY_8, kept, minutes

ZONE = ZoneInfo("Asia/Shanghai")
DAY_S = 86_400.0
ARRAYS = ("median_kmh", "spread_kmh", "free_flow_kmh", "rung")


def stored(folder: Path, days: int, seed: int = 0) -> list[Path]:
    """Write a file of states a day: half an hour of each segment, some speeds of it guessed."""
    random = np.random.default_rng(seed)
    files = []
    for day in range(days):
        place = folder / str(day)
        place.mkdir(parents=True, exist_ok=True)
        rows = [
            row
            for name in CITY.segment_ids
            for quality in ("observed", "historic")
            for row in minutes(
                name, MONDAY_8 + day * DAY_S, random.uniform(5, 60, 30).tolist(), quality
            )
        ]
        files.append(kept(place, rows))
    return files


def grown(folder: Path, files: Sequence[Path], spoilt: list[tuple[str, str]]) -> Week:
    """Build a profile one file after another, as a night after each day would."""
    for number in range(1, len(files) + 1):
        counts = SlotCounts(folder, CITY, ZONE)
        for day, of_day in counts.stale(by_date(files[:number], ZONE)).files.items():
            counts.count(day, of_day)
        assert len(counts.counted) == 1
    return week_of(counts, counts.dates(), spoilt)


def test_a_profile_that_grew_equals_one_that_was_built_afresh(tmp_path: Path) -> None:
    files, spoilt = stored(tmp_path / "states", 8), [("a", "2026-09-15"), ("z", "2026-09-16")]
    one, other = grown(tmp_path / "week", files, spoilt), build_week(files, spoilt, CITY, ZONE.key)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert np.isfinite(one.median_kmh).any()


def test_a_day_of_other_files_or_another_zone_is_counted_again(tmp_path: Path) -> None:
    (file,) = stored(tmp_path / "states", 1)
    counts = SlotCounts(tmp_path / "week", CITY, ZONE)
    dated = by_date([file], ZONE)
    counts.count(date(2026, 9, 14), [file])
    assert not counts.stale(dated).files
    assert SlotCounts(tmp_path / "week", CITY, ZoneInfo("UTC")).dates() == []
    stored(tmp_path / "states", 1, seed=1)
    assert list(counts.stale(dated).files) == [date(2026, 9, 14)]


def test_from_and_to_choose_among_the_days(tmp_path: Path) -> None:
    files = stored(tmp_path / "states", 3)
    counts = SlotCounts(tmp_path / "week", CITY, ZONE)
    for day, of_day in by_date(files, ZONE).files.items():
        counts.count(day, of_day)
    second = date(2026, 9, 15)
    assert counts.dates(second) == [second, date(2026, 9, 16)]
    one = week_of(counts, counts.dates(second, second), [])
    other = build_week([files[1]], [], CITY, ZONE.key)
    np.testing.assert_array_equal(one.median_kmh, other.median_kmh)
    assert not np.isfinite(week_of(counts, [], []).median_kmh).any()


def test_a_stray_row_of_another_year_makes_no_day_of_all_between(tmp_path: Path) -> None:
    rows = [*minutes("a", 60.0, [30.0]), *minutes("a", MONDAY_8, [30.0] * 5)]
    dated = by_date([kept(tmp_path, rows)], ZONE)
    assert list(dated.files) == [date(1970, 1, 1), date(2026, 9, 14)]


@pytest.mark.parametrize("broken", [np.nan, np.inf, -1.0])
def test_a_stored_speed_that_is_none_is_not_counted(tmp_path: Path, broken: float) -> None:
    # Parquet's bounds of a column leave NaN out.
    weeks = []
    for name, speeds in (("sound", [30.0] * 5), ("broken", [30.0, broken] + [30.0] * 4)):
        (tmp_path / name).mkdir()
        file = kept(tmp_path / name, minutes("a", MONDAY_8, speeds))
        weeks.append(build_week([file], [], CITY, ZONE.key))
    for array in ARRAYS:
        np.testing.assert_array_equal(getattr(weeks[0], array), getattr(weeks[1], array))


def test_the_hour_that_comes_twice_counts_both_times(tmp_path: Path) -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()  # 02:30 in Paris, then again
    rows = minutes("a", first, [20.0] * 6) + minutes("a", first + 3600, [40.0] * 5)
    week = build_week([kept(tmp_path, rows)], [], CITY, "Europe/Paris", Calendar())
    assert week.median_kmh[1, 10, 0] == pytest.approx(20.0)  # six of eleven
    lost = datetime(2026, 3, 29, 0, 30, tzinfo=UTC).timestamp()  # 01:30, then 03:00 comes
    rows = minutes("a", lost, [30.0] * 60)
    (tmp_path / "spring").mkdir()
    week = build_week([kept(tmp_path / "spring", rows)], [], CITY, "Europe/Paris", Calendar())
    seen = np.flatnonzero(np.isfinite(week.median_kmh[1, :, 0]))
    assert seen.tolist() == [6, 7, 12, 13]  # quarters from 01:30 and from 03:00 on


def test_quantiles_of_counted_speeds_are_those_of_the_speeds() -> None:
    random = np.random.default_rng(4)
    groups = [random.integers(0, 30, size) for size in (1, 2, 7, 40)]
    counted = [np.unique(group, return_counts=True) for group in groups]
    bins, count = (np.concatenate([c[i] for c in counted]) for i in (0, 1))
    starts = np.cumsum([0, *(len(c[0]) for c in counted[:-1])])
    shares = np.array([0.0, 0.25, 0.5, 0.85, 1.0])
    expected = np.array([np.quantile(group * 0.5, shares) for group in groups]).T
    assert quantiles(bins, count, starts, shares) == pytest.approx(expected)
