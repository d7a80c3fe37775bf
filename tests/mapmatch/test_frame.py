"""A frame of fixes matched without any stream."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest

from mapmatch import build_path_table, load_network, match_frame, paths
from mapmatch.network import Network, save_network
from mapmatch.paths import PathTable, save_path_table
from tests.drawing import draw
from tests.mapmatch.driving import batch_of, drive

STREET = draw("A-----B-----C-----D", cell_m=20)
PATHS = build_path_table(STREET.network, limit_bytes=8_000_000)


def frame_of(nodes: str) -> pd.DataFrame:
    frame = batch_of(STREET.network, drive(STREET, nodes)).to_pandas()
    return frame[["vehicle_id", "event_time", "longitude", "latitude"]]


def test_rows_keep_their_index_order_and_columns_and_get_their_segments() -> None:
    frame = frame_of("ABCD").assign(driver="x").sample(frac=1.0, random_state=1)
    matched, traversals = match_frame(frame, STREET.network, paths=PATHS)
    assert matched.index.equals(frame.index)
    assert matched.columns.tolist()[: len(frame.columns)] == frame.columns.tolist()
    assert matched.sort_index().segment_id.unique().tolist() == ["AB", "BC", "CD"]
    assert traversals.segment_id.tolist() == ["AB", "BC", "CD"]


def test_traversals_are_lines_as_long_as_what_was_driven() -> None:
    _, traversals = match_frame(frame_of("ABCD"), STREET.network, paths=PATHS)
    metres = traversals.to_crs(traversals.estimate_utm_crs()).length
    driven = traversals.exit_offset_m - traversals.enter_offset_m
    assert metres.to_numpy() == pytest.approx(driven.to_numpy(), rel=1e-3)


def test_points_of_any_reference_system_are_read() -> None:
    frame = frame_of("ABCD")
    points = geopandas.points_from_xy(frame.longitude, frame.latitude, crs="EPSG:4326")
    there = geopandas.GeoDataFrame(frame[["vehicle_id", "event_time"]], geometry=points)
    from_points, _ = match_frame(there.to_crs("EPSG:32651"), STREET.network, paths=PATHS)
    from_degrees, _ = match_frame(frame, STREET.network, paths=PATHS)
    assert isinstance(from_points, geopandas.GeoDataFrame)
    assert from_points.segment_id.tolist() == from_degrees.segment_id.tolist()


def test_a_bad_row_gets_a_reason_and_the_others_their_segments() -> None:
    frame = frame_of("ABCD")
    frame.loc[3, "latitude"] = np.nan
    matched, _ = match_frame(frame, STREET.network, paths=PATHS)
    assert matched.reason.tolist()[3] == "not_a_number"
    assert matched.segment_id.drop(3).notna().all()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (frame_of("AB").drop(columns="vehicle_id"), "no column 'vehicle_id'"),
        (frame_of("AB").drop(columns="latitude"), "no columns 'longitude' and 'latitude'"),
        (frame_of("AB").assign(event_time=1), "column event_time"),
        (frame_of("AB").assign(speed_kmh="fast"), "column speed_kmh"),
    ],
)
def test_a_frame_that_cannot_be_read_is_refused_by_its_column(
    frame: pd.DataFrame, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        match_frame(frame, STREET.network, paths=PATHS)


def test_matching_a_frame_needs_neither_faust_nor_kafka() -> None:
    code = (
        "import sys, mapmatch; mapmatch.match_frame; "
        "sys.exit(bool({'faust', 'kafka', 'aiokafka', 'aiohttp', 'streams'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_the_table_beside_a_loaded_network_is_used_and_none_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_network(STREET.network, tmp_path)
    save_path_table(PATHS, tmp_path)
    monkeypatch.setattr(paths, "build_path_table", None)
    for _ in range(2):
        matched, _ = match_frame(frame_of("ABCD"), load_network(tmp_path))
        assert matched.segment_id.unique().tolist() == ["AB", "BC", "CD"]


def test_the_table_of_a_network_without_one_is_built_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built = []

    def build(network: Network) -> PathTable:
        built.append(network)
        return PATHS

    monkeypatch.setattr(paths, "build_path_table", build)
    network = replace(STREET.network)
    for _ in range(3):
        match_frame(frame_of("ABCD"), network)
    assert built == [network]


def test_a_table_of_another_network_is_not_used(tmp_path: Path) -> None:
    save_network(STREET.network, tmp_path)
    save_path_table(build_path_table(draw("A--B").network, limit_bytes=8_000_000), tmp_path)
    matched, _ = match_frame(frame_of("ABCD"), load_network(tmp_path))
    assert matched.segment_id.unique().tolist() == ["AB", "BC", "CD"]
