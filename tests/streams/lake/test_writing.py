"""The lake: whole blocks, no row twice, nothing acknowledged too early."""

from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from incidents.records import Alert
from streams.lake.writing import BLOCK_MESSAGES, LakeWriter
from streams.settings import LakeSettings
from streams.topics import ALERTS


def alert(number: int) -> bytes:
    return msgspec.json.encode(
        Alert(
            alert_id=f"a{number}", version=1, state="open", kind="incident",
            event_time="2026-09-15T23:00:00.000Z", onset_time="2026-09-15T22:58:00.000Z",
            segment_id="s", offset_m=1.0, longitude=121.5, latitude=31.2, gcj02_longitude=121.5,
            gcj02_latitude=31.2, road_name="", cause="incident", cause_probability=0.9,
            evidence=[], queue_segment_ids=[], queue_length_m=0.0, delay_veh_h=0.0, severity=2,
        )
    )  # fmt: skip


def feed(lake: LakeWriter, first: int, stop: int) -> list[int]:
    done: list[int] = []
    for offset in range(first, stop):
        done += lake.add(ALERTS, 0, offset, alert(offset), offset)
    return done


def kept(folder: Path) -> list[str]:
    files = sorted((folder / ALERTS).glob("*.parquet"))
    return [name for file in files for name in pq.read_table(file)["alert_id"].to_pylist()]


def test_messages_are_acknowledged_when_their_block_is_written_whole(tmp_path: Path) -> None:
    lake = LakeWriter(LakeSettings(folder=str(tmp_path)))
    assert feed(lake, 0, BLOCK_MESSAGES - 1) == []
    assert feed(lake, BLOCK_MESSAGES - 1, BLOCK_MESSAGES) == list(range(BLOCK_MESSAGES))
    assert kept(tmp_path) == [f"a{n}" for n in range(BLOCK_MESSAGES)]


def test_an_unfinished_block_can_be_read_but_is_not_acknowledged(tmp_path: Path) -> None:
    lake = LakeWriter(LakeSettings(folder=str(tmp_path)))
    assert feed(lake, 0, 10) == []
    lake.write_unfinished()
    assert kept(tmp_path) == [f"a{n}" for n in range(10)]


def test_a_worker_that_died_half_way_leaves_no_row_twice(tmp_path: Path) -> None:
    dying = LakeWriter(LakeSettings(folder=str(tmp_path)))
    feed(dying, 0, 300)
    dying.write_unfinished()
    heir = LakeWriter(LakeSettings(folder=str(tmp_path)))
    feed(heir, BLOCK_MESSAGES, 320)  # from the last acknowledged offset
    heir.write_unfinished()
    assert kept(tmp_path) == [f"a{n}" for n in range(320)]


def test_a_message_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    lake = LakeWriter(LakeSettings(folder=str(tmp_path)))
    lake.add(ALERTS, 0, 0, b"garbage", 0)
    feed(lake, 1, 3)
    lake.write_unfinished()
    assert kept(tmp_path) == ["a1", "a2"]
