"""Frames: what goes in comes out, and damaged bytes never pass as rows."""

import random

import msgspec
import pyarrow as pa
import pytest

from ingest.frames import FIXES, READINGS, FrameError, FrameHeader, decode_frame, encode_frame
from tests.ingest.recordings import START_MS, batch, fix, reading

ROWS = batch([fix(f"v{i}", float(i)) for i in range(50)], FIXES)
HEADER = FrameHeader("replay", 7, 12.5, payload=msgspec.Raw(b'{"region":3}'))


def _stream(*batches: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batches[0].schema) as writer:
        for one in batches:
            writer.write_batch(one)
    return sink.getvalue().to_pybytes()


def test_a_frame_comes_back_with_its_header_and_rows() -> None:
    frame = decode_frame(encode_frame(ROWS, HEADER), FIXES)
    assert frame.batch.equals(ROWS)
    assert (frame.header.channel, frame.header.sequence, frame.header.watermark) == (
        "replay",
        7,
        12.5,
    )
    assert bytes(frame.header.payload) == b'{"region":3}'


def test_a_slice_is_sent_without_the_rows_around_it_and_an_empty_frame_is_a_heartbeat() -> None:
    part = encode_frame(ROWS.slice(10, 2), HEADER)
    assert len(part) < len(encode_frame(ROWS, HEADER))
    assert decode_frame(part, FIXES).batch["vehicle_id"].to_pylist() == ["v10", "v11"]
    assert decode_frame(encode_frame(ROWS.slice(0, 0), HEADER), FIXES).batch.num_rows == 0


def test_other_widths_and_units_of_the_same_kind_are_taken() -> None:
    columns = {name: ROWS[name] for name in FIXES.names}
    columns["fleet"] = ROWS["fleet"].dictionary_encode()
    columns["event_time"] = ROWS["event_time"].cast(pa.timestamp("us", tz="Asia/Shanghai"))
    columns["speed_kmh"] = ROWS["speed_kmh"].cast(pa.float64())
    columns["more"] = ROWS["fleet"]
    frame = decode_frame(_stream(pa.RecordBatch.from_pydict(columns)), FIXES)
    assert frame.batch.equals(ROWS)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("longitude", pa.array(["121.48"])),
        ("event_time", pa.array([START_MS])),
        ("event_time", pa.array([START_MS], pa.timestamp("ms"))),
        ("event_time", pa.array([2**62], pa.timestamp("s", tz="UTC"))),
        ("vehicle_id", pa.array([1])),
    ],
)
def test_a_column_of_another_kind_is_refused_and_named(name: str, values: pa.Array) -> None:
    row = ROWS.slice(0, 1)
    place = row.schema.get_field_index(name)
    with pytest.raises(FrameError, match=f"column '{name}'.*expected"):
        decode_frame(_stream(row.set_column(place, name, values)), FIXES)


def test_counts_of_any_width_are_taken_whole_and_absent() -> None:
    rows = batch([reading("M1", 0.0, vehicle_count=11.0), reading("M1", 60.0)], READINGS)
    place = rows.schema.get_field_index("vehicle_count")
    for counts in (pa.array([11, None], pa.int32()), pa.array([11.0, None])):
        frame = decode_frame(_stream(rows.set_column(place, "vehicle_count", counts)), READINGS)
        assert str(frame.batch["vehicle_count"].to_pylist()) == "[11.0, nan]"
    place = rows.schema.get_field_index("interval_s")
    floats = rows.set_column(place, "interval_s", pa.array([60.0, 60.0]))
    frame = decode_frame(_stream(floats), READINGS)
    assert frame.batch["interval_s"].to_pylist() == [60, 60]


def test_a_frame_of_flows_or_of_speeds_alone_lacks_the_other_columns() -> None:
    rows = batch([reading("M1", 0.0, speed_kmh=40.0)], READINGS)
    bare = rows.drop_columns(["vehicle_count", "occupancy", "unpaired_count"])
    assert str(decode_frame(_stream(bare), READINGS).batch["vehicle_count"].to_pylist()) == "[nan]"
    # 90 vehicles an hour are one and a half in 60 s.
    with_flow = bare.append_column("flow_veh_h", pa.array([90]))
    assert decode_frame(_stream(with_flow), READINGS).batch["vehicle_count"].to_pylist() == [1.5]
    with pytest.raises(FrameError, match="'interval_s' is missing"):
        decode_frame(_stream(rows.drop_columns(["interval_s"])), READINGS)


def test_a_missing_column_another_schema_and_several_batches_are_refused() -> None:
    with pytest.raises(FrameError, match="'latitude' is missing"):
        decode_frame(_stream(ROWS.drop_columns(["latitude"])), FIXES)
    with pytest.raises(FrameError, match="'detector_id' is missing"):
        decode_frame(encode_frame(ROWS, HEADER), READINGS)
    with pytest.raises(FrameError, match="2 batches"):
        decode_frame(_stream(ROWS, ROWS), FIXES)


def test_a_frame_of_another_version_is_refused() -> None:
    with pytest.raises(FrameError, match="version 99"):
        decode_frame(encode_frame(ROWS, FrameHeader(version=99)), FIXES)


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00" * 100, b"\xff" * 1000])
def test_bytes_that_are_no_stream_are_refused(data: bytes) -> None:
    with pytest.raises(FrameError, match="not an Arrow IPC stream"):
        decode_frame(data, FIXES)


def test_damaged_and_truncated_frames_are_refused_or_still_sound() -> None:
    data = encode_frame(ROWS, HEADER)
    chance = random.Random(5)
    for _ in range(2000):
        damaged = bytearray(data[: chance.choice([len(data), chance.randrange(len(data))])])
        for _ in range(chance.randrange(1, 4)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            frame = decode_frame(bytes(damaged), FIXES)
        except FrameError:
            continue
        frame.batch.validate(full=True)
        for name in ("vehicle_id", "fleet"):
            frame.batch[name].to_pylist()
