"""Opening a feed: what is read, and the error that names what is wrong with it."""

import re
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.datum import Datum, wgs84_to_gcj02
from ingest.recorded.feed import FeedError, open_feed
from tests.ingest.recordings import (
    FEED_TOML,
    START,
    START_MS,
    camera_event,
    fix,
    reading,
    wgs84_to_bd09,
    write_feed,
)

DETECTORS = "detector_id,lane,longitude,latitude,bearing_deg\nM1,0,121.48,31.22,338.5\n"


def _replaced(folder: Path, column: str, values: pa.Array | None) -> Path:
    """Write a feed of two fixes whose column is replaced, or dropped where None."""
    write_feed(folder, fixes=[fix("a", 0.0), fix("a", 10.0)])
    table = pq.read_table(folder / "gps.parquet")
    place = table.column_names.index(column)
    table = table.drop([column]) if values is None else table.set_column(place, column, values)
    pq.write_table(table, folder / "gps.parquet")
    return folder


def test_a_feed_gives_its_tables_manifest_and_assets(tmp_path: Path) -> None:
    write_feed(
        tmp_path,
        toml=FEED_TOML + 'network = "../net"\n',
        fixes=[fix("a", 0.0, speed_kmh=None)],
        readings=[reading("M1", 0.0)],
        camera_events=[camera_event("k1", 0.0)],
    )
    (tmp_path / "detectors.csv").write_text(DETECTORS)
    (tmp_path / "bus_stops.csv").write_text(
        "stop_id,longitude,latitude,bearing_deg,lines\nS1,121.48,31.22,0,L1 L2\n"
    )
    feed = open_feed(tmp_path)
    assert feed.manifest.start == START.timestamp()
    assert feed.manifest.network == tmp_path / "../net"
    assert feed.fixes is not None and feed.readings is not None and feed.camera_events is not None
    assert str(feed.fixes["speed_kmh"].to_pylist()) == "[nan]"
    assert feed.assets.detectors[0].bearing_deg == 338.5
    assert feed.assets.bus_stops[0].lines == ("L1", "L2")
    assert feed.assets.cameras == ()


def test_a_folder_with_only_fixes_is_a_matching_set(tmp_path: Path) -> None:
    folder = write_feed(tmp_path / "set", toml=None, fixes=[fix("a", 0.0), fix("a", 90.0)])
    manifest = open_feed(folder).manifest
    assert (manifest.name, manifest.datum, manifest.network) == ("set", Datum.WGS84, None)
    assert manifest.end - manifest.start == 90.0


def test_bad_rows_are_values_and_do_not_stop_the_feed(tmp_path: Path) -> None:
    rows = [
        fix(None, None, longitude=None, latitude=float("inf")),
        fix("a", 0.0, event_time=-(2**60)),
    ]
    fixes = open_feed(write_feed(tmp_path, fixes=rows)).fixes
    assert fixes is not None and fixes.num_rows == 2


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_any_unit_and_zone_are_milliseconds_utc(tmp_path: Path, unit: str) -> None:
    values = pa.array([START, START], pa.timestamp(unit, tz="Asia/Shanghai"))
    fixes = open_feed(_replaced(tmp_path, "event_time", values)).fixes
    assert fixes is not None
    assert fixes["event_time"].cast(pa.int64()).to_pylist() == [START_MS, START_MS]


def test_dictionary_text_and_integer_degrees_are_taken(tmp_path: Path) -> None:
    _replaced(tmp_path, "fleet", pa.array(["bus", "bus"]).dictionary_encode())
    table = pq.read_table(tmp_path / "gps.parquet")
    place = table.column_names.index("heading_deg")
    table = table.set_column(place, "heading_deg", pa.array([90, None], pa.int64()))
    pq.write_table(table, tmp_path / "gps.parquet")
    fixes = open_feed(tmp_path).fixes
    assert fixes is not None and fixes["fleet"].to_pylist() == ["bus", "bus"]


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_a_feed_in_a_chinese_datum_comes_out_in_wgs84(tmp_path: Path, datum: Datum) -> None:
    import numpy as np

    shift = wgs84_to_gcj02 if datum is Datum.GCJ02 else wgs84_to_bd09
    lon, lat = (float(v[0]) for v in shift(np.array([121.48]), np.array([31.22])))
    write_feed(
        tmp_path,
        toml=FEED_TOML.replace("wgs84", datum),
        fixes=[fix("a", 0.0, longitude=lon, latitude=lat)],
    )
    (tmp_path / "detectors.csv").write_text(
        DETECTORS.replace("121.48", str(lon)).replace("31.22", str(lat))
    )
    feed = open_feed(tmp_path)
    assert feed.fixes is not None
    assert feed.fixes["longitude"][0].as_py() == pytest.approx(121.48, abs=1e-6)
    assert feed.assets.detectors[0].latitude == pytest.approx(31.22, abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "drawn"\n', "", "missing required field `name`"),
        ("format = 1", "format = 2", "2"),
        ("format = 1", 'format = "1"', "str"),
        ('datum = "wgs84"', 'datum = "mars"', "mars"),
        ('end = "2026-09-15T23:01:00+00:00"', 'end = "2026-09-15T22:00:00+00:00"', "after start"),
        ('end = "2026-09-15T23:01:00+00:00"', 'end = "2026-09-15T23:01:00"', "timezone"),
        ('end = "2026', 'end = "2036', "31 days"),
        ('start = "2026', 'start = "0001', "31 days"),
        ("Asia/Shanghai", "Asia/Nowhere", "Asia/Nowhere"),
        ("Asia/Shanghai", "../../etc/passwd", "timezone"),
        ('licence = "none"', 'licence = "none"\nlicense = "none"', "license"),
        ('licence = "none"', "licence = none", "TOML"),
    ],
)
def test_a_wrong_feed_toml_is_refused_and_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    folder = write_feed(tmp_path, toml=FEED_TOML.replace(old, new), fixes=[fix("a", 0.0)])
    with pytest.raises(FeedError, match=re.escape(said)) as error:
        open_feed(folder)
    assert error.value.file.endswith("feed.toml")


def test_a_folder_that_is_no_feed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"feed\.toml"):
        open_feed(tmp_path)
    with pytest.raises(FeedError, match="a folder"):
        open_feed(tmp_path / "nowhere")


@pytest.mark.parametrize("column", ["vehicle_id", "event_time", "longitude", "heading_deg"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(FeedError, match=f"gps.parquet, column '{column}': found no such column"):
        open_feed(_replaced(tmp_path, column, None))


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("longitude", pa.array(["121", "122"]), "a number"),
        ("event_time", pa.array([1, 2]), "timestamp"),
        ("event_time", pa.array([datetime(2026, 1, 1)] * 2), "time zone"),
        ("vehicle_id", pa.array([1, 2]), "text"),
        ("speed_kmh", pa.array([True, False]), "a number"),
    ],
)
def test_a_column_of_another_kind_is_named_with_what_was_expected(
    tmp_path: Path, column: str, values: pa.Array, expected: str
) -> None:
    with pytest.raises(FeedError, match=expected) as error:
        open_feed(_replaced(tmp_path, column, values))
    assert error.value.column == column


def test_a_value_that_does_not_fit_its_column_is_named_with_its_row(tmp_path: Path) -> None:
    write_feed(tmp_path, readings=[reading("M1", 0.0), reading("M1", 60.0)])
    path = tmp_path / "magnetometer.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("vehicle_count")
    pq.write_table(table.set_column(place, "vehicle_count", pa.array([1, 2**40])), path)
    with pytest.raises(FeedError, match=str(2**40)) as error:
        open_feed(tmp_path)
    assert (error.value.row, error.value.column) == (1, "vehicle_count")


def _recorded_readings(folder: Path, column: str, values: pa.Array) -> Path:
    """Write a feed of two readings with one column replaced."""
    write_feed(folder, readings=[reading("M1", 0.0), reading("M1", 60.0)])
    table = pq.read_table(folder / "magnetometer.parquet")
    place = table.column_names.index(column)
    pq.write_table(table.set_column(place, column, values), folder / "magnetometer.parquet")
    return folder


def test_counts_may_be_absent_and_written_as_floats(tmp_path: Path) -> None:
    nan = float("nan")
    for column in (pa.array([11.0, None]), pa.array([11.0, nan]), pa.array([11, None])):
        readings = open_feed(_recorded_readings(tmp_path, "vehicle_count", column)).readings
        assert readings is not None
        assert readings["vehicle_count"].to_pylist() == pytest.approx([11.0, nan], nan_ok=True)


def test_a_count_with_a_fraction_is_named_with_its_row(tmp_path: Path) -> None:
    folder = _recorded_readings(tmp_path, "vehicle_count", pa.array([11.0, 11.5]))
    with pytest.raises(FeedError, match=r"11\.5") as error:
        open_feed(folder)
    assert (error.value.row, error.value.column) == (1, "vehicle_count")


def test_a_recording_may_hold_flows_and_lack_what_was_not_measured(tmp_path: Path) -> None:
    write_feed(tmp_path, readings=[reading("M1", 0.0)])
    path = tmp_path / "magnetometer.parquet"
    bare = pq.read_table(path, columns=["detector_id", "interval_start", "interval_s"])
    pq.write_table(bare.append_column("flow_veh_h", pa.array([90.0])), path)
    readings = open_feed(tmp_path).readings
    assert readings is not None
    assert readings["vehicle_count"].to_pylist() == [1.5]
    assert str(readings["occupancy"].to_pylist()) == "[nan]"


def test_the_bearing_of_what_stands_beside_the_road_may_be_absent(tmp_path: Path) -> None:
    write_feed(tmp_path, readings=[reading("M1", 0.0)])
    path = tmp_path / "detectors.csv"
    path.write_text("detector_id,lane,longitude,latitude\nM1,0,121.48,31.22\n")
    assert open_feed(tmp_path).assets.detectors[0].bearing_deg is None
    path.write_text(DETECTORS.replace("338.5", ""))
    assert open_feed(tmp_path).assets.detectors[0].bearing_deg is None
    (tmp_path / "cameras.csv").write_text(
        "camera_id,approach_id,lane,longitude,latitude\nk1,k1:1,0,121.48,31.22\n"
    )
    (tmp_path / "bus_stops.csv").write_text("stop_id,longitude,latitude,lines\nS,121.48,31.22,L\n")
    assets = open_feed(tmp_path).assets
    assert (assets.cameras[0].bearing_deg, assets.bus_stops[0].bearing_deg) == (None, None)


def test_a_station_says_how_many_lanes_it_counts(tmp_path: Path) -> None:
    write_feed(tmp_path, readings=[reading("M1", 0.0)])
    path, head = tmp_path / "detectors.csv", DETECTORS.replace("bearing_deg", "bearing_deg,lanes")
    path.write_text(head.replace("338.5", "338.5,4"))
    assert open_feed(tmp_path).assets.detectors[0].lanes == 4
    path.write_text(head.replace("338.5", "338.5,"))
    assert open_feed(tmp_path).assets.detectors[0].lanes is None
    for wrong in ("0", "13", "2.5", "two"):
        path.write_text(head.replace("338.5", f"338.5,{wrong}"))
        with pytest.raises(FeedError, match=r"line 2, column 'lanes'.*whole number of"):
            open_feed(tmp_path)


def _text_of(values: list[bytes]) -> pa.Array:
    """Give a text column of these bytes, as a careless writer makes it."""
    binary = pa.array(values)
    return pa.StringArray.from_buffers(len(values), binary.buffers()[1], binary.buffers()[2])


def test_text_that_is_no_utf_8_is_named_with_its_row_and_not_shown(tmp_path: Path) -> None:
    write_feed(tmp_path, camera_events=[camera_event("k1", float(i)) for i in range(3)])
    path = tmp_path / "camera.parquet"
    table = pq.read_table(path)
    plates = _text_of([b"A1", "闽A12345".encode("gbk"), b"A2"])
    pq.write_table(table.set_column(table.column_names.index("plate"), "plate", plates), path)
    with pytest.raises(FeedError, match="text in UTF-8") as error:
        open_feed(tmp_path)
    assert (error.value.row, error.value.column) == (1, "plate")
    assert "A12345" not in str(error.value)


def test_ids_that_are_no_utf_8_are_named_with_their_row(tmp_path: Path) -> None:
    folder = _replaced(tmp_path, "vehicle_id", _text_of([b"a", b"\xff\xfe"]))
    with pytest.raises(FeedError, match=r"row 1, column 'vehicle_id'.*UTF-8"):
        open_feed(folder)


def test_a_column_that_is_there_twice_is_named(tmp_path: Path) -> None:
    write_feed(tmp_path, fixes=[fix("a", 0.0)])
    table = pq.read_table(tmp_path / "gps.parquet")
    pq.write_table(table.append_column("latitude", table["latitude"]), tmp_path / "gps.parquet")
    with pytest.raises(FeedError, match=r"column 'latitude': found two columns"):
        open_feed(tmp_path)


def test_a_feed_toml_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    write_feed(tmp_path, toml="\ufeff" + FEED_TOML, fixes=[fix("a", 0.0)])
    assert open_feed(tmp_path).manifest.name == "drawn"


@pytest.mark.parametrize("keep", [0, 3, 200, -20])
def test_a_truncated_parquet_file_is_named(tmp_path: Path, keep: int) -> None:
    write_feed(tmp_path, fixes=[fix("a", float(i)) for i in range(100)])
    path = tmp_path / "gps.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FeedError, match=r"gps\.parquet.*a whole Parquet file"):
        open_feed(tmp_path)


def test_a_parquet_file_damaged_inside_is_named(tmp_path: Path) -> None:
    write_feed(tmp_path, fixes=[fix(f"v{i}", float(i)) for i in range(1000)])
    path = tmp_path / "gps.parquet"
    data = bytearray(path.read_bytes())
    data[4:2000] = bytes(1996)
    path.write_bytes(data)
    with pytest.raises(FeedError, match=r"gps\.parquet"):
        open_feed(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty file"),
        ("detector_id,lane,longitude,bearing_deg\n", "latitude"),
        (DETECTORS + "M2,0,east,31.2,0\n", "line 3, column 'longitude': found 'east'"),
        (DETECTORS + "M2,0,nan,31.2,0\n", "found 'nan'"),
        (DETECTORS + "M2,0,31.2,121.4,0\n", "column 'latitude'"),
        (DETECTORS + "M2,-1,121.4,31.2,0\n", "column 'lane'"),
        (DETECTORS + "M2,33,121.4,31.2,0\n", "'33', expected a whole number of 0 to 32"),
        (DETECTORS + f"M2,{'9' * 20},121.4,31.2,0\n", "expected a whole number of 0 to 32"),
        (DETECTORS + f"M2,{'9' * 5000},121.4,31.2,0\n", "expected a whole number of 0 to 32"),
        (DETECTORS + "\n\nM2,east,121.4,31.2,0\n", "line 5, column 'lane'"),
        (DETECTORS + "M2,0,121.4,31.2,-5\n", "column 'bearing_deg'"),
        (DETECTORS + ",0,121.4,31.2,0\n", "a non-empty id"),
        (
            DETECTORS + "M1,0,121.4,31.2,0\n",
            "column 'detector_id': found M1, expected an id that no earlier line has",
        ),
        (DETECTORS + "M2,0,121.4\n", "line 3: found 3 fields"),
        (DETECTORS + "M2,0,121.4,31.2,0,9\n", "line 3: found 6 fields"),
    ],
)
def test_a_wrong_detectors_csv_is_refused_and_named(tmp_path: Path, text: str, said: str) -> None:
    write_feed(tmp_path, fixes=[fix("a", 0.0)])
    (tmp_path / "detectors.csv").write_text(text)
    with pytest.raises(FeedError, match=re.escape(said)) as error:
        open_feed(tmp_path)
    assert error.value.file.endswith("detectors.csv")


def test_a_camera_is_named_by_line_and_as_a_person_writes_it(tmp_path: Path) -> None:
    write_feed(tmp_path, fixes=[fix("a", 0.0)])
    head = "camera_id,approach_id,lane,longitude,latitude,bearing_deg\n"
    camera = "k1,k1:1,{},121.48,31.22,90\n"
    for text, said in (
        (camera.format(0) + camera.format(33), "line 3, column 'lane': found '33', expected a who"),
        (camera.format(0) * 2, "lane': found k1, k1:1, 0, expected values that no earlier line"),
    ):
        (tmp_path / "cameras.csv").write_text(head + text)
        with pytest.raises(FeedError, match=re.escape(said)):
            open_feed(tmp_path)


def test_a_value_of_the_feed_toml_is_named_by_its_key(tmp_path: Path) -> None:
    toml = FEED_TOML.replace("Asia/Shanghai", "Mars/Olympus")
    assert toml != FEED_TOML
    write_feed(tmp_path, toml=toml, fixes=[fix("a", 0.0)])
    with pytest.raises(
        FeedError, match=r"feed\.toml, key 'timezone': found Mars/Olympus, expected"
    ):
        open_feed(tmp_path)


def test_a_csv_that_is_no_text_is_named(tmp_path: Path) -> None:
    write_feed(tmp_path, fixes=[fix("a", 0.0)])
    (tmp_path / "cameras.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FeedError, match=r"cameras\.csv"):
        open_feed(tmp_path)


def test_the_large_recordings_and_matching_sets_open(shared_data: Path) -> None:
    for folder in sorted((shared_data / "matching").iterdir()):
        fixes = open_feed(folder).fixes
        assert fixes is not None and fixes.num_rows
