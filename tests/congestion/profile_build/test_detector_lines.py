"""Lines out of a lake: learnt from whole drives, of believed detectors only."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.profile_build.detector_days import DETECTOR_DAYS
from congestion.profile_build.detector_lines import DetectorLines, build_detector_lines
from congestion.profile_build.stored_traversals import driven, readable_traversals
from mapmatch.records import TRAVERSALS
from tests.congestion.profile_build.test_detector_days import (
    ALL,
    ASSETS,
    CITY,
    EIGHT,
    Told,
    hours,
    kept,
)

LENGTH_M = 100.0


def drive(segment: str, minute: int, seconds: float, **changes: Any) -> dict[str, Any]:
    """A taxi that left a segment of 100 m in a minute, after so many seconds on it."""
    leave = EIGHT + 60.0 * minute + 30.0
    row = {
        "vehicle_id": "t", "segment_id": segment, "enter_time": round(1000 * (leave - seconds)),
        "exit_time": round(1000 * leave), "is_complete": True, "fleet": "taxi",
        "enter_offset_m": 0.0, "exit_offset_m": LENGTH_M,
    }  # fmt: skip
    return row | changes


def drives(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "traversals.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=TRAVERSALS), path)
    return path


def spot(detector: str, minute: int) -> Told:
    """Spot speeds of 20 to 60 km/h that come and go."""
    return 10.0, 0.05 + 0.01 * (minute % 7), 40.0 + 20.0 * np.sin(minute / 9.0)


def built(
    folder: Path, rows: list[dict[str, Any]], days: list[dict[str, Any]] | None = None
) -> DetectorLines:
    table = pa.Table.from_pylist(days or [], schema=DETECTOR_DAYS)
    states = kept(folder, hours(120, spot))
    return build_detector_lines([states], [drives(folder, rows)], table, ALL, CITY, "Asia/Shanghai")


def seconds(minute: int, share: float) -> float:
    """How long 100 m take at a share of that minute's spot speed."""
    return LENGTH_M / (share * spot("", minute)[2] / 3.6)  # type: ignore[operator]


def test_a_detectors_line_says_how_its_segment_is_driven(tmp_path: Path) -> None:
    rows = [drive("a", m, seconds(m, 0.5)) for m in range(120)]
    rows += [drive("b", m, seconds(m, 0.8)) for m in range(120)]
    lines = built(tmp_path, rows).relation.lines
    assert lines.minutes.tolist() == [120, 120, 120]
    at_40 = np.array([1.0, np.log(3.6 / 40.0), 0.08])
    speeds = 3.6 / np.exp(lines.terms @ at_40)
    assert speeds == pytest.approx([20.0, 20.0, 32.0], rel=0.04)


def test_drives_of_part_of_a_segment_and_faulty_detectors_teach_nothing(tmp_path: Path) -> None:
    rows = [drive("a", m, seconds(m, 0.5)) for m in range(120)]
    rows += [drive("b", m, 5.0, is_complete=False) for m in range(120)]
    days = [{"detector_id": "M2", "date": "2026-09-14", "verdict": "too_long"},
            {"detector_id": "M1", "date": "2026-09-13", "verdict": "too_long"}]  # fmt: skip
    lines = built(tmp_path, rows, days).relation.lines
    assert lines.minutes.tolist() == [120, 0, 0]
    assert lines.terms[1] == pytest.approx(lines.terms[2])  # that of the class


def test_a_minutes_pace_is_that_of_all_probes_together(tmp_path: Path) -> None:
    rows = []
    for m in range(120):
        rows.append(drive("a", m, seconds(m, 0.5)))
        rows.append(drive("a", m, 3.0 * seconds(m, 0.5), fleet="bus", vehicle_id="b"))
    lines = built(tmp_path, rows).relation.lines
    assert lines.minutes.tolist() == [120, 120, 0]
    speed = 3.6 / np.exp(lines.terms[0] @ np.array([1.0, np.log(3.6 / 40.0), 0.08]))
    assert speed == pytest.approx(10.0, rel=0.04)  # 200 m in four times what a taxi takes


def test_unusable_traversals_are_named_and_left_out(tmp_path: Path) -> None:
    rows = [
        drive("a", 1, 10.0), drive("a", 1, -5.0), drive("z", 1, 10.0), drive("a", 1, 9000.0),
        drive("a", 2, 10.0, fleet="tram"), drive("a", 2, 10.0, exit_time=None),
    ]  # fmt: skip
    good = drives(tmp_path, rows)
    bad = tmp_path / "part-9.parquet"
    bad.write_bytes(b"rubbish")
    files, unusable = readable_traversals([bad, good], CITY)
    assert files == [good] and str(bad) in str(unusable[0])
    assert [(r.error.row, r.row_count) for r in unusable[1:]] == [(1, 2), (2, 1), (4, 1), (5, 1)]
    assert "row 4, column 'fleet': found tram, expected bus or taxi" in str(unusable[3])
    whole = driven(files, CITY, EIGHT, EIGHT + 600.0)
    assert [column.tolist() for column in whole] == [[0], [EIGHT + 60.0], [10.0], [1.0]]


def test_nothing_stored_teaches_nothing() -> None:
    table = DETECTOR_DAYS.empty_table()
    lines = build_detector_lines([], [], table, ALL, CITY, "Asia/Shanghai")
    assert np.isnan(lines.relation.lines.terms).all()
    assert len(lines.relation.ids) == len(ASSETS.detectors)
