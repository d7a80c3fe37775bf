"""Reading bus_lines.geojson: what is taken, and the error that names what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.datum import Datum, wgs84_to_gcj02
from ingest.recorded.bus_lines import BusLine, read_bus_lines
from ingest.recorded.cut import cut_feed
from ingest.recorded.feed import FeedError, datum_of, open_feed
from tests.ingest.recordings import FEED_TOML, START, fix, wgs84_to_bd09, write_feed

WAY = [[121.47, 31.22], [121.48, 31.23]]


def feature(line: Any = "71", kind: str = "LineString", coordinates: Any = WAY) -> dict[str, Any]:
    """Give one feature."""
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"line": line}, "geometry": geometry}


def written(folder: Path, *features: Any, **members: Any) -> Path:
    """Write a collection of features; gives the file."""
    folder.mkdir(exist_ok=True)
    path = folder / "bus_lines.geojson"
    whole = {"type": "FeatureCollection", "features": list(features)} | members
    path.write_text(json.dumps(whole))
    return path


def test_lines_and_their_parts_are_read_in_file_order_without_heights(tmp_path: Path) -> None:
    parts = [WAY, [[121.5, 31.2, 4.0], [121.6, 31.2, 5]]]
    path = written(tmp_path, feature(), feature(" K9 ", "MultiLineString", parts))
    way = ((121.47, 31.22), (121.48, 31.23))
    assert read_bus_lines(path) == (
        BusLine("71", (way,)),
        BusLine("K9", (way, ((121.5, 31.2), (121.6, 31.2)))),
    )


def test_a_feed_without_the_file_has_no_lines(tmp_path: Path) -> None:
    assert open_feed(write_feed(tmp_path, fixes=[fix("a", 0.0)])).assets.bus_lines == ()


@pytest.mark.parametrize(
    ("datum", "shift"), [(Datum.GCJ02, wgs84_to_gcj02), (Datum.BD09, wgs84_to_bd09)]
)
def test_lines_are_in_the_datum_of_their_feed(tmp_path: Path, datum: Datum, shift: Any) -> None:
    toml = FEED_TOML.replace("wgs84", datum.value)
    write_feed(tmp_path, toml=toml, fixes=[fix("a", 0.0)])
    written(tmp_path, feature(coordinates=np.column_stack(shift(*np.array(WAY).T)).tolist()))
    assert datum_of(tmp_path) is datum
    (line,) = open_feed(tmp_path).assets.bus_lines
    assert np.array(line.parts[0]) == pytest.approx(np.array(WAY), abs=1e-8)


def test_a_feed_that_is_cut_keeps_its_lines(tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "whole", fixes=[fix("a", 0.0), fix("a", 30.0)])
    written(feed, feature())
    cut_feed(feed, tmp_path / "cut", START.timestamp(), START.timestamp() + 20.0)
    assert open_feed(tmp_path / "cut").assets == open_feed(feed).assets


BAD_FEATURES = [
    ("Feature?", "field 'type'", "'Feature'"),
    ({"type": "Feature"}, "field 'properties.line'", "None"),
    (feature(line=""), "field 'properties.line'", "a non-empty text"),
    (feature(line=71), "field 'properties.line'", "found 71"),
    (feature(kind="Point"), "field 'geometry.type'", "'Point'"),
    (feature(coordinates=None), "field 'geometry.coordinates'", "a list of positions"),
    (feature(coordinates=WAY[:1]), "field 'geometry.coordinates'", "two positions that differ"),
    (feature(coordinates=WAY[:1] * 2), "field 'geometry.coordinates'", "positions that differ"),
    (feature(coordinates=[*WAY, [121.0]]), "'geometry.coordinates[2]'", "[longitude, latitude]"),
    (feature(coordinates=[*WAY, ["1", 2]]), "'geometry.coordinates[2]'", "a longitude between"),
    (feature(coordinates=[*WAY, [1, True]]), "'geometry.coordinates[2]'", "a latitude between"),
    (feature(coordinates=[[31.2, 121.4], *WAY]), "'geometry.coordinates[0]'", "-90 and 90"),
    (feature(kind="MultiLineString", coordinates=[]), "'geometry.coordinates'", "at least one"),
    (feature(kind="MultiLineString", coordinates=[WAY, WAY[:1]]), "coordinates[1]'", "differ"),
]


@pytest.mark.parametrize(("bad", "where", "what"), BAD_FEATURES)
def test_the_error_names_feature_field_value_and_what_was_expected(
    tmp_path: Path, bad: Any, where: str, what: str
) -> None:
    path = written(tmp_path, feature(), bad)
    with pytest.raises(FeedError) as raised:
        read_bus_lines(path)
    message = str(raised.value)
    assert message.startswith(f"{path}, feature 1, field ")
    assert where in message and what in message and "expected" in message


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "a GeoJSON file"),
        ("{", "a GeoJSON file"),
        ("[]", "'FeatureCollection'"),
        (json.dumps(feature()), "field 'type': found 'Feature'"),
        ('{"type": "FeatureCollection"}', "field 'features': found None"),
    ],
)
def test_a_file_that_is_no_feature_collection_is_refused(
    tmp_path: Path, text: str, what: str
) -> None:
    path = tmp_path / "bus_lines.geojson"
    path.write_text(text)
    with pytest.raises(FeedError, match=r"bus_lines\.geojson") as raised:
        read_bus_lines(path)
    assert what in str(raised.value)


def test_another_reference_system_is_refused_and_a_named_usual_one_is_not(tmp_path: Path) -> None:
    usual = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert len(read_bus_lines(written(tmp_path, feature(), crs=usual))) == 1
    other = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    with pytest.raises(FeedError, match="field 'crs'"):
        read_bus_lines(written(tmp_path, feature(), crs=other))
