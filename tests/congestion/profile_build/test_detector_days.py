"""The health of detectors by day: the live verdicts over stored minutes, and unusable rows."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.profile_build.detector_days import DetectorDays, detector_days, save_detector_days
from congestion.profile_build.stored_states import detectors_of, readable_states
from congestion.records import STATES
from ingest.recorded.assets import Assets, Detector
from tests.drawing import draw
from tests.roadside import roadside

# M1 and M2 beside each other on a, M3 on b, which is of another region, none on c.
ROADS = draw(
    """
    A-a>B-b>C
    D-c>E
    """,
    cell_m=25,
    free_speed_kmh=50,
    region_count=2,
)
CITY = ROADS.network
IDS = ("M1", "M2", "M3")
PLACED = roadside(ROADS, detectors={"M1": ("a", 50), "M2": ("a", 50, 1), "M3": ("b", 50)})
ASSETS = Assets(
    tuple(
        Detector(name, lane, 121.4, 31.2, 90.0) for name, lane in zip(IDS, (0, 1, 0), strict=True)
    )
)
ALL = detectors_of(CITY, PLACED)
EIGHT = datetime(2026, 9, 14, 0, 0, tzinfo=UTC).timestamp()  # 08:00 in Shanghai
Told = tuple[float | None, float | None, float | None]  # vehicles, occupancy, km/h


def usual(detector: str, minute: int) -> Told:
    """Traffic that never looks the same."""
    count = 8 + (minute * 7 + int(detector[1])) % 5
    return float(count), 0.006 * count + 0.0001 * (minute % 9), 45.0


def state(segment: str, time: float, seen: list[Told], **changes: Any) -> dict[str, Any]:
    """A row of states with what the detectors of the segment reported."""
    lanes = [list(of) for of in zip(*seen, strict=True)] if seen else [None] * 3
    row = {
        "interval_start": int(time * 1000), "interval_s": 60, "segment_id": segment,
        "speed_kmh": 40.0, "quality": "fused", "probe_speed_kmh": 45.0,
        "lane_counts": lanes[0], "lane_occupancies": lanes[1], "lane_speeds_kmh": lanes[2],
    }  # fmt: skip
    return row | changes


def hours(
    minutes: int, seen: Callable[[str, int], Told] = usual, start: float = EIGHT
) -> list[dict[str, Any]]:
    """States of the whole city."""
    rows = []
    for m in range(minutes):
        time = start + 60.0 * m
        rows += [
            state("a", time, [seen("M1", m), seen("M2", m)]), state("b", time, [seen("M3", m)]),
            state("c", time, []),
        ]  # fmt: skip
    return rows


def kept(folder: Path, rows: list[dict[str, Any]], name: str = "part-0") -> Path:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=STATES), path)
    return path


def days(*files: Path) -> DetectorDays:
    return detector_days(files, ALL, ASSETS, "Asia/Shanghai")


def by_id(found: DetectorDays, date: str = "2026-09-14") -> dict[str, dict[str, Any]]:
    return {r["detector_id"]: r for r in found.rows.to_pylist() if r["date"] == date}


def test_sound_detectors_are_believed_all_day_and_counted(tmp_path: Path) -> None:
    found = days(kept(tmp_path, hours(60)))
    assert not found.unusable
    rows = by_id(found)
    assert [(r["verdict"], r["unbelieved_minutes"], r["reason"]) for r in rows.values()] == [
        ("", 0, "")
    ] * 3
    assert (rows["M1"]["samples"], rows["M1"]["expected_samples"]) == (60, 60)
    assert rows["M1"]["vehicles"] == sum(8 + (m * 7 + 1) % 5 for m in range(60))
    assert (rows["M2"]["segment_id"], rows["M2"]["lane"]) == ("a", 1)
    assert rows["M1"]["over_neighbours"] == pytest.approx(1.0, abs=0.05)
    assert np.isnan(rows["M3"]["over_neighbours"])
    assert rows["M1"]["over_probes"] == pytest.approx(1.0)
    assert rows["M1"]["compared_minutes"] == 60


def test_each_fault_of_the_live_tests_is_the_verdict_of_its_day(tmp_path: Path) -> None:
    def seen(detector: str, minute: int) -> Told:
        return {
            "M1": (None, None, None), "M2": (9.0, 0.07, 45.0), "M3": (9.0, 0.0, None),
        }[detector]  # fmt: skip

    def mixed(detector: str, minute: int) -> Told:
        return usual(detector, minute) if minute < 10 else seen(detector, minute)

    rows = by_id(days(kept(tmp_path, hours(60, mixed))))
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "M1": "no_data", "M2": "constant", "M3": "no_occupancy",
    }  # fmt: skip
    assert rows["M1"]["reason"] == "no reading in 10 minutes"
    assert (rows["M1"]["samples"], rows["M1"]["unbelieved_minutes"]) == (10, 60 - 10 - 9)
    assert rows["M1"]["sample_share"] == pytest.approx(1 / 6)
    assert rows["M2"]["longest_constant"] == 50
    assert rows["M3"]["flow_without_occupancy"] == 50


def test_counts_of_zero_flow_and_entropy_are_those_of_the_samples(tmp_path: Path) -> None:
    def seen(detector: str, minute: int) -> Told:
        return [(0.0, 0.0, None), (0.0, 1.0, None), (5.0, 0.055, 40.0), (5.0, 0.105, 40.0)][
            minute % 4
        ]  # type: ignore[return-value]

    row = by_id(days(kept(tmp_path, hours(40, seen))))["M1"]
    assert (row["zero_flow"], row["occupancy_without_flow"], row["stuck_occupancy"]) == (20, 10, 10)
    assert row["occupancy_entropy"] == pytest.approx(np.log(4.0))
    assert row["longest_constant"] == 1


def test_days_are_the_citys_own_and_each_is_judged_anew_from_midnight(tmp_path: Path) -> None:
    def seen(detector: str, minute: int) -> Told:
        return (None, None, None) if detector == "M1" else usual(detector, minute)

    midnight = EIGHT + 16 * 3600.0
    rows = hours(60, seen, midnight - 1800.0)
    late, early = kept(tmp_path, rows[90:], "part-1"), kept(tmp_path, rows[:90], "part-0")
    found = days(late, early)  # in whatever order they are named
    one, two = by_id(found)["M1"], by_id(found, "2026-09-15")["M1"]
    assert one["unbelieved_minutes"] == two["unbelieved_minutes"] == 30 - 9
    assert two["verdict"] == "no_data" and two["reason"] == "no reading in 10 minutes"


def two_days(folder: Path, *seen: Callable[[str, int], Told]) -> list[dict[str, dict[str, Any]]]:
    """Rows of two days of 80 minutes each, by detector."""
    files = [
        kept(folder, hours(80, of, EIGHT + 86400.0 * n), f"day-{n}") for n, of in enumerate(seen)
    ]
    found = days(*files)
    return [by_id(found), by_id(found, "2026-09-15")]


def test_a_day_of_another_traffic_is_not_held_against_the_day_before(tmp_path: Path) -> None:
    def unequal(busy: str, length_m: float) -> Callable[[str, int], Told]:
        def seen(detector: str, minute: int) -> Told:
            count = (12 if detector == busy else 4) + minute % 3
            return float(count), count * length_m / (60 * 12.5) + 1e-4 * (minute % 9), 45.0

        return seen

    one, two = two_days(tmp_path, unequal("M1", 4.4), unequal("M2", 6.2))
    assert [row["verdict"] for row in (*one.values(), *two.values())] == [""] * 6
    (alone,) = [by_id(days(tmp_path / "day-1.parquet"), "2026-09-15")]
    assert str(alone) == str(two)


def test_a_fault_that_lasts_is_reported_on_each_of_its_days(tmp_path: Path) -> None:
    def broken(detector: str, minute: int) -> Told:
        count, occupancy, speed = usual(detector, minute)
        assert count is not None and occupancy is not None
        return {
            "M1": (count, 2.5 * occupancy, speed), "M2": (count, occupancy, speed),
            "M3": (0.0, 0.0, None),
        }[detector]  # fmt: skip

    def breaking(detector: str, minute: int) -> Told:
        return (usual if minute < 30 else broken)(detector, minute)

    for day in two_days(tmp_path, breaking, broken):
        verdicts = {name: row["verdict"] for name, row in day.items()}
        assert verdicts == {"M1": "too_long", "M2": "", "M3": "stuck_off"}
        assert "usual" in day["M1"]["reason"] and "no vehicle in" in day["M3"]["reason"]


def test_what_the_next_day_takes_back_is_no_fault_of_that_day(tmp_path: Path) -> None:
    def breaking(detector: str, minute: int) -> Told:
        count, occupancy, speed = usual(detector, minute)
        assert occupancy is not None
        return count, occupancy * (2.5 if detector == "M1" and minute >= 30 else 1.0), speed

    one, two = two_days(tmp_path, breaking, usual)
    assert (one["M1"]["verdict"], two["M1"]["verdict"]) == ("too_long", "")
    assert two["M1"]["unbelieved_minutes"] == 0 and two["M1"]["reason"] == ""


def test_a_minute_stored_twice_is_counted_once(tmp_path: Path) -> None:
    rows = hours(20)
    found = days(kept(tmp_path, rows), kept(tmp_path, rows, "part-1"))
    assert by_id(found)["M1"]["samples"] == 20


def test_unusable_rows_are_named_by_file_row_and_field_and_the_rest_used(tmp_path: Path) -> None:
    rows = hours(20)
    rows[0] |= {"lane_counts": [-3.0, 8.0]}
    rows[3] |= {"lane_occupancies": [7.0, 0.1]}
    rows[6] |= {"lane_counts": [8.0]}
    rows[4] |= {"segment_id": "z"}
    rows[7] |= {"segment_id": "y"}
    rows[9] |= {"interval_start": None}
    cut = kept(tmp_path, hours(5), "part-9")
    cut.write_bytes(cut.read_bytes()[:-40])
    bare = tmp_path / "bare.parquet"
    pq.write_table(pa.Table.from_pylist(hours(1), schema=STATES).drop(["lane_counts"]), bare)
    found = days(kept(tmp_path, rows), cut, bare)
    seen = [str(unusable).removeprefix(f"{tmp_path}/") for unusable in found.unusable]
    assert any(line.startswith("part-9.parquet: ") for line in seen)
    assert "bare.parquet, column 'lane_counts': found no such column" in " ".join(seen)
    assert [line for line in seen if line.startswith("part-0.parquet, row")] == [
        "part-0.parquet, row 0, column 'lane_counts': found [-3.0, 8.0], "
        "expected vehicles, 0 to 180",
        "part-0.parquet, row 3, column 'lane_occupancies': found "
        "[7.0, 0.10000000149011612], expected a share, 0 to 1.02",
        "part-0.parquet, row 4, column 'segment_id': found z, expected a segment of the network "
        "(2 rows)",
        "part-0.parquet, row 6, column 'lane_counts': found [8.0], "
        "expected a number for each detector placed on the segment",
        "part-0.parquet, row 9, column 'interval_start': found null, expected a time",
    ]
    assert by_id(found)["M1"]["samples"] == 16


def test_files_for_the_week_are_the_whole_ones(tmp_path: Path) -> None:
    rows = hours(3)
    rows[2] |= {"speed_kmh": 4000.0}
    good = kept(tmp_path, rows)
    bad = tmp_path / "part-1.parquet"
    bad.write_bytes(b"PAR1")
    files, unusable = readable_states([bad, good], CITY)
    assert files == [good]
    assert [str(r.error).split(": found")[0] for r in unusable] == [
        str(bad), f"{good}, row 2, column 'speed_kmh'",
    ]  # fmt: skip


def test_days_are_written_as_points_that_a_map_reads(tmp_path: Path) -> None:
    found = days(kept(tmp_path, hours(5)))
    save_detector_days(found.rows, ASSETS, tmp_path / "out" / "detector_days.parquet")
    read = gpd.read_parquet(tmp_path / "out" / "detector_days.parquet")
    assert read.crs.to_epsg() == 4326 and len(read) == 3
    assert (read.geometry.x[0], read.geometry.y[0]) == (121.4, 31.2)
    assert read.detector_id.tolist() == found.rows["detector_id"].to_pylist()
    assert read.verdict.tolist() == found.rows["verdict"].to_pylist()


def test_nothing_stored_of_detectors_gives_no_day() -> None:
    assert days().rows.num_rows == 0
