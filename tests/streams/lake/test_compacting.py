"""Days put together from blocks: nothing lost, nothing twice, whatever a crash left."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from mapmatch.network import save_network
from mapmatch.records import TRAVERSALS
from streams import topics
from streams.cli.planning.lake import lake
from streams.lake import layout
from streams.lake.checking import check_lake
from streams.lake.compacting import compact, forget_vehicles
from streams.lake.reading import (
    StoredError,
    state_files,
    stored_alerts,
    timezone_of_runs,
)
from tests.congestion.reports.stored_minutes import START, write_states
from tests.drawing import draw
from tests.streams.lake.test_reading import alert

CITY = draw("A-a>B-b>C", cell_m=25).network
ZONE = "Asia/Shanghai"
HOUR_S = 3600


def block(folder: Path, first: int, minutes: int, start: float, partition: int = 0) -> Path:
    name = f"part-{partition}-{first:012d}.parquet"
    return write_states(folder / topics.STATES / name, CITY, [{}] * minutes, start)


def kept(folder: Path) -> list[tuple]:
    rows = [row for file in state_files([folder]) for row in pq.read_table(file).to_pylist()]
    return sorted((row["interval_start"], row["segment_id"]) for row in rows)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Give a lake of three blocks: two of a day, the second into the next day, and the newest."""
    block(tmp_path, 0, 60, START)
    block(tmp_path, 256, 3, START + 60 * 60)
    block(tmp_path, 512, 10, START + 17 * HOUR_S - 18 * 60 - 300)  # five minutes of each day
    block(tmp_path, 768, 5, START + 20 * HOUR_S)
    return tmp_path


def test_whole_blocks_become_days_and_the_newest_stays(filled: Path) -> None:
    before = kept(filled)
    done = compact(filled, "city", ZONE)
    assert (done.blocks, done.days, done.rows_in, done.rows_out) == (3, 2, 2 * 73, 2 * 73)
    assert kept(filled) == before
    days = layout.days(filled, layout.STATES)
    assert [(d.network, d.date, d.region) for d in days] == [
        ("city", "2026-09-16", 0), ("city", "2026-09-17", 0),
    ]  # fmt: skip
    assert [b.first for b in layout.blocks(filled, layout.STATES)] == [768]
    metadata = pq.read_schema(days[0].file).metadata
    assert metadata[b"schema_version"] == b"1" and metadata[b"network"] == b"city"
    assert timezone_of_runs(state_files([filled])) == ZONE


def test_blocks_that_are_written_again_after_a_crash_change_nothing(filled: Path) -> None:
    before = kept(filled)
    compact(filled, "city", ZONE)
    block(filled, 0, 60, START)  # replayed, or not yet removed when the machine died
    compact(filled, "city", ZONE)
    assert kept(filled) == before
    compact(filled, "city", ZONE, every=True)
    assert kept(filled) == before
    assert not layout.blocks(filled, layout.STATES)


def test_a_block_cut_short_stays_and_is_named(filled: Path) -> None:
    cut = layout.blocks(filled, layout.STATES)[1].file
    cut.write_bytes(cut.read_bytes()[:-9])
    done = compact(filled, "city", ZONE)
    assert done.blocks == 2
    assert done.unreadable[0].startswith(f"{cut}: ")
    assert cut.exists()


def test_what_is_no_lake_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoredError, match="no lake, expected a folder with segment-states/"):
        compact(tmp_path, "city", ZONE)
    with pytest.raises(StoredError, match="no lake, expected files in segment-states/"):
        check_lake(tmp_path)


def test_alerts_are_read_from_days_as_from_blocks(tmp_path: Path) -> None:
    folder = tmp_path / topics.ALERTS
    folder.mkdir()
    told = [alert("one", "a"), alert("one", "a", version=2, state="cleared")]
    rows = [{"alert_id": a.alert_id, "version": a.version, "event_time": a.event_time,
             "json": msgspec.json.encode(a).decode()} for a in told]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "part-0-000000000000.parquet")
    compact(tmp_path, "city", ZONE, every=True)
    assert list(stored_alerts([tmp_path])) == told
    (day,) = layout.days(tmp_path, layout.ALERTS)
    assert day.date == "2026-09-14"


def test_old_traversals_lose_their_vehicles_and_new_ones_keep_them(tmp_path: Path) -> None:
    folder = tmp_path / topics.TRAVERSALS
    folder.mkdir()
    for k in range(3):
        moment = int((START + k * 86_400) * 1000)
        row = {"vehicle_id": "bus 1", "segment_id": "a", "enter_time": moment}
        schema = pa.schema([TRAVERSALS.field(name) for name in row])
        file = folder / f"part-0-{256 * k:012d}.parquet"
        pq.write_table(pa.Table.from_pylist([row], schema=schema), file)
    compact(tmp_path, "city", ZONE, every=True)
    changed = forget_vehicles(tmp_path, 1)
    assert len(changed) == 1
    files = [day.file for day in layout.days(tmp_path, layout.TRAVERSALS)]
    named = [pq.read_table(file)["vehicle_id"].to_pylist() for file in files]
    assert named == [[None], ["bus 1"], ["bus 1"]]
    assert pq.read_schema(files[0]).metadata[b"schema_version"] == b"1"
    assert forget_vehicles(tmp_path, 1) == []


def test_a_whole_lake_has_nothing_to_say_but_its_gaps(filled: Path) -> None:
    found = check_lake(filled)
    (states, *_) = found.tables
    assert (states.block_files, states.rows, states.doubled_rows) == (4, 2 * 78, 0)
    assert len(found.findings) == 2
    assert found.findings[0].startswith("segment_states: nothing between 2026-09-16 00:20 UTC and")


def test_what_is_wrong_with_a_lake_is_named(filled: Path) -> None:
    compact(filled, "city", ZONE)
    day = layout.days(filled, layout.STATES)[0].file
    table = pq.read_table(day).replace_schema_metadata({"schema_version": "9"})
    other = day.parents[1] / "region=1" / layout.DAY_FILE
    other.parent.mkdir()
    pq.write_table(table, other)
    block(filled, 0, 60, START)
    (day.parent / "day.1.tmp").write_bytes(b"half")
    cut = filled / topics.STATES / "part-1-000000000000.parquet"
    cut.write_bytes(b"PAR1")
    said = "\n".join(check_lake(filled).findings)
    assert f"{day.parent / 'day.1.tmp'}: half written, left by a crash" in said
    assert f"{cut}: not whole" in said
    assert f"{other}: schema version 9, expected 1" in said
    assert "segment_states: 120 rows are there more than once" in said


def invoked(*arguments: object) -> Result:
    return CliRunner().invoke(lake, [str(argument) for argument in arguments])


def test_the_commands_say_what_they_did_and_found(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    where = ("--network", tmp_path / "network", "--timezone", ZONE)
    done = invoked("compact", filled, *where, "--all", "--forget-vehicles-after", 30)
    assert "4 blocks became 2 days, 156 rows, 156 in their days now" in done.stdout
    looked = invoked("check", filled)
    assert looked.exit_code == 1
    assert "segment_states: 156 rows in 0 blocks and 2 days" in looked.stdout
    told = msgspec.json.decode(invoked("check", filled, "--json").stdout)
    assert told["tables"][0]["rows"] == 156
