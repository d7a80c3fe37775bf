"""Local hours and days, also on days when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from congestion.reports.local_time import day_of, hour_of, labelled

PARIS = ZoneInfo("Europe/Paris")


def times(*texts: str) -> np.ndarray:
    return np.array([int(datetime.fromisoformat(t).replace(tzinfo=UTC).timestamp()) for t in texts])


def test_hours_and_days_are_the_citys() -> None:
    found = times("2026-09-15T23:18", "2026-09-16T00:05")
    labels, code = labelled(found, ZoneInfo("Asia/Shanghai"), hour_of)
    assert (labels, code.tolist()) == (["2026-09-16 07:00", "2026-09-16 08:00"], [0, 1])
    assert labelled(found, ZoneInfo("Asia/Kathmandu"), hour_of)[0] == ["2026-09-16 05:00"]
    assert labelled(found, ZoneInfo("Asia/Shanghai"), day_of)[0] == ["2026-09-16"]


def test_an_hour_that_comes_twice_when_clocks_go_back_is_two_hours() -> None:
    autumn = times("2026-10-24T23:30", "2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30")
    labels, code = labelled(autumn, PARIS, hour_of)
    assert labels == [
        "2026-10-25 01:00", "2026-10-25 02:00", "2026-10-25 02:00 CET", "2026-10-25 03:00",
    ]  # fmt: skip
    assert code.tolist() == [0, 1, 2, 3]


def test_an_hour_that_is_left_out_when_clocks_go_on_has_no_label() -> None:
    labels, _ = labelled(times("2026-03-29T00:30", "2026-03-29T01:30"), PARIS, hour_of)
    assert labels == ["2026-03-29 01:00", "2026-03-29 03:00"]
