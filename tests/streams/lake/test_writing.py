"""The lake: whole blocks, no row twice, nothing acknowledged too early, replays change nothing."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.records import STATES
from congestion.reports.versions import network_version
from incidents.case_records import CaseEvent
from incidents.records import Alert
from ingest.frames import FrameHeader, encode_frame
from streams import topics
from streams.lake import layout
from streams.lake.compacting import compact
from streams.lake.layout import LakeTable
from streams.lake.networks import network_file
from streams.lake.reading import stored_alerts, table_files
from streams.lake.writing import BLOCK_MESSAGES, LakeWriter
from tests.congestion.reports.stored_minutes import START, write_states
from tests.drawing import draw

CITY = replace(draw("A-a>B-b>C", cell_m=25).network, name="city")
ZONE = "Asia/Shanghai"
MIDNIGHT = START + 16 * 3600 + 42 * 60  # of 17 September in Shanghai


def alert(number: int) -> bytes:
    return msgspec.json.encode(
        Alert(
            alert_id=f"a{number}", version=1, state="open", kind="incident",
            event_time="2026-09-15T23:00:00.000Z", onset_time="2026-09-15T22:58:00.000Z",
            segment_id="b", offset_m=1.0, longitude=121.5, latitude=31.2, gcj02_longitude=121.5,
            gcj02_latitude=31.2, road_name="", cause="incident", cause_probability=0.9,
            evidence=[], queue_segment_ids=[], queue_length_m=0.0, delay_veh_h=0.0, severity=2,
            log=[CaseEvent(1, "2026-09-15T23:00:00.000Z", "detector", "open", reason="a queue")],
        )
    )  # fmt: skip


def writer(folder: Path) -> LakeWriter:
    return LakeWriter(folder, CITY, ZONE)


def feed(lake: LakeWriter, first: int, stop: int, sent_ms: int = 5) -> list[int]:
    done: list[int] = []
    for offset in range(first, stop):
        lake.add(topics.ALERTS, 0, offset, alert(offset), offset, sent_ms)
        done += lake.write_whole_blocks()
    return done


def rows(folder: Path, table: LakeTable) -> list[dict]:
    files = table_files(folder, table)
    return [row for f in files for row in pq.read_table(f, partitioning=None).to_pylist()]


def kept(folder: Path) -> list[str]:
    return [row["alert_id"] for row in rows(folder, layout.ALERTS)]


def minute(folder: Path, start: float) -> bytes:
    """Give a message of a minute of states."""
    file = write_states(folder / "minute.parquet", CITY, [{"a": 10.0}], start)
    table = pq.read_table(file)
    for name in STATES.names[11:]:
        table = table.append_column(name, pa.nulls(table.num_rows, STATES.field(name).type))
    (batch,) = table.combine_chunks().to_batches()
    return encode_frame(batch, FrameHeader("estimate/0", 1, start))


def test_messages_are_acknowledged_when_their_block_is_written_whole(tmp_path: Path) -> None:
    lake = writer(tmp_path)
    assert feed(lake, 0, BLOCK_MESSAGES - 1) == []
    assert feed(lake, BLOCK_MESSAGES - 1, BLOCK_MESSAGES) == list(range(BLOCK_MESSAGES))
    assert kept(tmp_path) == [f"a{n}" for n in range(BLOCK_MESSAGES)]


def test_an_unfinished_block_can_be_read_but_is_not_acknowledged(tmp_path: Path) -> None:
    lake = writer(tmp_path)
    assert feed(lake, 0, 10) == []
    lake.write_unfinished()
    assert kept(tmp_path) == [f"a{n}" for n in range(10)]


def test_a_worker_that_died_half_way_leaves_no_row_twice(tmp_path: Path) -> None:
    dying = writer(tmp_path)
    feed(dying, 0, 300)
    dying.write_unfinished()
    heir = writer(tmp_path)
    feed(heir, BLOCK_MESSAGES, 320)  # from the last acknowledged offset
    heir.write_unfinished()
    assert kept(tmp_path) == [f"a{n}" for n in range(320)]


def test_a_message_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    lake = writer(tmp_path)
    lake.add(topics.ALERTS, 0, 0, b"garbage", 0)
    feed(lake, 1, 3)
    lake.write_unfinished()
    assert kept(tmp_path) == ["a1", "a2"]


def test_a_topic_that_begins_anew_takes_nothing_from_what_is_stored(tmp_path: Path) -> None:
    before = writer(tmp_path)
    feed(before, 0, 3, sent_ms=5)
    before.write_unfinished()
    after = writer(tmp_path)  # the broker kept its topics in memory, and was started again
    for offset in (0, 1):
        after.add(topics.ALERTS, 0, offset, alert(offset + 70), offset, 900)
    after.write_unfinished()
    assert sorted(kept(tmp_path)) == ["a0", "a1", "a2", "a70", "a71"]


def test_states_lie_by_network_local_day_and_region_with_their_area_minutes(
    tmp_path: Path,
) -> None:
    lake = writer(tmp_path / "lake")
    for offset, start in enumerate((MIDNIGHT - 60, MIDNIGHT)):
        lake.add(topics.STATES, 0, offset, minute(tmp_path, start), None, 5)
    lake.write_unfinished()
    places = [layout.place_of(f) for f in table_files(tmp_path / "lake", layout.STATES)]
    assert places == [("city", "2026-09-16", 0), ("city", "2026-09-17", 0)]
    (file, _) = table_files(tmp_path / "lake", layout.STATES)
    assert "segment_states/network=city/date=2026-09-16/region=0/part-0-" in file.as_posix()
    metadata = pq.read_schema(file).metadata
    assert {metadata[k] for k in (b"network", b"timezone")} == {b"city", ZONE.encode()}
    assert pq.ParquetFile(file).metadata.row_group(0).column(0).compression == "ZSTD"
    (first, second) = rows(tmp_path / "lake", layout.AREA_MINUTES)
    assert first["row_count"] == first["segment_count"] == 2
    # a at 10 of 50 km/h, b free; as long and wide as each other: (5 + 1) / 2
    assert first["tti"] == second["tti"] == pytest.approx(3.0)


def test_blocks_and_days_have_columns_of_the_same_types(tmp_path: Path) -> None:
    lake = writer(tmp_path / "lake")
    lake.add(topics.STATES, 0, 0, minute(tmp_path, MIDNIGHT - 60), None, 5)
    feed(lake, 0, 2)
    lake.write_unfinished()
    tables = (layout.STATES, layout.AREA_MINUTES, layout.ALERTS, layout.ALERT_EVENTS)
    files = {table: table_files(tmp_path / "lake", table)[0] for table in tables}
    before = {table: pq.read_schema(file) for table, file in files.items()}
    compact(tmp_path / "lake", every=True)
    for table, schema in before.items():
        (day,) = layout.days(tmp_path / "lake", table)
        after = pq.read_schema(day.file)
        assert after.names == schema.names
        for name in after.names:
            one, other = (of.field(name).type for of in (schema, after))
            assert one == other or (pa.types.is_list(one) and one.value_type == other.value_type)


def test_the_life_of_alerts_is_a_row_a_change(tmp_path: Path) -> None:
    lake = writer(tmp_path)
    feed(lake, 0, 2)
    lake.write_unfinished()
    told = rows(tmp_path, layout.ALERT_EVENTS)
    assert [(r["alert_id"], r["actor"], r["action"], r["reason"]) for r in told] == [
        ("a0", "detector", "open", "a queue"), ("a1", "detector", "open", "a queue"),
    ]  # fmt: skip


def test_the_version_of_the_network_is_kept_beside_the_data(tmp_path: Path) -> None:
    lake = writer(tmp_path)
    feed(lake, 0, 1)
    lake.write_unfinished()
    table = pq.read_table(network_file(tmp_path, "city", network_version(CITY)))
    assert table["segment_id"].to_pylist() == ["a", "b"]


def test_a_replay_after_compaction_changes_nothing(tmp_path: Path) -> None:
    lake = writer(tmp_path)
    feed(lake, 0, 2 * BLOCK_MESSAGES + 1)
    lake.write_unfinished()
    compact(tmp_path)
    before = {f: f.read_bytes() for f in tmp_path.rglob("*.parquet")}
    again = writer(tmp_path)
    feed(again, 0, 2 * BLOCK_MESSAGES + 1)
    again.write_unfinished()
    assert {f: f.read_bytes() for f in tmp_path.rglob("*.parquet")} == before
    assert len(list(stored_alerts([tmp_path]))) == 2 * BLOCK_MESSAGES + 1


def test_what_a_full_disk_refused_is_written_later_and_acknowledged_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    lake = writer(tmp_path)
    with monkeypatch.context() as disk:
        disk.setattr("streams.lake.layout.pq.write_table", full)
        with pytest.raises(OSError, match="No space left"):
            feed(lake, 0, BLOCK_MESSAGES)
        assert not list(tmp_path.rglob("*.tmp")) and not list(tmp_path.rglob("part-*"))
        with pytest.raises(OSError, match="No space left"):
            lake.write_whole_blocks()
    assert lake.write_whole_blocks() == list(range(BLOCK_MESSAGES))
    assert len(kept(tmp_path)) == BLOCK_MESSAGES
