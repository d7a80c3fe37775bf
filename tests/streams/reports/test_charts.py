"""What is written along the axes of charts."""

from streams.reports.charts import columns_of_time


def test_columns_within_a_day_are_named_by_the_hour_and_not_all_of_them() -> None:
    day = [f"2026-09-16 {hour:02d}:00" for hour in range(24)]
    assert columns_of_time(day) == (
        [0, 4, 8, 12, 16, 20], ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"],
    )  # fmt: skip


def test_columns_of_several_days_are_named_where_a_day_begins() -> None:
    mornings = [f"2026-09-{day} {hour:02d}:00" for day in (16, 17, 18) for hour in (7, 8, 9)]
    assert columns_of_time(mornings) == ([0, 3, 6], ["09-16", "09-17", "09-18"])


def test_the_hour_that_comes_twice_is_named_by_the_hour() -> None:
    hours = ["2026-10-25 02:00", "2026-10-25 02:00 CET", "2026-10-25 03:00 CET"]
    assert columns_of_time(hours)[1] == ["02:00", "02:00", "03:00"]
