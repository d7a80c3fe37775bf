"""A lake with rubbish in it, killed while it is put together, or without room: nothing is lost."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from mapmatch.network import save_network
from streams.cli.planning.lake import lake
from streams.cli.planning.profile import profile
from streams.cli.planning.report import report
from streams.lake import layout
from streams.lake.checking import check_lake
from streams.lake.compacting import compact
from streams.lake.reading import state_files
from streams.lake.turn import turn_of
from streams.outside_error import OutsideError
from tests.congestion.reports.stored_minutes import START
from tests.drawing import draw
from tests.streams.lake.lakes import ZONE, states_block

CITY = replace(draw("A-a>B-b>C", cell_m=25).network, name="city")
MINUTES = 60
Hurt = Callable[[Path], None]


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Give a lake of a day in three blocks of states, the first of which tests hurt."""
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    folder = tmp_path / "lake"
    for number in range(3):
        states_block(folder, CITY, 256 * number, MINUTES, START + number * MINUTES * 60)
    return folder


def first_block(folder: Path) -> Path:
    return layout.blocks(folder, layout.STATES)[0].file


def invoked(command: object, filled: Path, *given: object) -> Result:
    where = ["--network", str(filled.parent / "network"), "--timezone", ZONE]
    return CliRunner().invoke(command, [*map(str, given), *where])  # type: ignore[arg-type]


def rows(folder: Path) -> list[tuple]:
    """Give minute and segment of every stored state, as often as it is stored."""
    found = []
    for file in state_files([folder]):
        table = pq.read_table(file, columns=["interval_start", "segment_id"], partitioning=None)
        found += [tuple(row.values()) for row in table.to_pylist()]
    return sorted(found)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def broken_within(file: Path) -> None:
    """Spoil the first column, not what the file says of itself."""
    column = pq.read_metadata(file).row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    data = bytearray(file.read_bytes())
    for at in range(start, start + column.total_compressed_size):
        data[at] ^= 0x5A
    file.write_bytes(data)


def of_text_speeds(file: Path) -> None:
    table = pq.read_table(file, partitioning=None)
    at = table.schema.names.index("speed_kmh")
    pq.write_table(table.set_column(at, "speed_kmh", pa.array(["fast"] * len(table))), file)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


RUBBISH: dict[str, tuple[Hurt, str]] = {
    "empty": (lambda file: file.write_bytes(b"") and None, "not whole: Parquet file size is 0"),
    "text": (lambda file: file.write_text("speed,time\n" * 9) and None, "not whole: "),
    "cut short": (cut_short, "not whole: "),
    "broken within": (broken_within, "its rows cannot be read: "),
    "other columns": (
        lambda file: pq.write_table(pa.table({"x": [1, 2]}), file),
        "no column 'interval_start', expected those of segment_states",
    ),
    "speeds in words": (of_text_speeds, "column 'speed_kmh': found text, expected numbers"),
    "folder": (a_folder, "is a directory"),
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_a_block_of_rubbish_is_named_and_stays_and_spoils_no_other(filled: Path, kind: str) -> None:
    hurt, said = RUBBISH[kind]
    bad = first_block(filled)
    hurt(bad)
    assert f"{bad}: " in "\n".join(check_lake(filled).findings)
    assert said in "\n".join(check_lake(filled).findings)
    done = invoked(lake, filled, "compact", filled, "--all")
    assert done.exit_code == 1
    assert f"not used: {bad}: " in done.output and said in done.output
    assert bad.exists()
    (day,) = layout.days(filled, layout.STATES)
    assert len(pq.read_table(day.file, partitioning=None)) == 2 * MINUTES * 2
    out = filled.parent / "out"
    told = invoked(report, filled, "coverage", filled, "--out", out)
    assert told.exit_code == 0, told.exception
    assert f"note: not used: {bad}: " in told.output


@pytest.mark.parametrize("hurt", [cut_short, broken_within, a_folder])
def test_a_day_that_cannot_be_read_is_never_replaced(filled: Path, hurt: Hurt) -> None:
    compact(filled)
    (day,) = layout.days(filled, layout.STATES)
    hurt(day.file)
    (newest,) = layout.blocks(filled, layout.STATES)
    spoilt = day.file.read_bytes() if day.file.is_file() else None
    done = invoked(lake, filled, "compact", filled, "--all")
    assert done.exit_code == 1
    assert done.output.count(f"not used: {day.file}: ") == 1
    assert newest.file.is_file()
    assert (day.file.read_bytes() if day.file.is_file() else None) == spoilt
    assert f"{day.file}: " in "\n".join(check_lake(filled).findings)


def test_sums_that_cannot_be_read_are_made_up_for_from_the_states(filled: Path) -> None:
    assert invoked(lake, filled, "compact", filled, "--all").exit_code == 0
    out = filled.parent / "out"
    before = invoked(report, filled, "daily", filled, "--out", out, "--json").stdout
    for table in (layout.AREA_MINUTES, layout.SEGMENT_DAYS):
        broken_within(layout.days(filled, table)[0].file)
    after = invoked(report, filled, "daily", filled, "--out", out, "--json")
    assert after.exit_code == 0, after.exception
    assert after.stdout == before


def test_what_lies_in_a_table_and_is_none_of_its_files_is_named(filled: Path) -> None:
    data = first_block(filled).read_bytes()
    table = filled / "segment_states"
    strange = [
        table / "network=city" / "date=2026-13-99" / "region=0" / first_block(filled).name,
        table / "network=city" / "date=today" / "region=0" / first_block(filled).name,
        table / "notes.txt",
        first_block(filled).with_name("copy.parquet"),
    ]
    for file in strange:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    said = check_lake(filled).findings
    for file in strange:
        assert f"{file}: no file of segment_states, no report reads it" in said
    assert invoked(lake, filled, "compact", filled, "--all", "--keep-days", 1).exit_code == 0
    assert len(rows(filled)) == 3 * MINUTES * 2
    assert all(file.is_file() for file in strange)


def test_a_row_of_another_day_is_named(filled: Path) -> None:
    file = first_block(filled)
    table = pq.read_table(file, partitioning=None)
    at = table.schema.names.index("interval_start")
    times = [0, *table["interval_start"].cast(pa.int64()).to_pylist()[1:]]
    pq.write_table(
        table.set_column(at, "interval_start", pa.array(times, table.schema.field(at).type)), file
    )
    assert f"{file}: rows of 1970-01-01, expected 2026-09-16 alone" in check_lake(filled).findings
    week = filled.parent / "week"
    done = invoked(profile, filled, "build", filled, week)
    assert done.exit_code == 0, done.exception
    assert "of 2 days, 2 counted anew" in done.output
    assert [f.stem for f in sorted((week / "days").iterdir())] == ["1970-01-01", "2026-09-16"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from streams.lake import compacting
calls, after = 0, int(sys.argv[3])
def die(*given, **named):
    global calls
    calls += 1
    if calls > after:
        os.kill(os.getpid(), signal.SIGKILL)
    return usual(*given, **named)
if sys.argv[2] == "replace":
    usual, compacting.os.replace = os.replace, die
else:
    usual, Path.unlink = Path.unlink, die
compacting.compact(Path(sys.argv[1]), every=True)
"""


@pytest.mark.parametrize(
    ("call", "after"), [("replace", 0), ("replace", 1), ("unlink", 1), ("unlink", 2)]
)
def test_a_kill_on_the_way_loses_and_doubles_nothing_and_the_next_run_mends(
    filled: Path, call: str, after: int
) -> None:
    before = rows(filled)
    command = [sys.executable, "-c", _KILLED, str(filled), call, str(after)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert rows(filled) == before
    if call == "replace":
        assert layout.half_files(filled)
    assert invoked(lake, filled, "compact", filled, "--all").exit_code == 0
    assert rows(filled) == before
    assert len(layout.days(filled, layout.STATES)) == 1
    assert not layout.half_files(filled) and not layout.blocks(filled, layout.STATES)
    assert check_lake(filled).findings == []


def test_a_block_left_half_written_goes_when_its_worker_has_gone_on(filled: Path) -> None:
    old, *_, newest = (block.file for block in layout.blocks(filled, layout.STATES))
    gone, kept = (file.with_suffix(".77.tmp") for file in (old, newest))
    for half in (gone, kept):
        half.write_bytes(b"PAR1 half")
    compact(filled)
    assert kept.exists() and not gone.exists()


def test_a_second_compact_is_refused_while_one_is_at_work(filled: Path) -> None:
    before = rows(filled)
    with turn_of(filled):
        done = invoked(lake, filled, "compact", filled, "--all")
    assert isinstance(done.exception, OutsideError)
    assert "another `clearway lake compact` is at work on it" in str(done.exception)
    assert len(layout.blocks(filled, layout.STATES)) == 3
    assert invoked(lake, filled, "compact", filled, "--all").exit_code == 0
    assert rows(filled) == before


def test_a_lake_that_cannot_be_written_is_named_before_the_work(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def read_only(path: Path, mode: str = "r", *given: object, **named: object) -> object:
        if "a" in mode or "w" in mode:
            raise OSError(30, os.strerror(30), str(path))
        return opened(path, mode, *given, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", read_only)
    done = invoked(lake, filled, "compact", filled, "--all")
    assert isinstance(done.exception, OutsideError)
    assert str(done.exception) == f"{filled / 'compact.lock'}: {os.strerror(30)}"


def test_a_disk_without_room_leaves_the_blocks_and_names_the_day(filled: Path) -> None:
    before = rows(filled)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    code = (
        "import resource, sys; from streams.cli.main import main; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (2000, {hard})); main()"
    )
    command = [sys.executable, "-c", code, "lake", "compact", str(filled), "--all", "--network",
               str(filled.parent / "network"), "--timezone", ZONE]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    place = first_block(filled).parent
    assert f"not used: {place}: IO Error: " in done.stderr
    assert f"not used: {filled}: " in done.stderr  # its network was not written either
    assert rows(filled) == before
    assert not layout.half_files(filled)
    assert invoked(lake, filled, "compact", filled, "--all").exit_code == 0
    assert rows(filled) == before


def test_a_day_put_together_between_two_looks_is_never_left_out_unseen(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(filled)
    listed = layout.days

    def compacted_first(folder: Path, table: layout.LakeTable, within: str) -> list[layout.Day]:
        found = listed(folder, table, within)
        if table is layout.STATES and not found:
            monkeypatch.undo()
            compact(filled, every=True)
        return found

    monkeypatch.setattr(layout, "days", compacted_first)
    with pytest.raises(FileNotFoundError):  # a report begins anew
        rows(filled)
    assert rows(filled) == before
