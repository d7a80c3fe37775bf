"""Fixes of another city: said once all of them lie outside the network, with both places."""

import msgspec

from ingest.checks.check import Bounds
from streams.stages.counts import StageCounts
from streams.stages.lost_rows import LEAST_ROWS, ElsewhereWatch
from tests.streams.console.messages import MINUTE, counts

SHANGHAI = Bounds(121.45, 31.2, 121.52, 31.26)
CHENGDU = Bounds(104.0, 30.5, 104.2, 30.8)


def told(rows: int, outside: int, partition: int = 0) -> StageCounts:
    data = counts(
        "fixes", MINUTE, rows, partition=partition, refused={"outside_network": outside},
        outside=SHANGHAI if outside else None,
    )  # fmt: skip
    return msgspec.json.decode(data, type=StageCounts)


def test_a_feed_of_another_city_is_said_once_with_both_places() -> None:
    watch = ElsewhereWatch()
    assert watch.take(told(LEAST_ROWS - 1, LEAST_ROWS - 1)) is None
    found = watch.take(told(200, 199))
    assert found is not None
    words = found.words("chengdu", CHENGDU)
    assert "100% of the last 200 fixes lie outside the road network chengdu" in words
    assert "they lie at 121.4500 to 121.5200 E" in words
    assert "the network at 104.0000 to 104.2000 E" in words
    assert watch.take(told(400, 399)) is None
    assert watch.found() is not None


def test_some_fixes_outside_are_no_other_city() -> None:
    watch = ElsewhereWatch()
    assert watch.take(told(1000, 900)) is None
    assert watch.found() is None


def test_the_newest_fixes_count_after_hours_of_good_ones() -> None:
    watch = ElsewhereWatch()
    for step in range(60):
        watch.take(told(100_000 + 100 * step, 0))
    for step in range(70):
        watch.take(told(106_000 + 100 * step, 100 * step))
    assert watch.found() is not None


def test_a_state_of_before_begins_anew() -> None:
    watch = ElsewhereWatch()
    watch.take(told(1000, 1000))
    watch.take(told(500, 0))
    assert watch.found() is None
