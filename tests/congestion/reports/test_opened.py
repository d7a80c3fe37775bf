"""Stored states opened for reports: what operators see is what planners read, and gaps are said."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.indices import area_indices
from congestion.queues.queue_settings import QueueSettings
from congestion.queues.vehicles import delay_veh_h, flow_everywhere, read_lane_flows, vehicles_on
from congestion.reports.opened import Area, Rules, open_states, segment_sums
from congestion.reports.queues.queue_minutes import queue_minutes
from congestion.reports.segment_sums import STATE_COLUMNS, SegmentSums, sums_of_states
from congestion.reports.stored import Period, ReportError, readable_files
from tests.congestion.reports.stored_minutes import FREE_KMH, START, ZONE, opened_of, write_states
from tests.drawing import draw

CITY = draw("A-a>B-b>C  D-c>E-d>F", region_count=2, cell_m=25).network
SLOW = {"a": 5.0, "c": 22.0, "d": 60.0}


def test_a_planners_indices_of_a_minute_are_the_operators(tmp_path: Path) -> None:
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [SLOW, {}]))
    speed = np.array([SLOW.get(name, FREE_KMH) for name in CITY.segment_ids]) / 3.6
    operators = area_indices(CITY, speed, np.full(4, FREE_KMH / 3.6))
    first = opened.minutes.minute == START
    planners = [opened.minutes.area("city", first)] + [
        opened.minutes.area(str(r), first & opened.minutes.of_region(r)) for r in (0, 1)
    ]
    assert planners == operators
    assert operators[0].tti is not None and operators[0].tti > 2.0


def test_a_planners_delay_of_a_minute_is_the_operators(tmp_path: Path) -> None:
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [SLOW]))
    speed = np.array([SLOW.get(name, FREE_KMH) for name in CITY.segment_ids]) / 3.6
    unknown = np.full(4, np.nan)
    flow = flow_everywhere(CITY, unknown, read_lane_flows())
    lost = delay_veh_h(vehicles_on(CITY, speed, flow, unknown), speed, np.full(4, FREE_KMH / 3.6))
    sums = segment_sums(opened)
    assert sums.delay_veh_h == pytest.approx(lost)
    assert lost.sum() == pytest.approx(opened.minutes.delay_veh_h.sum())


def test_a_segments_speed_over_time_is_its_space_mean(tmp_path: Path) -> None:
    # As long at 10 km/h as at 30: 2 / (1/10 + 1/30) = 15 km/h.
    file = write_states(tmp_path / "s.parquet", CITY, [{"a": 10.0}, {"a": 30.0}])
    assert segment_sums(opened_of(CITY, file)).speed_kmh[0] == pytest.approx(15.0)


def test_what_a_run_sums_up_itself_is_what_a_report_over_it_does(tmp_path: Path) -> None:
    files = (
        write_states(tmp_path / "a.parquet", CITY, [SLOW, {"a": 30.0, "b": 80.0}, {"c": 0.0}]),
        write_states(tmp_path / "b.parquet", CITY, [{}], START + 180, quality="historic"),
        write_states(tmp_path / "c.parquet", CITY, [{}], START + 240, quality="unknown"),
    )
    run = sums_of_states(CITY, [pq.read_table(file, columns=STATE_COLUMNS) for file in files])
    report = segment_sums(opened_of(CITY, *files))
    for field in fields(SegmentSums):
        assert getattr(run, field.name) == pytest.approx(getattr(report, field.name))
    assert sums_of_states(CITY, []).segment.tolist() == []


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf, -3.0, 0.0])
def test_a_stored_speed_that_is_none_counts_nowhere(tmp_path: Path, broken: float) -> None:
    # Parquet's bounds of a column leave NaN out, and an engine that trusts them counts it.
    sound = write_states(tmp_path / "sound.parquet", CITY, [SLOW])
    broken_too = write_states(tmp_path / "broken.parquet", CITY, [SLOW, {"a": broken}])
    rows = [pq.read_table(file, columns=STATE_COLUMNS) for file in (sound, broken_too)]
    of_a = [(segment_sums(opened_of(CITY, file))) for file in (sound, broken_too)]
    of_a += [sums_of_states(CITY, [table]) for table in rows]
    assert [sums.known[0] for sums in of_a] == [1, 1, 1, 1]
    assert [sums.speed_kmh[0] for sums in of_a] == pytest.approx([SLOW["a"]] * 4)
    assert [sums.delay_veh_h[0] for sums in of_a] == pytest.approx([of_a[0].delay_veh_h[0]] * 4)


def test_what_is_not_stored_is_missing_and_what_is_filled_is_not_observed(tmp_path: Path) -> None:
    files = (
        write_states(tmp_path / "a.parquet", CITY, [{}]),
        write_states(tmp_path / "b.parquet", CITY, [{}], START + 180, quality="historic"),
        write_states(tmp_path / "c.parquet", CITY, [{}], START + 60, quality="unknown"),
    )
    coverage = opened_of(CITY, *files).coverage()
    assert (coverage.observed, coverage.filled, coverage.missing) == (0.25, 0.25, 0.5)
    assert coverage.expected == 4 * 4


def test_states_stored_twice_count_once_and_that_is_said(tmp_path: Path) -> None:
    once = write_states(tmp_path / "a.parquet", CITY, [SLOW])
    twice = write_states(tmp_path / "b.parquet", CITY, [SLOW, {}])  # its first minute again
    opened = opened_of(CITY, once, twice)
    assert opened.minutes.row_count.tolist() == [2, 2, 2, 2]
    assert "2 minutes of districts were stored twice" in opened.notes[0]
    assert segment_sums(opened).known.tolist() == [2, 2, 2, 2]


def test_a_file_that_lies_there_twice_is_read_once_and_named(tmp_path: Path) -> None:
    first = write_states(tmp_path / "a.parquet", CITY, [SLOW])
    copy = tmp_path / "b.parquet"
    copy.write_bytes(first.read_bytes())
    readable = readable_files([first, copy])
    assert [extent.file for extent in readable.files] == [first]
    assert readable.not_used == [f"{copy}: the same rows as {first}, read once"]


def test_a_file_cut_short_is_left_out_and_named(tmp_path: Path) -> None:
    good = write_states(tmp_path / "a.parquet", CITY, [SLOW])
    cut = write_states(tmp_path / "b.parquet", CITY, [SLOW], START + 60)
    cut.write_bytes(cut.read_bytes()[:-40])
    opened = opened_of(CITY, good, cut)
    assert len(opened.notes) == 1
    assert opened.notes[0].startswith(f"not used: {cut}: ")


def test_a_file_of_other_columns_is_named_with_the_column_that_lacks(tmp_path: Path) -> None:
    pq.write_table(pa.table({"segment_id": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(ReportError, match=r"a\.parquet: no column 'interval_start', expected"):
        _ = readable_files([tmp_path / "a.parquet"]).period


def test_states_of_another_version_of_the_network_are_counted_and_left_out(tmp_path: Path) -> None:
    other = draw("A-a>B-z>C", cell_m=25).network
    opened = opened_of(CITY, write_states(tmp_path / "a.parquet", other, [SLOW, {}]))
    assert opened.unknown_rows == 2
    assert segment_sums(opened).segment.tolist() == [0]


def test_a_period_of_which_nothing_is_stored_names_what_is(tmp_path: Path) -> None:
    file = write_states(tmp_path / "a.parquet", CITY, [{}])
    with pytest.raises(ReportError, match=r"nothing is stored of .* only of 2026-09-16 07:18 to"):
        opened_of(CITY, file, period=Period(START - 7200, START - 3600))


def test_an_area_of_which_nothing_is_known_is_an_error_with_its_name(tmp_path: Path) -> None:
    readable = readable_files([write_states(tmp_path / "a.parquet", CITY, [{}], quality="unknown")])
    with pytest.raises(ReportError, match="area '1': no segment of it has a known state"):
        open_states(readable, CITY, Area("1", CITY.region == 1), readable.period, ZONE)


def test_queues_are_those_of_the_operators_settings(tmp_path: Path) -> None:
    street = draw("A-a>B-b>C", cell_m=125).network
    file = write_states(tmp_path / "a.parquet", street, [{"b": 18.0}] * 6)  # 0.36 of free flow
    readable, everywhere = readable_files([file]), Area("city", np.ones(2, np.bool_))
    for standing, queues in ((0.3, 0), (0.4, 6)):
        settings = QueueSettings(standing_share=standing, slow_share=0.5)
        opened = open_states(
            readable, street, everywhere, readable.period, ZONE, rules=Rules(queues=settings)
        )
        assert len(queue_minutes(opened)) == queues


@pytest.mark.parametrize("column", ["speed_kmh", "free_flow_kmh"])
def test_a_speed_without_end_is_not_known(tmp_path: Path, column: str) -> None:
    file = write_states(tmp_path / "a.parquet", CITY, [{}] * 2)
    table = pq.read_table(file)
    speeds = pa.array([float("inf"), *[50.0] * (len(table) - 1)], pa.float32())
    pq.write_table(table.set_column(table.schema.names.index(column), column, speeds), file)
    opened = opened_of(CITY, file)
    assert opened.minutes.known.sum() == len(table) - 1
    assert np.isfinite(opened.minutes.sums).all()
