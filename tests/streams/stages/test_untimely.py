"""Sources that lose much to their times are found by their newest rows, each by itself."""

from streams.stages.counts import StageCounts
from streams.stages.lost_rows import UntimelyWatch


def fixes(buses: int, taxis: int, late: int, skewed: int = 0) -> StageCounts:
    return StageCounts(
        "match", 0, "fixes", rows_in=buses + taxis, fleet_rows_in={"bus": buses, "taxi": taxis},
        fleet_untimely={"bus": {"late": late, "clock_skew": skewed}},
        refused={"late": late, "clock_skew": skewed, "jump": taxis},
    )  # fmt: skip


def test_a_fleet_of_which_much_is_late_is_named_once_and_again_when_it_is_over() -> None:
    watch = UntimelyWatch()
    assert watch.take(fixes(1000, 1000, 10)) == []
    (found,) = watch.take(fixes(1200, 1200, 110, 20))
    assert str(found) == "60% of the last 200 bus rows refused: late 100, clock_skew 20"
    assert watch.take(fixes(1210, 1210, 120, 20)) == []
    assert watch.of("bus").is_much and not watch.of("taxi").is_much
    for step in range(60):
        changed = watch.take(fixes(1500 + 50 * step, 1500, 120, 20))
        assert not changed or not changed[0].is_much
    assert watch.of("bus").share == 0.0


def test_of_few_rows_nothing_is_said() -> None:
    watch = UntimelyWatch()
    watch.take(fixes(0, 0, 0))
    assert watch.take(fixes(99, 0, 99)) == []
    assert watch.take(fixes(100, 0, 99))[0].is_much


def test_readings_and_camera_events_are_their_sources() -> None:
    watch = UntimelyWatch()
    for source, name in (("detector-readings", "magnetometer"), ("camera", "camera")):
        counts = StageCounts("estimate", 0, source, rows_in=200, refused={"late": 150, "other": 9})
        (found,) = watch.take(counts)
        assert (found.source, found.reasons) == (name, {"late": 150})


def test_counts_that_start_again_are_not_compared_with_those_before() -> None:
    watch = UntimelyWatch()
    watch.take(fixes(5000, 0, 0))
    assert watch.take(fixes(200, 0, 150))[0].row_count == 200
