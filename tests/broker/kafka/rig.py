"""Topics of one test on a Kafka, the echo worker on them, and what both hold."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from streams.broker.admin import create_topics
from streams.broker.snapshots import load_snapshot
from streams.children import spawn, stop
from streams.settings import Settings, load_settings
from streams.stages.counts import StageCounts
from streams.topics import ALERT_COMMANDS, COUNTS, GPS_TAXI

PATIENCE_S = 60.0


class Rig:
    """Sends to `gps.taxi` and knows what the worker said again; `close` ends all of it."""

    def __init__(self, address: str, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.settings: Settings = load_settings(
            environment={},
            overrides={
                "broker": {"address": address},
                "snapshots": {"every_s": 0.5},
                "topics": {"prefix": re.sub(r"[^\w.]", "-", prefix)},
            },
        )
        create_topics(self.settings)
        self.admin = KafkaAdminClient(bootstrap_servers=address)
        self.producer = self.new_producer()
        self.workers: list[subprocess.Popen[bytes]] = []

    def name(self, topic: str = GPS_TAXI) -> str:
        """Give the name of a topic on the broker."""
        return self.settings.topics.prefix + topic

    def new_producer(self, **options: object) -> KafkaProducer:
        """Give a producer."""
        return KafkaProducer(bootstrap_servers=self.settings.broker.address, **options)

    def send(self, *values: bytes, partition: int = 0, sent: datetime | None = None) -> None:
        """Put messages on the topic, as if sent at a time, now where none is given."""
        sent_ms = None if sent is None else round(sent.timestamp() * 1000)
        for value in values:
            self.producer.send(self.name(), value, partition=partition, timestamp_ms=sent_ms)
        self.producer.flush()

    @contextmanager
    def transactions(self, who: str) -> Iterator[KafkaProducer]:
        """Give a producer of transactions, none begun."""
        producer = self.new_producer(transactional_id=who)
        producer.init_transactions()
        yield producer
        producer.close()

    def start_worker(self) -> None:
        """Start a worker."""
        command = [
            sys.executable, "-m", "tests.broker.kafka.echo_worker",
            self.settings.broker.address, self.settings.topics.prefix,
        ]  # fmt: skip
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as out:
            self.workers.append(spawn(command, stdout=out, stderr=subprocess.STDOUT))

    def stop_workers(self) -> None:
        """End every worker in peace."""
        for worker in self.workers:
            stop(worker, 20.0)

    def log(self) -> str:
        """Give what the workers logged."""
        logs = sorted(self.folder.glob("worker-*.log"))
        return "\n".join(path.read_text(errors="replace") for path in logs)

    def said(self) -> list[bytes]:
        """Give what the workers said again."""
        return self.read(ALERT_COMMANDS)

    def wait_saved(self, count: int, partition: int = 0) -> None:
        """Wait until the saved state of a partition covers so many messages."""

        def is_saved() -> bool:
            saved = asyncio.run(load_snapshot(self.settings, "echo", partition))
            return saved is not None and saved.data == b"%d" % count

        self.wait(is_saved, f"a state of {count} messages")

    def holes(self) -> int:
        """Give how many messages the workers count as never come."""
        return self.total(lambda counts: counts.holes)

    def total(self, number: Callable[[StageCounts], int]) -> int:
        """Give the sum of a number over the newest counts of each partition."""
        newest: dict[int, StageCounts] = {}
        for value in self.read(COUNTS):
            counts = msgspec.json.decode(value, type=StageCounts)
            newest[counts.partition] = counts
        return sum(map(number, newest.values()))

    def read(self, topic: str) -> list[bytes]:
        """Give every message of a topic of one partition."""
        partition = TopicPartition(self.name(topic), 0)
        consumer = KafkaConsumer(bootstrap_servers=self.settings.broker.address)
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        consumer.seek(partition, 0)
        values: list[bytes] = []
        while consumer.position(partition) < end:
            for records in consumer.poll(timeout_ms=500).values():
                values += [record.value for record in records]
        consumer.close()
        return values

    def wait_said(self, *expected: bytes) -> None:
        """Wait until the workers have said exactly these, in any order."""
        self.wait(lambda: len(self.said()) >= len(expected), f"{len(expected)} messages")
        assert sorted(self.said()) == sorted(expected), self.log()[-3000:]

    def wait(self, until: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait for the workers to get somewhere; fails with their last words."""
        deadline = time.monotonic() + patience_s
        while not until():
            assert time.monotonic() < deadline, f"waiting for {what}: {self.log()[-3000:]}"
            assert all(worker.poll() is None for worker in self.workers[-1:]), self.log()[-3000:]
            time.sleep(0.2)

    def close(self) -> None:
        """End workers and clients."""
        self.stop_workers()
        self.producer.close()
        self.admin.close()
