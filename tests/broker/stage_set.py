"""A broker with real workers for tests: started, played to, killed, read out."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from incidents.records import Alert
from ingest.recorded.feed import Feed, open_feed
from mapmatch.building.build import artefact_for
from mapmatch.network import load_network
from streams.broker.admin import BrokerError, connected, create_topics
from streams.broker.saved_places import SavedPlace, SavedPlaces
from streams.children import spawn, stop
from streams.city import City, open_city
from streams.recorded.replay import replay
from streams.settings import Settings, load_settings
from streams.stages.counts import StageCounts
from streams.topics import ALERTS, COUNTS, DEAD_LETTERS, LAYOUTS, STAGE_INPUTS, topic_name

PATIENCE_S = 200.0


class _BrokenOffError(Exception):
    """Nobody looks any longer at what is played."""


class Broker(Protocol):
    """A running broker, or several."""

    @property
    def address(self) -> str:
        """host:port of each, with commas between."""


class StageSet:
    """Topics of its own on a broker and the workers on them; `close` leaves no worker behind.

    `replication` says how many brokers hold each message.
    """

    def __init__(
        self,
        feed_path: Path,
        cache: Path,
        logs: Path,
        broker: Broker,
        prefix: str = "",
        replication: int = 1,
    ) -> None:
        self.logs = logs
        self.feed: Feed = open_feed(feed_path)
        assert self.feed.manifest.network is not None
        self.network = artefact_for(self.feed.manifest.network, cache)
        self.city: City = open_city(load_network(self.network), self.network, self.feed.assets)
        self.broker = broker
        self._topics = f'prefix = "{prefix}"\nreplication = {replication}'
        self.settings: Settings = load_settings(
            environment={},
            overrides={
                "broker": {"address": broker.address},
                "topics": {"prefix": prefix, "replication": replication},
            },
        )
        create_topics(self.settings)
        self.workers: list[subprocess.Popen[bytes]] = []
        self._stopped: list[subprocess.Popen[bytes]] = []

    def start_worker(
        self,
        lake: Path | None = None,
        prelude: str = "",
        settings: str = "",
        save_every_s: float = 1.0,
    ) -> subprocess.Popen[bytes]:
        """Start a worker process that fills its lake every second and saves its state as often.

        `prelude` is Python that it runs first, `settings` TOML of other sections.
        """
        options = self.logs / "settings.toml"
        often = f"[snapshots]\nevery_s = {save_every_s}\n[lake]\nevery_s = 1.0"
        options.write_text(f"{often}\n[topics]\n{self._topics}\n{settings}")
        command = [
            sys.executable, "-c", f"{prelude}\nfrom streams.cli.main import main\nmain()", "worker",
            "--broker", self.broker.address, "--network", str(self.network),
            "--assets", str(self.feed.folder), "--config", str(options),
            *(["--lake", str(lake)] if lake else []),
        ]  # fmt: skip
        with (self.logs / f"worker-{len(self.workers)}.log").open("ab") as out:
            worker = spawn(command, stdout=out, stderr=subprocess.STDOUT)
        self.workers.append(worker)
        return worker

    def stop_worker(self, number: int) -> None:
        """End a worker in peace."""
        assert stop(self.workers[number], 30.0) == 0
        self._stopped.append(self.workers[number])

    def log(self, number: int) -> str:
        """Give what a worker logged."""
        return (self.logs / f"worker-{number}.log").read_text(errors="replace")

    def play(self, speed: float | None = None) -> None:
        """Play the feed to the broker."""
        replay(self.feed, self.city, self.settings, speed=speed)

    @contextmanager
    def playing(self, speed: float) -> Iterator[None]:
        """Play the feed meanwhile; waits for its end, and raises what the replay raised."""
        with ThreadPoolExecutor(1) as pool:
            played = pool.submit(self.play, speed)
            yield
            played.result()

    @contextmanager
    def playing_on(self, speed: float) -> Iterator[None]:
        """Play the feed meanwhile; breaks off at the end of the block, whatever became of it."""
        is_over = threading.Event()

        def wait(seconds: float) -> None:
            if is_over.wait(seconds):
                raise _BrokenOffError

        def play() -> None:
            with suppress(_BrokenOffError, BrokerError):
                replay(self.feed, self.city, self.settings, speed=speed, sleep=wait)

        with ThreadPoolExecutor(1) as pool:
            played = pool.submit(play)
            try:
                yield
            finally:
                is_over.set()
                played.result()

    def name(self, topic: str) -> str:
        """Give the name of a topic on the broker."""
        return topic_name(self.settings.topics, topic)

    def send(self, topic: str, value: bytes, partition: int = 0) -> None:
        """Put one message on a topic."""
        producer = connected(self.settings, KafkaProducer, max_request_size=64 * 1024 * 1024)
        producer.send(self.name(topic), value=value, partition=partition).get(timeout=30)
        producer.close()

    def read(self, topic: str) -> list[bytes]:
        """Give every message of a topic."""
        layout = next(layout for layout in LAYOUTS if layout.name == topic)
        count = layout.partitions or self.settings.topics.partitions
        partitions = [TopicPartition(self.name(topic), number) for number in range(count)]
        consumer = connected(
            self.settings,
            KafkaConsumer,
            max_partition_fetch_bytes=64 * 1024 * 1024,
            enable_auto_commit=False,
        )
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        values: list[bytes] = []
        while any(consumer.position(p) < ends[p] for p in partitions):
            for records in consumer.poll(timeout_ms=500).values():
                values += [record.value for record in records]
        consumer.close()
        return values

    def places(self) -> list[SavedPlace]:
        """Give where the saved states of every stage stand on the topics that hold something."""
        shown = asyncio.run(SavedPlaces(self.settings, STAGE_INPUTS).show())
        return [place for place in shown if place.end]

    def alerts(self) -> list[Alert]:
        """Give every alert version published, in publishing order."""
        return [msgspec.json.decode(value, type=Alert) for value in self.read(ALERTS)]

    def dead_letters(self) -> list[dict]:
        """Give every dead letter."""
        return [msgspec.json.decode(value) for value in self.read(DEAD_LETTERS)]

    def counts(self) -> dict[tuple[str, int, str], StageCounts]:
        """Give the latest counts of every stage's partition and source."""
        found = [msgspec.json.decode(value, type=StageCounts) for value in self.read(COUNTS)]
        return {(count.stage, count.partition, count.source): count for count in found}

    def wait(self, until: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait for the workers to get somewhere; fails with their last words."""
        deadline = time.monotonic() + patience_s
        while not until():
            running = [worker for worker in self.workers if worker not in self._stopped]
            ended = [w.returncode for w in running if w.poll() not in (None, -9)]
            if ended or time.monotonic() > deadline:
                words = "\n".join(
                    "\n".join(path.read_text(errors="replace").splitlines()[-15:])
                    for path in sorted(self.logs.glob("worker-*.log"))
                )
                raise AssertionError(f"waiting for {what}, workers ended {ended}:\n{words}")
            time.sleep(0.3)

    def wait_ready(self) -> None:
        """Wait until a worker has its partitions."""
        self.wait(lambda: any(stage == "worker" for stage, _, _ in self.counts()), "a worker")

    def wait_decided(self, until: float | None = None) -> None:
        """Wait until detection has decided everything up to a time, or the whole feed."""
        end = self.feed.manifest.end + 480.0 if until is None else until

        def is_decided() -> bool:
            count = self.counts().get(("detect", 0, "segment-states"))
            return count is not None and (count.watermark or 0.0) >= end

        self.wait(is_decided, f"decisions up to {end}")

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers:
            stop(worker)
