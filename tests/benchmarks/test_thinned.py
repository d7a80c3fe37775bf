"""Recordings with a part of their sensors."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.incidents.thinned import is_left, thinned
from ingest.recorded.feed import open_feed

NAMES = [f"M{number:05d}" for number in range(3000)]


def test_a_tenth_of_the_sensors_is_a_part_of_a_third_and_as_many_as_said() -> None:
    left = {share: {n for n in NAMES if is_left(n, share)} for share in (0.0, 0.1, 1 / 3, 1.0)}
    assert left[0.0] == set()
    assert left[0.1] < left[1 / 3] < left[1.0] == set(NAMES)
    assert len(left[0.1]) == pytest.approx(300, abs=50)


def test_a_thinned_recording_holds_whole_sensors_and_all_else_as_it_was(
    project_data: Path, tmp_path: Path
) -> None:
    whole = project_data / "feeds" / "shanghai-core-small"
    folder = thinned(whole, tmp_path, 0.1, 0.3)
    for name, column, share in (("gps", "vehicle_id", 0.3), ("magnetometer", "detector_id", 0.1)):
        before, after = (
            pq.read_table(of / f"{name}.parquet", columns=[column])[column]
            .value_counts()
            .to_pylist()
            for of in (whole, folder)
        )
        kept = {row["values"]: row["counts"] for row in before if is_left(row["values"], share)}
        assert {row["values"]: row["counts"] for row in after} == kept != {}
    feed, other = open_feed(folder), open_feed(whole)
    assert feed.manifest.network is not None
    assert feed.manifest.network.samefile(other.manifest.network or "")
    assert (folder / "camera.parquet").samefile(whole / "camera.parquet")
