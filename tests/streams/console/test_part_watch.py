"""What the board says of a worker that hangs while others speak, and of regions left behind."""

from collections.abc import Iterable

from streams.console.board import Board
from streams.console.contract import SilentShare, SourceHealth
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, counts, states_frame

NETWORK = draw("A---B---C---D---E", region_count=2).network
OF = [
    [s for s, of in zip(NETWORK.segment_ids, NETWORK.region.tolist(), strict=True) if of == region]
    for region in (0, 1)
]


def board(now: list[float]) -> Board:
    one = Board(NETWORK, "UTC", clock=lambda: now[0], partition_count=2)
    tell(one, (0, 1))
    for region in (0, 1):
        minute(one, region, 0)
    return one


def tell(one: Board, partitions: Iterable[int], stage: str = "estimate") -> None:
    for partition in partitions:
        one.take_counts(
            counts("detector-readings", MINUTE + 60, 10, stage=stage, partition=partition)
        )


def minute(one: Board, region: int, number: int, quality: str = "observed") -> None:
    rows = {name: {"level": 3, "quality": quality} for name in OF[region]}
    one.take_states(states_frame(MINUTE + 60 * number, rows, region))


def test_the_regions_of_a_worker_that_hangs_are_unknown_and_in_no_sum():
    now = [0.0]
    one = board(now)
    whole = one.health()
    assert (whole.status, whole.old_regions) == ("live", [])
    now[0] = 40.0
    tell(one, [0])
    health = one.health()
    assert health.status == "partial"
    assert [(part.stage, part.partition) for part in health.silent_parts] == [("estimate", 1)]
    assert health.unheard_regions == health.old_regions == [1]
    assert "No word for 40 s from the worker of estimate 1" in health.detail
    assert "regions 1" in health.detail and "No alert is made" in health.detail
    assert whole.summary is not None and health.summary is not None
    length = NETWORK.length_m
    assert whole.summary.measured_km == round(length.sum() / 1000, 2)
    of_other = round(length[NETWORK.region == 0].sum() / 1000, 2)
    assert health.summary.measured_km == health.summary.congested_km == of_other
    areas = {area.area: area for area in one.segments.indices()}
    assert areas["0"].speed_kmh is not None and areas["1"].speed_kmh is None


def test_a_part_that_goes_on_elsewhere_is_known_again():
    now = [0.0]
    one = board(now)
    now[0] = 40.0
    tell(one, [0])
    assert one.health().status == "partial"
    tell(one, [1])
    health = one.health()
    assert (health.status, health.old_regions, health.silent_parts) == ("live", [], [])
    assert health.summary is not None
    assert health.summary.measured_km == round(NETWORK.length_m.sum() / 1000, 2)


def test_a_region_of_which_nothing_comes_while_others_do_is_named():
    one = board([0.0])
    for number in range(1, 5):
        minute(one, 0, number)
    health = one.health()
    assert (health.status, health.unheard_regions) == ("partial", [1])
    assert health.detail == "Nothing comes of regions 1. No alert is made meanwhile."


def test_a_region_that_never_spoke_is_named_too():
    one = Board(NETWORK, "UTC", clock=lambda: 0.0, partition_count=2)
    for number in range(5):
        minute(one, 0, number)
    assert one.health().unheard_regions == [1]


def test_a_region_where_nothing_was_measured_for_long_is_old_and_no_alarm():
    one = board([0.0])
    for number in range(1, 5):
        minute(one, 0, number)
        minute(one, 1, number, "historic")
    health = one.health()
    assert (health.status, health.unheard_regions, health.old_regions) == ("live", [], [1])


def test_when_all_are_silent_it_is_no_part():
    now = [0.0]
    one = board(now)
    now[0] = 40.0
    assert one.health().status == "silent"
    assert one.health().silent_parts == []


def test_a_silent_maker_of_alerts_is_said():
    now = [0.0]
    one = board(now)
    tell(one, [0], "detect")
    now[0] = 40.0
    tell(one, [0, 1])
    health = one.health()
    assert (health.status, health.old_regions) == ("partial", [])
    assert "No alert is made" in health.detail


def test_a_feed_that_has_ended_leaves_no_region_old() -> None:
    one = board([0.0])
    for number in range(1, 6):  # the mark at the end closes minutes, of which one region has seen
        minute(one, 0, number)
        minute(one, 1, number, "historic")
    assert one.health().old_regions == [1]
    one.take_counts(counts("fixes", MINUTE + 900, 100, last_row_watermark=MINUTE + 60))
    health = one.health()
    assert (health.status, health.old_regions, health.unheard_regions) == ("ended", [], [])
    assert health.summary is not None
    of_one = round(NETWORK.length_m[NETWORK.region == 0].sum() / 1000, 2)
    assert health.summary.measured_km > of_one


def bring(one: Board, source: str, partition: int, minutes: int) -> None:
    """Tell of a partition that its rows have come up to a minute."""
    stage = "match" if source == "fixes" else "estimate"
    at, rows = MINUTE + 60.0 * minutes, 20 + 10 * minutes
    one.take_counts(
        counts(source, at, rows, stage=stage, partition=partition, last_row_watermark=at)
    )


def tile(one: Board, name: str) -> SourceHealth:
    return next(source for source in one.health().sources if source.name == name)


def test_a_source_says_in_which_districts_it_is_silent_while_one_worker_hangs() -> None:
    now = [0.0]
    one = board(now)
    for partition in (0, 1):
        bring(one, "detector-readings", partition, 0)
        bring(one, "fixes", partition, 0)
    assert tile(one, "magnetometer").status == "live"
    now[0] = 40.0
    bring(one, "detector-readings", 0, 1)
    bring(one, "fixes", 1, 1)
    detectors, taxis = tile(one, "magnetometer"), tile(one, "taxi")
    assert (detectors.status, taxis.status) == ("partial", "partial")
    assert detectors.silent == SilentShare("districts", 2, [1], 40)
    assert taxis.silent == SilentShare("vehicles", 2, [0], 40)
    assert tile(one, "camera").silent is None
    bring(one, "detector-readings", 1, 1)
    assert (tile(one, "magnetometer").status, tile(one, "magnetometer").silent) == ("live", None)


def test_a_source_whose_only_worker_hangs_is_unknown_while_others_speak() -> None:
    now = [0.0]
    one = board(now)
    bring(one, "fixes", 0, 0)
    now[0] = 40.0
    tell(one, [0, 1])
    taxis = tile(one, "taxi")
    assert (taxis.status, taxis.rows_per_min) == ("unknown", None)
    assert taxis.age_s == 60 + 40  # a minute older than the newest of all, when that came


def test_a_district_whose_detectors_are_cut_off_is_named_though_its_worker_speaks() -> None:
    now = [0.0]
    one = board(now)
    for minutes in range(5):
        now[0] = 60.0 * minutes
        bring(one, "detector-readings", 0, minutes)
        bring(one, "detector-readings", 1, 0)
    assert one.health().status == "live"
    assert tile(one, "magnetometer").silent == SilentShare("districts", 2, [1], 240)


def test_a_part_that_a_fast_replay_is_ahead_of_for_a_second_is_not_silent() -> None:
    now = [0.0]
    one = board(now)
    for partition, minutes in ((0, 0), (1, 0), (0, 10)):
        now[0] += 2.0
        bring(one, "detector-readings", partition, minutes)
    assert tile(one, "magnetometer").silent is None
