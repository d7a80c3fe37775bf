"""What the tests on Apache Kafka share: one broker and an echo, three and the real workers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.kafka.apache_kafka import ApacheKafka
from tests.broker.kafka.rig import Rig
from tests.broker.stage_set import StageSet


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Give a running Kafka; skips where there is none."""
    made = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def three_brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Give a running Kafka of three brokers; skips where there is none."""
    made = ApacheKafka(tmp_path_factory.mktemp("three"), 3)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def three(
    three_brokers: ApacheKafka,
    small_feed: Path,
    cache: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[StageSet]:
    """Give topics of the test's own on three brokers, all of them running, and its workers."""
    three_brokers.start_brokers()
    prefix = re.sub(r"[^\w.]", "-", f"{request.node.name}.")
    made = StageSet(small_feed, cache, tmp_path, three_brokers, prefix, replication=3)
    yield made
    made.close()


@pytest.fixture
def rig(kafka: ApacheKafka, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Give topics of the test's own on it, and workers that end with the test."""
    made = Rig(kafka.address, tmp_path, f"{request.node.name}.")
    yield made
    made.close()
