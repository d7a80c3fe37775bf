"""`clearway match` answers every fix of a recording and counts why not."""

import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner

from mapmatch.building.build import network_for
from streams.cli.main import cli
from streams.cli.options import assets_of
from tests.streams.chain_parts import line_on_longest_segment


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


def test_a_fleet_whose_times_are_cut_to_half_a_minute_is_named(
    project_data: Path, tmp_path: Path
) -> None:
    feed = tmp_path / "feed"
    shutil.copytree(project_data / "feeds" / "shanghai-core-small", feed)
    fixes = pq.read_table(feed / "gps.parquet")
    times = fixes["event_time"].cast(pa.int64()).to_numpy()
    is_taxi = np.array(fixes["fleet"].to_pylist()) == "taxi"
    cut = pa.array(np.where(is_taxi, times - times % 30_000, times))
    at = fixes.column_names.index("event_time")
    field = fixes.schema.field("event_time")
    pq.write_table(fixes.set_column(at, field, cut.cast(field.type)), feed / "gps.parquet")
    roads = project_data / "networks" / "shanghai-core"
    command = ["match", str(feed), "--network", str(roads), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    (warning,) = (line for line in result.stderr.splitlines() if line.startswith("warning"))
    assert "taxi fixes were ignored: same_time" in warning


def test_bus_lines_beside_the_stops_are_used_and_said(
    project_data: Path, network_cache: Path, tmp_path: Path
) -> None:
    roads = project_data / "networks" / "shanghai-core"
    line = line_on_longest_segment(network_for(roads, network_cache))
    feed = tmp_path / "feed"
    shutil.copytree(project_data / "feeds" / "shanghai-core-small", feed)
    geometry = {"type": "LineString", "coordinates": line.parts[0]}
    feature = {"type": "Feature", "properties": {"line": line.line}, "geometry": geometry}
    whole = {"type": "FeatureCollection", "features": [feature]}
    (feed / "bus_lines.geojson").write_text(json.dumps(whole))
    command = ["match", str(feed), "--network", str(roads), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    assert "1 bus lines on 1 segments, 100% of their length placed" in result.stderr
    assert assets_of(feed).bus_lines == (line,)


def test_a_workers_assets_are_in_the_datum_of_their_feed(
    project_data: Path, tmp_path: Path
) -> None:
    source = project_data / "feeds" / "shanghai-core-small"
    shutil.copyfile(source / "bus_stops.csv", tmp_path / "bus_stops.csv")
    in_wgs84 = assets_of(tmp_path).bus_stops[0]
    toml = (source / "feed.toml").read_text().replace("wgs84", "gcj02")
    (tmp_path / "feed.toml").write_text(toml)
    shifted = assets_of(tmp_path).bus_stops[0]
    # GCJ-02 lies some 450 m east of WGS-84 in Shanghai.
    assert 0.004 < in_wgs84.longitude - shifted.longitude < 0.006
