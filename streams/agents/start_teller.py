"""What a worker is at before it joins, told to whoever waits for it at a page."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.broker.admin import connected
from streams.settings import Settings
from streams.stages.counts import STARTING, StageCounts, StartStep
from streams.topics import COUNTS, topic_name

PATIENCE_S = 2.0
"""A step that the broker does not take within this time is not told. Unit: s. Source: chosen; what
is told goes on whether anybody hears it or not."""


@contextmanager
def telling_of_start(settings: Settings) -> Iterator[Callable[[StartStep], None]]:
    """Give what tells a step of this process's start on the topic of counts.

    Raises BrokerError where there is no broker at first; one that goes away meanwhile is not told.
    """
    producer = connected(settings, KafkaProducer, max_block_ms=round(1000 * PATIENCE_S))
    topic, pid = topic_name(settings.topics, COUNTS), os.getpid()

    def tell(step: StartStep) -> None:
        told = msgspec.json.encode(StageCounts(STARTING, pid, start=step))
        with suppress(KafkaError):
            producer.send(topic, value=told, key=f"worker/{pid}".encode(), partition=0)
            producer.flush(PATIENCE_S)  # what comes next keeps this process busy

    try:
        yield tell
    finally:
        with suppress(KafkaError):
            producer.close(timeout=PATIENCE_S)
