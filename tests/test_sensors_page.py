"""The imports of docs/sensors.md make recordings that are checked and run, from made-up files."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from streams.cli.main import cli
from streams.feed_check.records import FeedCheck
from tests.pages import ROOT, blocks

COMMON, CSV, PEMS, METR_LA, ANSWER, GTFS_RT = blocks(ROOT / "docs" / "sensors.md", "python")
WEST, LATITUDE = -118.30, 34.05
DEGREE_M = 92_280.0
"""A degree of longitude at LATITUDE. Unit: m. Source: WGS-84."""
LINK_M, LINK_COUNT = 1000.0, 4
# Tuesday 7 May 2024, 08:00 in Los Angeles: 15:00 UTC.
START_S = 1_715_094_000


def east(metres: float) -> float:
    return WEST + metres / DEGREE_M


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a freeway of four lanes that leads 4 km east at 105 km/h."""
    roads = tmp_path / "roads"
    roads.mkdir()
    (roads / "config.csv").write_text(
        "dataset_name,short_length,long_length,speed,crs\ndrawn,m,m,kmh,EPSG:4326\n"
    )
    nodes = [f"{k},{east(k * LINK_M):.7f},{LATITUDE}," for k in range(LINK_COUNT + 1)]
    (roads / "node.csv").write_text("\n".join(["node_id,x_coord,y_coord,ctrl_type", *nodes]))
    links = [f"E{k},{k},{k + 1},1,motorway,105,4,auto" for k in range(LINK_COUNT)]
    head = "link_id,from_node_id,to_node_id,directed,facility_type,free_speed,lanes,allowed_uses"
    (roads / "link.csv").write_text("\n".join([head, *links]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path / "cache"))
    return tmp_path


def taxis(desk: Path) -> None:
    """Write a taxi that drives 10 m/s east for ten minutes, a fix each 10 s."""
    rows = [
        f"A1,2024-05-07 08:{k // 6:02}:{k % 6 * 10:02},{east(50 + 60 * k):.6f},{LATITUDE},6.1,90"
        for k in range(60)
    ]
    (desk / "taxis.csv").write_text("\n".join(["car,when,lon,lat,speed_ms,course", *rows]))


def pems(desk: Path) -> None:
    """Write two stations of four lanes for two hours, one of them imputed, and a ramp."""
    rows = [
        f"05/07/2024 {8 + k // 12:02}:{k % 12 * 5:02}:00,{station},7,10,E,{kind},.5,100,{observed},"
        f"{400 + k},.0800,65.0,25,{100 + k},.0800,65.0,1"
        for k in range(24)
        for station, kind, observed in ((716001, "ML", 100), (716002, "ML", 0), (716003, "OR", 100))
    ]
    (desk / "d07_text_station_5min.txt.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    head = "ID\tFwy\tDir\tLatitude\tLongitude\tType\tLanes"
    stations = [
        f"{number}\t10\tE\t{LATITUDE}\t{east(metres):.6f}\t{kind}\t4"
        for number, metres, kind in ((716001, 500, "ML"), (716002, 1500, "ML"), (716003, 900, "OR"))
    ]
    (desk / "d07_text_meta.txt").write_text("\n".join([head, *stations]))


def metr_la(desk: Path) -> None:
    """Write two sensors for two hours, one of them without a value now and then."""
    rows = [
        f"2012-03-01 {6 + k // 12:02}:{k % 12 * 5:02}:00,{62 + k % 5},{0 if k % 8 == 7 else 64}"
        for k in range(24)
    ]
    (desk / "metr-la.csv").write_text("\n".join([",773869,767541", *rows]))
    places = [f"0,773869,{LATITUDE},{east(500):.6f}", f"1,767541,{LATITUDE},{east(2500):.6f}"]
    head = "index,sensor_id,latitude,longitude"
    (desk / "graph_sensor_locations.csv").write_text("\n".join([head, *places]))


def positions(k: int) -> dict:
    """Give the answer of a poll each 10 s; the bus sends each 20 s, 12 m/s east."""
    sent = k // 2 * 20
    vehicle = {
        "trip": {"routeId": "10"},
        "position": {
            "latitude": LATITUDE, "longitude": east(50 + 12 * sent), "bearing": 90.0, "speed": 12.0,
        },
        "timestamp": str(START_S + sent),
        "vehicle": {"id": "bus 7"},
    }  # fmt: skip
    header = {"gtfsRealtimeVersion": "2.0", "timestamp": str(START_S + 10 * k + 3)}
    return {"header": header, "entity": [{"id": "1", "vehicle": vehicle}, {"id": "2"}]}


def gtfs_rt(desk: Path) -> None:
    (desk / "positions").mkdir()
    for k in range(30):
        (desk / "positions" / f"{k:04}.json").write_text(json.dumps(positions(k)))


def checked(code: str, name: str, *arguments: str) -> FeedCheck:
    """Run a block of the page after the common one, and check the recording that it made."""
    names: dict = {}
    for block in (COMMON, ANSWER, code):
        exec(compile(block, "docs/sensors.md", "exec"), names)
    result = CliRunner().invoke(cli, ["feed", "check", f"feeds/{name}", "--json", *arguments])
    assert result.exit_code in (0, 1), result.output
    return msgspec.json.decode(result.stdout, type=FeedCheck)


IMPORTS = [
    (taxis, CSV, "taxis", "taxis", 60),
    (pems, PEMS, "pems", "detector readings", 24),
    (metr_la, METR_LA, "metr-la", "detector readings", 45),
    (gtfs_rt, GTFS_RT, "buses", "buses", 15),
]


@pytest.mark.parametrize(("write", "code", "name", "source", "rows"), IMPORTS)
def test_each_import_makes_a_recording_that_is_used_whole(
    desk: Path, write: Callable[[Path], None], code: str, name: str, source: str, rows: int
) -> None:
    write(desk)
    found = checked(code, name)
    (only,) = found.sources
    assert (only.source, only.rate.row_count, only.used_count) == (source, rows, rows)
    assert all(kind.placed_count == kind.count for kind in found.placed)
    silent = "detectors: 1 of 2 send no row that a run uses"  # the imputed station of PeMS
    assert [str(one) for one in found.attention] == ([silent] if name == "pems" else [])


def test_the_times_of_a_recording_are_those_of_its_zone(desk: Path) -> None:
    taxis(desk)
    (source,) = checked(CSV, "taxis").sources
    assert source.rate.first == START_S
    assert source.rate.interval_s is not None and source.rate.interval_s.median == 10.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1.609344 * ", "", "looks like mph, expected km/h"),
        ('    "lanes": stations["Lanes"],\n', "", "looks like all lanes in the interval"),
        ('rows["occupancy"]', '100 * rows["occupancy"]', "looks like percent"),
    ],
)
def test_a_mistake_in_an_import_is_found(desk: Path, old: str, new: str, said: str) -> None:
    pems(desk)
    assert old in PEMS
    found = checked(PEMS.replace(old, new), "pems")
    assert any(said in str(one) for one in found.attention)


def test_the_binary_form_of_vehicle_positions_is_read_alike(desk: Path) -> None:
    gtfs = pytest.importorskip("google.transit.gtfs_realtime_pb2")
    json_format = pytest.importorskip("google.protobuf.json_format")
    (desk / "positions").mkdir()
    for k in range(30):
        message = json_format.ParseDict(positions(k), gtfs.FeedMessage())
        (desk / "positions" / f"{k:04}.pb").write_bytes(message.SerializeToString())
    (source,) = checked(GTFS_RT, "buses").sources
    assert (source.rate.row_count, source.used_count) == (15, 15)
