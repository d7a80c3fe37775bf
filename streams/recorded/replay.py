"""A recorded feed published in arrival order, at a multiple of real time or as fast as it goes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from kafka.errors import KafkaError

from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from streams.broker.admin import BrokerError, takes_connections
from streams.broker.producer import UnderWay, close_producer, open_producer
from streams.city import City
from streams.recorded.slice_messages import frames_of, raw_of, replay_channel
from streams.settings import Settings
from streams.topics import topic_name


@dataclass(frozen=True)
class Played:
    """One slice published: how far the replay is, in its own time and in rows."""

    index: int
    arrival_end: float
    row_count: int
    message_count: int


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
    producer = open_producer(settings)
    under_way = UnderWay(
        settings.broker.patience_s, clock, settings.broker.address,
        lambda: takes_connections(settings),
    )  # fmt: skip
    channel, began, last = replay_channel(feed), clock(), Played(0, 0.0, 0, 0)
    rows = messages = 0
    is_done = False
    try:
        clocks = settings.clocks
        for piece in slices(feed, clocks.lateness_s, clocks.slice_s, skips_silence=speed is None):
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
        under_way.wait(producer)
        is_done = True
    except KafkaError as error:
        raise BrokerError(
            f"broker {settings.broker.address} went away during the replay "
            f"at slice {last.index}: {error}"
        ) from error
    finally:
        # Whoever breaks off has waited as long as they would.
        close_producer(producer, settings.broker.patience_s if is_done else 0.0)
    return last
