"""What the sensors of a simulated city would have sent."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from streams.simulated.probes import INTERVALS_S, OUTLIER_M, report
from streams.simulated.recording import passes, readings, segment_minutes

BEGIN = pd.Timestamp("2026-09-21T23:00:00+00:00")


def driven(vehicles: int, seconds: int) -> pd.DataFrame:
    """Give vehicles that stand at one place, under open sky."""
    times = np.arange(0.0, seconds, 5.0)
    count = vehicles * len(times)
    return pd.DataFrame(
        {
            "time": np.tile(times, vehicles),
            "vehicle_id": np.repeat([f"t{k}" for k in range(vehicles)], len(times)),
            "longitude": np.full(count, 121.4475),
            "latitude": np.full(count, 31.26),
            "speed": np.zeros(count),
            "heading": np.full(count, 350.0),
            "link_id": "ab",
            "offset_m": 10.0,
        }
    )


def test_a_probe_reports_at_its_own_interval_in_order_of_arrival() -> None:
    reports, true = report(driven(40, 1800), BEGIN, 1)
    assert reports.arrival_time.is_monotonic_increasing
    assert (reports.arrival_time >= reports.event_time).all()
    assert (reports.event_time == true.event_time).all()
    gaps = reports.sort_values(["vehicle_id", "event_time"]).groupby("vehicle_id").event_time.diff()
    usual = gaps.dt.total_seconds().groupby(reports.vehicle_id).median()
    assert set(usual) <= set(INTERVALS_S)


def test_errors_are_metres_but_for_one_in_a_hundred() -> None:
    reports, _ = report(driven(100, 3600), BEGIN, 1)
    across = np.cos(np.radians(31.26)) * 111_200.0
    error = np.hypot(
        (reports.longitude - 121.4475) * across, (reports.latitude - 31.26) * 111_200.0
    )
    is_wild = error > OUTLIER_M[0]
    assert is_wild.mean() == pytest.approx(0.01, abs=0.003)
    assert error[~is_wild].median() == pytest.approx(8.2, abs=0.5)  # Rayleigh, 7 m an axis


def test_the_same_seed_gives_the_same_reports() -> None:
    one, _ = report(driven(5, 600), BEGIN, 3)
    again, _ = report(driven(5, 600), BEGIN, 3)
    assert one.equals(again)


def test_a_minute_is_true_by_distance_over_time(tmp_path: Path) -> None:
    path = tmp_path / "minutes.xml"
    rows = (
        '<edge id="ab" sampledSeconds="60.00" speed="10.00" entered="3" left="2"/>'
        '<edge id=":B_0" sampledSeconds="6.00" speed="5.00" entered="1" left="1"/>'
    )
    slow = '<edge id="ab" sampledSeconds="540.00" speed="1.00" entered="1" left="0"/>'
    path.write_text(
        f'<m><interval begin="0.00" end="60.00">{rows}</interval>'
        f'<interval begin="60.00" end="120.00">{slow}</interval></m>'
    )
    true = segment_minutes(path, {"ab": 50.0}, BEGIN)
    assert true.link_id.tolist() == ["ab", "ab"]
    assert true.speed_kmh.tolist() == pytest.approx([36.0, 3.6])
    assert true.entered.tolist() == [3, 1]
    # 1,140 m in 600 s is 6.8 km/h, under a quarter of 50.
    assert true.congested.tolist() == [True, True]


def test_a_camera_reads_a_vehicle_as_it_leaves_and_always_the_same_plate(tmp_path: Path) -> None:
    path = tmp_path / "passes.xml"
    path.write_text(
        "<instantE1>"
        '<instantOut id="k0:3_1" time="10.20" state="enter" vehID="c1" speed="0.10"/>'
        '<instantOut id="k0:3_1" time="14.20" state="leave" vehID="c1" speed="4.00" occupancy="4"/>'
        '<instantOut id="k1:5_0" time="90.50" state="leave" vehID="c1" speed="9.00" occupancy="1"/>'
        "</instantE1>"
    )
    seen = passes(path, BEGIN, np.random.default_rng(1))
    assert seen.approach_id.tolist() == ["k0:3", "k1:5"]
    assert seen.camera_id.tolist() == ["k0", "k1"]
    assert seen.lane.tolist() == [1, 0]
    assert seen.speed_kmh.tolist() == pytest.approx([14.4, 32.4])
    assert seen.plate.nunique() == 1


def test_a_reading_speaks_for_its_own_interval_and_is_never_occupied_more_than_whole(
    tmp_path: Path,
) -> None:
    path = tmp_path / "loops.xml"
    row = '<interval id="{}" begin="{}" end="{}" nVehContrib="{}" occupancy="{}" speed="{}"/>'
    rows = [
        row.format("R0", "0.00", "30.00", 4, 12.5, 25.0),
        row.format("R0", "30.00", "60.00", 1, 104.2, 0.5),
        row.format("R0", "60.00", "90.00", 0, 0.0, -1.0),
        row.format("M0", "0.00", "60.00", 2, 5.0, 10.0),
        row.format("M1", "0.00", "60.00", 2, 5.0, 10.0),
    ]
    path.write_text(f"<detector>{''.join(rows)}</detector>")
    sent = readings(path, {"M1"}, BEGIN, np.random.default_rng(1))
    assert sent.detector_id.tolist() == ["M0", "R0", "R0", "R0"]
    assert sent.interval_s.tolist() == [60, 30, 30, 30]
    assert (sent.interval_start - BEGIN).dt.total_seconds().tolist() == [0.0, 0.0, 30.0, 60.0]
    assert sent.vehicle_count.tolist() == [2, 4, 1, 0]
    assert sent.occupancy.tolist() == pytest.approx([0.05, 0.125, 1.0, 0.0])
    assert sent.speed_kmh[:3].tolist() == pytest.approx([36.0, 90.0, 1.8], rel=0.3)
    assert sent.speed_kmh.isna().tolist() == [False, False, False, True]
