"""Bus-stop blocking, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from congestion.reports.opened import segment_sums
from congestion.reports.queues.bottlenecks import ranked_bottlenecks
from congestion.reports.queues.bus_stops import blocking_index, blocking_numbers, blocking_table
from congestion.reports.records import Told
from congestion.roadside import RoadsideAssets
from mapmatch.network import NONE
from tests.congestion.reports.stored_minutes import START, opened_of, write_states
from tests.drawing import draw

CITY = draw("A-a>B-b>C-c>D  E-d>F-e>G-f>H", cell_m=125).network
C, F = (CITY.index_of(name) or 0 for name in "cf")
STOPS = RoadsideAssets(
    ids=("s2", "s1", "far", "f1"), segment=np.array([C, C, NONE, F], np.int32),
    offset_m=np.zeros(4), lane=np.zeros(4, np.int32),
)  # fmt: skip


def test_the_index_is_the_share_of_known_minutes_with_a_queue_at_the_stop() -> None:
    found = blocking_index(np.array([3.0, 0.0, 0.0]), np.array([12.0, 12.0, 0.0]))
    assert found[:2].tolist() == [0.25, 0.0]
    assert np.isnan(found[2])


def test_stops_are_listed_by_what_queues_at_them_cost(tmp_path: Path) -> None:
    # Of 15 minutes c is the head of a queue in 12; of ten of them an alert tells.
    minutes = [{"c": 5.0, "b": 8.0}] * 12 + [{}] * 3
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, minutes))
    told = Told("1", "hotspot", "bus_stop", frozenset("c"), START, START + 9 * 60)
    sums, ranked = segment_sums(opened), ranked_bottlenecks(opened, [told])
    table = blocking_table(opened, sums, ranked, STOPS)
    lost = float(ranked.queues.delay_veh_h.sum())
    assert table.column("segment_id") == ["c", "f"]
    assert table.column("stops") == ["s1, s2", "f1"]
    assert table.column("queue_minutes") == [12, 0]
    assert table.column("blocking_index") == [0.8, 0.0]
    assert table.column("delay_veh_h") == [pytest.approx(lost, abs=0.01), 0.0]
    assert table.column("told_delay_veh_h")[0] == pytest.approx(lost * 10 / 12, abs=0.01)
    index, delay = blocking_numbers(table)
    assert (index.value, index.sample_size) == (0.4, 30)
    assert (delay.value, delay.sample_size) == (table.column("delay_veh_h")[0], 12)


def test_without_a_known_minute_there_is_no_index(tmp_path: Path) -> None:
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [{}]))
    none = RoadsideAssets(ids=("far",), segment=np.array([NONE], np.int32))
    table = blocking_table(opened, segment_sums(opened), ranked_bottlenecks(opened, []), none)
    assert [number.value for number in blocking_numbers(table)] == [None, 0]
