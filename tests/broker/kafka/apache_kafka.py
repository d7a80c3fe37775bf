"""An Apache Kafka of its own for tests: one process, broker and controller, on loopback.

Its jars are those that `make kafka` fetches, or those of the Kafka that CLEARWAY_KAFKA names.
"""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from streams.broker.embedded import free_port, spawn, stop

FETCHED = Path(__file__).parents[3] / "build" / "kafka"
CLUSTER = "Y2xlYXJ3YXlfdGVzdHMAAA"  # any 16 bytes in base64

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=200
log.segment.delete.delay.ms=100
message.max.bytes=60000000
auto.create.topics.enable=false
"""


def jars() -> Path:
    """Give the folder of Kafka's jars; skips the test where there is none, or no java."""
    if shutil.which("java") is None:
        pytest.skip("no java on the PATH, so no Apache Kafka to test against")
    named = os.environ.get("CLEARWAY_KAFKA")
    for folder in [Path(named), Path(named) / "libs"] if named else [FETCHED]:
        if list(folder.glob("kafka_2.13-*.jar")):
            return folder
    pytest.skip(f"no Kafka jars in {named or FETCHED}: `make kafka`, or name some: CLEARWAY_KAFKA")


class ApacheKafka:
    """One Kafka process with its data in a folder; `stop` ends it."""

    def __init__(self, folder: Path) -> None:
        self._jars = jars()
        self._folder = folder
        self.port = free_port()
        self._properties = folder / "server.properties"
        self._properties.write_text(
            PROPERTIES.format(port=self.port, controller=free_port(), folder=folder)
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self.port}"

    def start(self, patience_s: float = 60.0) -> None:
        """Start it and wait until it accepts connections."""
        java = ["java", "-Xmx384m", "-XX:+UseSerialGC", "-cp", f"{self._jars}/*"]
        config = ["-c", str(self._properties)]
        with (self._folder / "kafka.log").open("ab") as out:
            tool = [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER]
            subprocess.run([*tool, *config], stdout=out, stderr=out, check=True)
            self._process = spawn(
                [*java, "kafka.Kafka", str(self._properties)], stdout=out, stderr=out
            )
        deadline = time.monotonic() + patience_s
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, self._words()
            time.sleep(0.1)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _words(self) -> str:
        return (self._folder / "kafka.log").read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            stop(self._process)
