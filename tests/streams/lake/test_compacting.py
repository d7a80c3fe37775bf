"""Days put together from blocks: nothing lost, nothing twice, whatever a crash left."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from mapmatch.network import save_network
from mapmatch.records import TRAVERSALS
from streams.cli.planning.lake import lake
from streams.lake import layout
from streams.lake.checking import check_lake
from streams.lake.compacting import compact
from streams.lake.layout import Place
from streams.lake.reading import StoredError, state_files, stored_alerts, timezone_of_runs
from streams.lake.retention import drop_days, forget_vehicles
from streams.lake.rows import ALERT_ROWS
from streams.lake.turn import turn_of
from tests.congestion.reports.stored_minutes import START
from tests.drawing import draw
from tests.streams.lake.lakes import ZONE, block_file, states_block, write_named
from tests.streams.lake.test_reading import alert

CITY = replace(draw("A-a>B-b>C", cell_m=25).network, name="city")
HOUR_S = 3600
TODAY = date(2026, 9, 20)
NEXT = "2026-09-17"


def block(
    folder: Path, first: int, minutes: int, start: float, date: str = "2026-09-16",
    partition: int = 0,
) -> Path:  # fmt: skip
    return states_block(folder, CITY, first, minutes, start, date, partition)


def kept(folder: Path) -> list[tuple]:
    files = state_files([folder])
    rows = [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]
    return sorted((row["interval_start"], row["segment_id"]) for row in rows)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Give a lake of four blocks: two of a day, one of two days, and the newest."""
    midnight = START + 17 * HOUR_S - 18 * 60
    block(tmp_path, 0, 60, START)
    block(tmp_path, 256, 3, START + 60 * 60)
    block(tmp_path, 512, 5, midnight - 300)
    block(tmp_path, 512, 5, midnight, NEXT)
    block(tmp_path, 768, 5, START + 20 * HOUR_S, NEXT)
    return tmp_path


def test_whole_blocks_become_days_and_the_newest_stays(filled: Path) -> None:
    before = kept(filled)
    done = compact(filled)
    # four files of states and four of their area minutes
    assert (done.blocks, done.days, done.rows_in, done.rows_out) == (8, 4, 3 * 73, 3 * 73)
    assert kept(filled) == before
    days = layout.days(filled, layout.STATES)
    assert [d.place for d in days] == [Place("city", "2026-09-16", 0), Place("city", NEXT, 0)]
    assert [b.first for b in layout.blocks(filled, layout.STATES)] == [768]
    metadata = pq.read_schema(days[0].file).metadata
    assert metadata[b"schema_version"] == b"1" and metadata[b"network"] == b"city"
    assert timezone_of_runs(state_files([filled])) == ZONE


def test_blocks_that_are_written_again_after_a_crash_change_nothing(filled: Path) -> None:
    before = kept(filled)
    compact(filled)
    block(filled, 0, 60, START)  # replayed, or not yet removed when the machine died
    compact(filled)
    assert kept(filled) == before
    compact(filled, every=True)
    assert kept(filled) == before
    assert not layout.blocks(filled, layout.STATES)


def test_a_block_cut_short_stays_and_is_named(filled: Path) -> None:
    cut = layout.blocks(filled, layout.STATES)[1].file
    cut.write_bytes(cut.read_bytes()[:-9])
    done = compact(filled)
    assert done.blocks == 7
    assert done.unreadable[0].startswith(f"{cut}: ")
    assert cut.exists()


def test_what_is_no_lake_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(StoredError, match="no lake, expected a folder with segment_states/"),
        turn_of(tmp_path),
    ):
        pass
    with pytest.raises(StoredError, match="no lake, expected files in segment_states/"):
        check_lake(tmp_path)


def test_alerts_are_read_from_days_as_from_blocks(tmp_path: Path) -> None:
    told = [alert("one", "a"), alert("one", "a", version=2, state="cleared")]
    names = [name for name in ALERT_ROWS.names if name != "json"]
    rows = [{name: getattr(a, name) for name in names} | {"json": msgspec.json.encode(a).decode()}
            for a in told]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=ALERT_ROWS)
    write_named(table, CITY, block_file(tmp_path, layout.ALERTS, 0, "2026-09-14"))
    compact(tmp_path, every=True)
    assert list(stored_alerts([tmp_path])) == told
    (day,) = layout.days(tmp_path, layout.ALERTS)
    assert day.place.date == "2026-09-14"


def driven(folder: Path) -> None:
    """Write a traversal on each of three days."""
    for k, day in enumerate(("2026-09-16", "2026-09-17", "2026-09-18")):
        row = {"vehicle_id": "bus 1", "segment_id": "a", "enter_time": int(START * 1000)}
        schema = pa.schema([TRAVERSALS.field(name) for name in row])
        table = pa.Table.from_pylist([row], schema=schema)
        write_named(table, CITY, block_file(folder, layout.TRAVERSALS, 256 * k, day))


def test_old_traversals_lose_their_vehicles_and_new_ones_keep_them(tmp_path: Path) -> None:
    driven(tmp_path)
    compact(tmp_path, every=True)
    old = block_file(tmp_path, layout.TRAVERSALS, 0, "2026-09-15")  # of a partition that is silent
    days = layout.days(tmp_path, layout.TRAVERSALS)
    old.write_bytes(days[0].file.read_bytes())
    changed = forget_vehicles(tmp_path, 1, TODAY)
    assert changed == [days[0].file, old]
    named = [pq.read_table(d.file)["vehicle_id"].to_pylist() for d in days]
    assert named == [[None], ["bus 1"], ["bus 1"]]
    metadata = pq.read_schema(days[0].file).metadata
    assert metadata[b"schema_version"] == b"1" and metadata[b"network"] == b"city"
    assert layout.blocks_of_day(days[0].file)  # a replay does not bring the vehicles back
    assert forget_vehicles(tmp_path, 1, TODAY) == []


def test_states_and_traversals_go_when_they_are_older_than_is_kept(filled: Path) -> None:
    driven(filled)
    gone = {layout.place_of(file).date for file in drop_days(filled, 1, TODAY)}
    assert gone == {"2026-09-16"}
    assert {layout.place_of(f).date for f in state_files([filled])} == {NEXT}
    assert layout.blocks(filled, layout.AREA_MINUTES)[0].place.date == "2026-09-16"


def test_a_day_of_a_wrong_clock_makes_no_other_day_old(filled: Path) -> None:
    block(filled, 1024, 5, START + 26_298 * 24 * HOUR_S, "2098-09-17")
    assert {layout.place_of(file).date for file in drop_days(filled, 0, TODAY)} == {"2026-09-16"}
    assert drop_days(filled, 0, date(2020, 1, 1)) == []


def test_a_whole_lake_has_nothing_to_say_but_its_gaps(filled: Path) -> None:
    found = check_lake(filled)
    (states, *_) = found.tables
    assert (states.block_files, states.rows, states.doubled_rows) == (5, 2 * 78, 0)
    assert len(found.findings) == 2
    assert found.findings[0].startswith("segment_states: nothing between 2026-09-16 00:20 UTC and")


def test_what_is_wrong_with_a_lake_is_named(filled: Path) -> None:
    compact(filled)
    day = layout.days(filled, layout.STATES)[0].file
    table = pq.read_table(day).replace_schema_metadata({"schema_version": "9"})
    other = day.parents[1] / "region=1" / layout.DAY_FILE
    day_before = "segment_states: nothing of region 1 on 2026-09-17 in city"
    other.parent.mkdir()
    pq.write_table(table, other)
    block(filled, 0, 60, START)
    (day.parent / "day.1.tmp").write_bytes(b"half")
    cut = block_file(filled, layout.STATES, 0, partition=1)
    cut.write_bytes(b"PAR1")
    said = "\n".join(check_lake(filled).findings)
    assert f"{day.parent / 'day.1.tmp'}: half written, left by a crash" in said
    assert f"{cut}: not whole" in said
    assert f"{other}: schema version 9, expected 1" in said
    assert "segment_states: 120 rows are there more than once" in said
    assert day_before in said


def invoked(*arguments: object) -> Result:
    return CliRunner().invoke(lake, [str(argument) for argument in arguments])


def test_the_commands_say_what_they_did_and_found(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    where = ("--network", tmp_path / "network", "--timezone", ZONE)
    done = invoked("compact", filled, *where, "--all", "--forget-vehicles-after", 30)
    assert "10 blocks became 4 days, 234 rows, 234 in their days now" in done.stdout
    assert "2 days of a region summed up" in done.stdout
    looked = invoked("check", filled)
    assert looked.exit_code == 1
    assert "segment_states: 156 rows in 0 blocks and 2 days" in looked.stdout
    told = msgspec.json.decode(invoked("check", filled, "--json").stdout)
    assert told["tables"][0]["rows"] == 156
