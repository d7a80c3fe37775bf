"""One Apache Kafka for all tests of this folder, and a worker that says again what it reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.kafka.apache_kafka import ApacheKafka
from tests.broker.kafka.rig import Rig


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Give a running Kafka; skips where there is none."""
    made = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def rig(kafka: ApacheKafka, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Give topics of the test's own on it, and workers that end with the test."""
    made = Rig(kafka.address, tmp_path, f"{request.node.name}.")
    yield made
    made.close()
