"""The messages of one slice of a recorded feed: frames, or raw JSON as a city gateway sends it."""

import json
from collections.abc import Iterator

import msgspec
import pyarrow as pa

from ingest.frames import FrameHeader
from ingest.recorded.feed import Feed
from ingest.recorded.slices import Slice
from streams import topics
from streams.city import City, partitions_of_regions, partitions_of_vehicles, split
from streams.stages.messages import Outgoing, frame_out


def replay_channel(feed: Feed) -> str:
    """Name the maker of a feed's frames: a second replay of it is a repeat."""
    return f"replay:{feed.manifest.name}:{feed.manifest.start:.0f}"


def told_of(piece: Slice) -> Iterator[Outgoing]:
    """Give what people and patrols told in the slice, a message each, as it stands in its file."""
    for topic, lines in (
        (topics.REPORTS, piece.report_lines),
        (topics.PATROLS, piece.patrol_lines),
    ):
        for line in lines.column("line").to_pylist():
            yield Outgoing(topic, 0, line)


def frames_of(piece: Slice, channel: str, city: City, partition_count: int) -> Iterator[Outgoing]:
    """Give the frames of a slice: one for each partition of each frame topic, empty ones too.

    Reports and patrols come first, so that they are there when their minute is decided.
    """
    yield from told_of(piece)
    header = FrameHeader(channel, piece.index, piece.watermark)
    vehicles = partitions_of_vehicles(piece.fixes.column("vehicle_id"), partition_count)
    readings = partitions_of_regions(city.regions_of_readings(piece.readings), partition_count)
    events = partitions_of_regions(
        city.regions_of_camera_events(piece.camera_events), partition_count
    )
    for topic, batch, partitions in (
        (topics.FIXES, piece.fixes, vehicles),
        (topics.READINGS, piece.readings, readings),
        (topics.CAMERA_EVENTS, piece.camera_events, events),
    ):
        for number, rows in enumerate(split(batch, partitions, partition_count)):
            yield frame_out(topic, number, rows, header)


def raw_of(piece: Slice, partition_count: int) -> Iterator[Outgoing]:
    """Give the slice as a city gateway sends it: one JSON array a source and partition."""
    yield from told_of(piece)
    fleets = piece.fixes.column("fleet").to_numpy(zero_copy_only=False)
    for topic, fleet in ((topics.GPS_BUS, "bus"), (topics.GPS_TAXI, "taxi")):
        rows = piece.fixes.filter(pa.array(fleets == fleet))
        partitions = partitions_of_vehicles(rows.column("vehicle_id"), partition_count)
        for number, part in enumerate(split(rows, partitions, partition_count)):
            yield from _json_out(topic, number, part)
    yield from _json_out(topics.MAGNETOMETER, 0, piece.readings)
    yield from _json_out(topics.MAGNETOMETER, 0, piece.detector_events)
    yield from _json_out(topics.CAMERA, 0, piece.camera_events)


def _json_out(topic: str, partition: int, batch: pa.RecordBatch) -> Iterator[Outgoing]:
    if not batch.num_rows:
        return
    rows = [
        {name: _plain(value) for name, value in row.items() if value is not None}
        for row in batch.to_pylist()
    ]
    yield Outgoing(topic, partition, msgspec.json.encode(rows))


def _plain(value: object) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="milliseconds")
    return json.loads(json.dumps(value)) if value == value else None
