"""Sums of a lake's days: what a report reads in place of every state, and says the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.detectors.settings.health import HealthSettings
from congestion.reports.area_minutes import area_minutes
from congestion.reports.area_rows import area_rows, stored_rows
from congestion.reports.kept_sums import KeptSums
from congestion.reports.opened import Area, Opened, open_states, segment_sums
from congestion.reports.stored import Period, readable_files
from mapmatch.network import Network
from streams.lake import layout
from streams.lake.compacting import compact
from streams.lake.reading import state_files
from streams.lake.summing import judge_detectors, kept_sums, sum_days
from tests.congestion.profile_build import test_detector_days as health_days
from tests.congestion.profile_build.test_detector_days import hours, usual
from tests.congestion.profile_build.test_detector_days import kept as kept_days
from tests.congestion.reports.stored_minutes import START, ZONE, write_states
from tests.drawing import draw
from tests.streams.lake.lakes import block_file, write_named

_DRAWN = draw("A-a>B-b>C-c>D", cell_m=25).network
CITY = replace(_DRAWN, name="city", region=np.array([0, 1, 1], np.int16))
MINUTES = [{"a": 10.0, "b": 60.0}, {"a": 12.0, "c": 7.0}, {}, {"b": 1.0}]


@pytest.fixture
def summed(tmp_path: Path) -> Path:
    """Give a lake of two regions, a day each, with its sums; one state's speed is not known."""
    whole = pq.read_table(write_states(tmp_path / "all.parquet", CITY, MINUTES))
    quality = pa.array(["unknown", *whole["quality"].to_pylist()[1:]])
    flow = pa.array([700.0, *[float("nan")] * (whole.num_rows - 1)], pa.float32())
    whole = whole.set_column(whole.column_names.index("quality"), "quality", quality)
    whole = whole.append_column("flow_veh_h", flow)
    region = np.tile(CITY.region, len(MINUTES))
    for number in (0, 1):
        rows = whole.filter(pa.array(region == number))
        file = block_file(tmp_path / "lake", layout.STATES, 0, region=number)
        write_named(rows, CITY, file)
    compact(tmp_path / "lake", every=True)
    assert sum_days(tmp_path / "lake", CITY, "Asia/Shanghai") == 2
    return tmp_path / "lake"


def opened_with(lake: Path, kept: KeptSums, area: Area, city: Network = CITY) -> Opened:
    readable = readable_files(state_files([lake]))
    return open_states(readable, city, area, readable.period, ZONE, kept=kept)


@pytest.mark.parametrize("region", [None, 0, 1])
def test_sums_stand_for_their_states(summed: Path, region: int | None) -> None:
    chosen = np.ones(3, np.bool_) if region is None else CITY.region == region
    area = Area("city", chosen)
    kept = kept_sums(state_files([summed]), CITY)
    assert len(kept.areas) == len(kept.segments) == 2
    quick, slow = (opened_with(summed, k, area) for k in (kept, KeptSums()))
    for name in ("minute", "region", "sums", "delay_veh_h", "row_count", "observed", "known"):
        assert getattr(quick.minutes, name) == pytest.approx(getattr(slow.minutes, name))
    one, other = (vars(segment_sums(opened)) for opened in (quick, slow))
    for name, values in one.items():
        assert values == pytest.approx(other[name])
    assert quick.coverage() == slow.coverage()


def test_minutes_that_agents_wrote_are_those_of_the_query(tmp_path: Path) -> None:
    file = write_states(tmp_path / "all.parquet", CITY, MINUTES)
    opened = opened_with_file(file)
    found = stored_rows(area_minutes(opened.states, opened.segments))
    assert area_rows(CITY, pq.read_table(file)).to_pylist() == found.to_pylist()


def opened_with_file(file: Path) -> Opened:
    readable = readable_files([file])
    return open_states(readable, CITY, Area("city", np.ones(3, np.bool_)), readable.period, ZONE)


def test_sums_of_another_file_or_network_are_not_used_and_made_again(summed: Path) -> None:
    other = replace(CITY, segment_ids=["a", "b", "z"], name="city")
    assert kept_sums(state_files([summed]), other) == KeptSums({}, {})
    day = layout.days(summed, layout.STATES)[0].file
    table = pq.read_table(day, partitioning=None)
    pq.write_table(table.slice(1), day)
    assert len(kept_sums(state_files([summed]), CITY).areas) == 1
    assert sum_days(summed, CITY, "Asia/Shanghai") == 1
    assert sum_days(summed, CITY, "Asia/Shanghai") == 0


def test_a_part_of_a_day_is_read_from_the_states(summed: Path) -> None:
    readable, kept = readable_files(state_files([summed])), kept_sums(state_files([summed]), CITY)
    everywhere, part = Area("city", np.ones(3, np.bool_)), Period(START + 60, START + 180)
    quick, slow = (
        open_states(readable, CITY, everywhere, part, ZONE, kept=k) for k in (kept, KeptSums())
    )
    assert segment_sums(quick).known.tolist() == segment_sums(slow).known.tolist() == [2, 2, 2]
    assert quick.minutes.sums == pytest.approx(slow.minutes.sums)


def test_states_of_two_versions_of_the_network_are_joined_by_their_ids_and_said(
    summed: Path,
) -> None:
    newer = replace(CITY, segment_ids=["a", "b", "z"], name="city")
    everywhere = Area("city", np.ones(3, np.bool_))
    opened = opened_with(summed, kept_sums(state_files([summed]), newer), everywhere, newer)
    assert segment_sums(opened).segment.tolist() == [0, 1]
    assert opened.unknown_rows == 4
    assert "the states are of 1 version of the network (3-" in opened.notes[0]


def test_each_detector_is_judged_on_each_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = hours(30, lambda d, m: (None, None, None) if d == "M1" else usual(d, m))
    city = replace(health_days.CITY, name="city")
    file = block_file(tmp_path, layout.STATES, 0, "2026-09-14")
    kept_days(file.parent, rows, file.stem)
    write_named(pq.read_table(file, partitioning=None), city, file)
    compact(tmp_path, every=True)
    monkeypatch.setattr("streams.lake.summing.place_roadside", lambda *_: health_days.PLACED)

    def judged() -> int:
        health = HealthSettings()
        return judge_detectors(tmp_path, city, health_days.ASSETS, "UTC", health)

    assert (judged(), judged()) == (1, 0)
    days = layout.days(tmp_path, layout.DETECTOR_DAYS)  # a file a region
    table = pa.concat_tables([pq.read_table(day.file, partitioning=None) for day in days])
    assert table["verdict"].to_pylist() == ["no_data", "", ""]
    assert table["detector_id"].to_pylist() == ["M1", "M2", "M3"]
