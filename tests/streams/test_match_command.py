"""`clearway match` answers every fix of a recording and counts why not."""

from pathlib import Path

import msgspec
import pyarrow.parquet as pq
from click.testing import CliRunner

from streams.cli.main import cli


def test_every_fix_of_the_recording_has_one_row_and_a_segment_or_a_reason(
    project_data: Path, tmp_path: Path
) -> None:
    feed = project_data / "feeds" / "shanghai-core-small"
    result = CliRunner().invoke(cli, ["match", str(feed), "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    report = msgspec.json.decode(result.stdout)
    fixes = pq.read_table(feed / "gps.parquet")
    matched = pq.read_table(tmp_path / "matched.parquet")
    assert matched["vehicle_id"].to_pylist() == fixes["vehicle_id"].to_pylist()
    assert sum(report["fixes"].values()) == report["fix_count"] == fixes.num_rows
    rows = matched.select(["segment_id", "reason"]).to_pylist()
    assert all((row["segment_id"] is None) != (row["reason"] is None) for row in rows)
    assert pq.read_table(tmp_path / "traversals.parquet").num_rows == report["traversal_count"]
