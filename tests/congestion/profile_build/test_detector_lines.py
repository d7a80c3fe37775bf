"""Lines and biases out of a lake: learnt from whole drives, of believed detectors only."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.profile_build.detector_days import DETECTOR_DAYS
from congestion.profile_build.detector_lines import Plain, build_plain
from congestion.profile_build.fleet_bias import FLEET_BIAS, PRIOR_MINUTES, BiasSums, save_bias
from congestion.profile_build.stored_traversals import BUS, TAXI, KeptTraversals, whole_traversals
from ingest.checks.fixes import FLEETS
from mapmatch.network import ROAD_CLASSES
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
) -> Plain:
    table = pa.Table.from_pylist(days or [], schema=DETECTOR_DAYS)
    states = kept(folder, hours(120, spot))
    return build_plain([states], [drives(folder, rows)], table, ALL, CITY, "Asia/Shanghai")


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


def test_each_fleets_pace_stands_beside_the_detectors_and_the_other_fleet(tmp_path: Path) -> None:
    rows = []
    for m in range(120):
        rows.append(drive("a", m, seconds(m, 0.5)))
        rows.append(drive("a", m, 1.2 * seconds(m, 0.5), fleet="bus", vehicle_id="b"))
    table = built(tmp_path, rows).bias.to_pylist()
    ratio = {row["fleet"]: row["ratio"] for row in table}
    assert set(ratio) == set(FLEETS) and len(table) == 2
    assert ratio["taxi"] < 1.0 < ratio["bus"]
    assert 1.1 < ratio["bus"] / ratio["taxi"] < 1.2
    assert {row["road_class"] for row in table} == {ROAD_CLASSES[6]}
    assert [(r["beside_detectors"], r["beside_other_fleet"]) for r in table] == [(120, 120)] * 2


def test_a_minute_that_two_blocks_share_compares_the_fleets_once(tmp_path: Path) -> None:
    rows = [drive("c", m, 10.0, fleet=fleet) for m in range(120) for fleet in FLEETS]
    states = hours(120, spot)
    files = [kept(tmp_path, states[:189], "part-0"), kept(tmp_path, states[180:], "part-1")]
    days = DETECTOR_DAYS.empty_table()
    plain = build_plain(files, [drives(tmp_path, rows)], days, ALL, CITY, "Asia/Shanghai")
    assert {row["beside_other_fleet"] for row in plain.bias.to_pylist()} == {120}


def test_a_ratio_seen_little_is_drawn_to_one() -> None:
    few, many = BiasSums(), BiasSums()
    for sums, count in ((few, 5), (many, 50_000)):
        sums.bus_beside_taxi(np.zeros(count, np.int64), np.full(count, 1.3))
        sums.beside_detectors(np.full(count, BUS), np.zeros(count, np.int64), np.full(count, 1.2))
        sums.beside_detectors(
            np.full(count, TAXI), np.zeros(count, np.int64), np.full(count, 1.2 / 1.3)
        )
    told = [{r["fleet"]: r["ratio"] for r in sums.table().to_pylist()} for sums in (few, many)]
    assert told[1] == pytest.approx({"bus": 1.2, "taxi": 1.2 / 1.3}, rel=0.01)
    assert 1.0 < told[0]["bus"] < 1.0 + 0.3 * 10 / PRIOR_MINUTES
    assert BiasSums().table().schema == FLEET_BIAS and BiasSums().table().num_rows == 0


def test_the_spread_of_a_ratio_is_that_of_its_logarithm() -> None:
    sums, random = BiasSums(), np.random.default_rng(0)
    ratios = np.exp(random.normal(0.1, 0.4, 20_000))
    sums.beside_detectors(np.full(20_000, TAXI), np.zeros(20_000, np.int64), ratios)
    (row,) = sums.table().to_pylist()
    assert row["spread"] == pytest.approx(0.4, abs=0.02)
    assert row["ratio"] == pytest.approx(np.exp(0.1), abs=0.01)


def test_rubbish_among_traversals_is_named_and_left_out(tmp_path: Path) -> None:
    rows = [
        drive("a", 1, 10.0), drive("a", 1, -5.0), drive("z", 1, 10.0), drive("a", 1, 9000.0),
        drive("a", 2, 10.0, fleet="tram"), drive("a", 2, 10.0, exit_time=None),
    ]  # fmt: skip
    good = drives(tmp_path, rows)
    bad = tmp_path / "part-9.parquet"
    bad.write_bytes(b"rubbish")
    files, rubbish = whole_traversals([bad, good], CITY)
    assert files == [good] and str(bad) in str(rubbish[0])
    assert [(r.error.row, r.row_count) for r in rubbish[1:]] == [(1, 2), (2, 1), (4, 1), (5, 1)]
    assert "row 4, column 'fleet': found tram, expected bus or taxi" in str(rubbish[3])
    driven = KeptTraversals(files, CITY).driven(EIGHT, EIGHT + 600.0)
    assert [column.tolist() for column in driven] == [[0], [EIGHT + 60.0], [TAXI], [10.0], [1.0]]


def test_nothing_kept_teaches_nothing_and_is_written(tmp_path: Path) -> None:
    table = DETECTOR_DAYS.empty_table()
    plain = build_plain([], [], table, ALL, CITY, "Asia/Shanghai")
    assert np.isnan(plain.relation.lines.terms).all() and plain.bias.num_rows == 0
    save_bias(plain.bias, tmp_path / "new")
    assert (tmp_path / "new" / "fleet_bias.parquet").is_file()
    assert len(plain.relation.ids) == len(ASSETS.detectors)
