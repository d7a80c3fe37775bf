"""The messages of a slice: each partition a frame, each vehicle its partition, no row left out."""

from pathlib import Path

import msgspec

from ingest.frames import Frame
from ingest.raw import parse_raw
from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from streams import topics
from streams.recorded.slice_messages import frames_of, raw_of
from tests.streams.chain_parts import chain_of


def test_every_partition_gets_a_frame_each_slice_and_no_row_is_left_out(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 3)
    rows = {topic: 0 for topic in (topics.FIXES, topics.READINGS, topics.CAMERA_EVENTS)}
    for piece in slices(few_minutes):
        frames = list(frames_of(piece, "replay", chain.city, 3))
        assert {(f.topic, f.partition) for f in frames} == {(t, p) for t in rows for p in range(3)}
        for frame in frames:
            assert isinstance(frame.content, Frame)
            assert frame.content.header.sequence == piece.index
            assert frame.content.header.watermark == piece.watermark
            rows[frame.topic] += frame.content.batch.num_rows
    assert few_minutes.fixes and few_minutes.readings and few_minutes.camera_events
    assert rows == {
        topics.FIXES: few_minutes.fixes.num_rows,
        topics.READINGS: few_minutes.readings.num_rows,
        topics.CAMERA_EVENTS: few_minutes.camera_events.num_rows,
    }


def test_a_vehicle_keeps_its_partition(few_minutes: Feed, network_cache: Path) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 2)
    seen: dict[str, int] = {}
    for piece in slices(few_minutes):
        for frame in frames_of(piece, "replay", chain.city, 2):
            if frame.topic == topics.FIXES and isinstance(frame.content, Frame):
                for vehicle in frame.content.batch.column("vehicle_id").to_pylist():
                    assert seen.setdefault(vehicle, frame.partition) == frame.partition
    assert set(seen.values()) == {0, 1}


def test_raw_messages_are_what_ingest_accepts(few_minutes: Feed) -> None:
    count = 0
    for piece in list(slices(few_minutes))[:20]:
        for message in raw_of(piece, 2):
            assert isinstance(message.content, bytes)
            parsed = parse_raw(message.topic, message.content)
            assert parsed.refusals == []
            assert parsed.batch.num_rows == len(msgspec.json.decode(message.content))
            count += parsed.batch.num_rows
    assert count > 500
