"""A made lake: what was put into it is what reports find."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks.lakes.made import ZONE, LakePlan, make_lake, true_queues
from congestion.profile.calendar import Calendar
from congestion.reports.kinds.before_after import Hours, before_after_report
from congestion.reports.opened import Area, Opened, open_states
from congestion.reports.queues.bottlenecks import ranked_bottlenecks
from congestion.reports.stored import readable_files
from mapmatch.building.build import network_for
from mapmatch.network import Network
from streams.cli.options import DATA, cache_folder
from streams.lake.reading import state_files

MONDAY, CHANGE = date(2026, 8, 31), date(2026, 9, 21)


@pytest.fixture(scope="module")
def city() -> Network:
    return network_for(DATA / "networks" / "shanghai-core", cache_folder())


def opened(city: Network, lake: Path) -> Opened:
    readable = readable_files(state_files([lake]))
    everywhere = Area("city", np.ones(city.segment_count, np.bool_))
    return open_states(readable, city, everywhere, readable.period, ZONE)


@pytest.mark.slow
def test_the_five_true_bottlenecks_of_a_week_are_the_first_five(
    city: Network, tmp_path: Path
) -> None:
    truth = true_queues(city, 5, 1)
    plan = LakePlan(MONDAY, 5, hours=(7, 10), queues=truth, chance_queues=20)
    make_lake(city, tmp_path, plan)
    found = ranked_bottlenecks(opened(city, tmp_path), []).bottlenecks
    heads = {city.segment_ids[queue.head] for queue in truth}
    assert {bottleneck.segment_id for bottleneck in found[:5]} == heads
    assert [bottleneck.occurrences for bottleneck in found[:5]] == [5] * 5


@pytest.mark.slow
@pytest.mark.parametrize("change", [-0.1, 0.0])
def test_a_true_change_is_found_and_none_is_not_claimed(
    city: Network, tmp_path: Path, change: float
) -> None:
    plan = LakePlan(MONDAY, 42, hours=(8, 9), change_on=CHANGE, change=change, seed=5)
    make_lake(city, tmp_path, plan)
    made = before_after_report(opened(city, tmp_path), CHANGE, Hours(0, 24), Calendar())
    told = {number.name: number.value for number in made.report.numbers}
    assert told["tti_change_low"] <= change <= told["tti_change_high"]
    assert told["tti_change_is_claimed"] == float(change != 0.0)
