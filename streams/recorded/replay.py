"""A recorded feed published in arrival order, at a multiple of real time or as fast as it goes."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import pyarrow as pa
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.future import Future

from ingest.frames import FrameHeader
from ingest.recorded.feed import Feed
from ingest.recorded.slices import Slice, slices
from streams import topics
from streams.city import (
    City,
    partitions_of_regions,
    partitions_of_vehicles,
    split,
)
from streams.settings import Settings
from streams.stages.messages import Outgoing, frame_out
from streams.topics import MAX_MESSAGE_BYTES, BrokerError, topic_name


@dataclass(frozen=True)
class Played:
    """One slice published: how far the replay is, in its own time and in rows."""

    index: int
    arrival_end: float
    row_count: int
    message_count: int


def replay_channel(feed: Feed) -> str:
    """Name the maker of a feed's frames: a second replay of it is a repeat."""
    return f"replay:{feed.manifest.name}:{feed.manifest.start:.0f}"


def frames_of(piece: Slice, channel: str, city: City, partition_count: int) -> Iterator[Outgoing]:
    """Give the frames of a slice: one for each partition of each frame topic, empty ones too."""
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


def replay(
    feed: Feed,
    city: City,
    settings: Settings,
    *,
    speed: float | None = None,
    is_raw: bool = False,
    on_slice: Callable[[Played], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Played:
    """Publish the feed, `speed` times real time (None: at once), and give what was published.

    Raises BrokerError when the broker is not there or stays away, ValueError where detectors'
    events would have to be frames: none carries them.
    """
    if feed.detector_events is not None and not is_raw:
        raise ValueError("feed has detector_events, expected readings where is_raw is False")
    producer, under_way = _producer(settings), UnderWay(settings.broker.patience_s, clock)
    channel, began, last = replay_channel(feed), clock(), Played(0, 0.0, 0, 0)
    rows = messages = 0
    try:
        for piece in slices(feed, settings.clocks.lateness_s, settings.clocks.slice_s):
            if speed is not None and not piece.is_closing:
                due = began + (piece.arrival_end - feed.manifest.start) / speed
                sleep(max(0.0, due - clock()))
            count = settings.topics.partitions
            outgoing = raw_of(piece, count) if is_raw else frames_of(piece, channel, city, count)
            for out in outgoing:
                name = topic_name(settings.topics, out.topic)
                under_way.add(
                    producer.send(name, value=out.encode(), key=out.key, partition=out.partition)
                )
                messages += 1
            under_way.check()
            rows += piece.row_count
            last = Played(piece.index, piece.arrival_end, rows, messages)
            on_slice(last)
        producer.flush(timeout=settings.broker.patience_s)
        under_way.check()
    except KafkaError as error:
        raise BrokerError(
            f"broker {settings.broker.address} went away during the replay "
            f"at slice {last.index}: {error}"
        ) from error
    finally:
        _close(producer, settings.broker.patience_s)
    return last


def _close(producer: KafkaProducer, patience_s: float) -> None:
    """Close the producer; where the broker is away, once its messages have expired."""
    with suppress(KafkaError):
        producer.close(timeout=patience_s)


class UnderWay:
    """Remembers the messages that the broker has not yet confirmed, the oldest first."""

    def __init__(self, patience_s: float, clock: Callable[[], float]) -> None:
        self._patience_s = patience_s
        self._clock = clock
        self._sent: deque[tuple[float, Future]] = deque()

    def add(self, future: Future) -> None:
        """Take a message on its way."""
        self._sent.append((self._clock(), future))

    def check(self) -> None:
        """Forget what has arrived. Raises KafkaError where a message failed or is overdue."""
        while self._sent:
            sent_at, future = self._sent[0]
            if future.is_done:
                if future.exception is not None:
                    raise future.exception
                self._sent.popleft()
                continue
            if self._clock() - sent_at > self._patience_s:
                raise KafkaTimeoutError(f"nothing confirmed for {self._patience_s:g} s")
            return


def _producer(settings: Settings) -> KafkaProducer:
    patience_ms = round(settings.broker.patience_s * 1000)
    try:
        return KafkaProducer(
            bootstrap_servers=settings.broker.address.split(","),
            acks="all",
            linger_ms=5,
            max_request_size=MAX_MESSAGE_BYTES,
            delivery_timeout_ms=patience_ms * 3 // 4,
            request_timeout_ms=min(20_000, patience_ms // 2),
            max_block_ms=patience_ms,
            bootstrap_timeout_ms=round(settings.broker.connect_timeout_s * 1000),
        )
    except (KafkaError, ValueError, OSError) as error:
        raise BrokerError(topics.unreachable(settings, error)) from error
