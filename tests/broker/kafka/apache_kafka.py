"""An Apache Kafka of its own for tests: processes that are broker and controller, on loopback.

Its jars are those that `make kafka` fetches, or those of the Kafka that CLEARWAY_KAFKA names.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from streams.broker.embedded import free_port
from streams.children import spawn, stop

FETCHED = Path(__file__).parents[3] / "build" / "kafka"
CLUSTER = "Y2xlYXJ3YXlfdGVzdHMAAA"  # any 16 bytes in base64

PROPERTIES = """
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data-{number}
default.replication.factor={copies}
min.insync.replicas={least}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor={copies}
transaction.state.log.num.partitions=1
transaction.state.log.min.isr={least}
share.coordinator.state.topic.replication.factor={copies}
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


class KafkaBroker:
    """One Kafka process; its data outlives it in a folder."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number, self.port, self.controller_port = number, free_port(), free_port()
        self._folder = folder
        self._java = ["java", "-Xmx384m", "-XX:+UseSerialGC", "-cp", f"{jars()}/*"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def _properties(self) -> Path:
        return self._folder / f"server-{self.number}.properties"

    def prepare(self, brokers: Sequence["KafkaBroker"]) -> subprocess.Popen[bytes]:
        """Write its settings and give the running tool that makes its folder of data."""
        voters = ",".join(f"{one.number}@127.0.0.1:{one.controller_port}" for one in brokers)
        settings = PROPERTIES.format(
            number=self.number, port=self.port, controller_port=self.controller_port,
            folder=self._folder, voters=voters, copies=len(brokers), least=len(brokers) // 2 + 1,
        )  # fmt: skip
        self._properties.write_text(settings)
        tool = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER]
        return self._spawn([*tool, "-c", str(self._properties)])

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"kafka-{self.number}.log").open("ab") as out:
            return spawn(command, stdout=out, stderr=out)

    def start(self) -> None:
        """Start it where it does not run, and have it go on where it is frozen."""
        if self._process is None or self._process.poll() is not None:
            self._process = self._spawn([*self._java, "kafka.Kafka", str(self._properties)])
        self._process.send_signal(signal.SIGCONT)

    def wait_ready(self, patience_s: float = 60.0) -> None:
        """Wait until it accepts connections."""
        deadline = time.monotonic() + patience_s
        while not self._answers():
            assert self._process is not None and self._process.poll() is None, self._words()
            assert time.monotonic() < deadline, self._words()
            time.sleep(0.1)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _words(self) -> str:
        return (self._folder / f"kafka-{self.number}.log").read_text(errors="replace")[-2000:]

    def kill(self) -> None:
        """End it by SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Have it do nothing, its connections open, until it is started."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def stop(self, patience_s: float = 5.0) -> None:
        """End it in peace, or by SIGKILL after so long."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            stop(self._process, patience_s)


class ApacheKafka:
    """A Kafka of one broker or more with their data in a folder; `stop` ends it.

    Its folder holds the data of broker n in `data-n`. Every message is on all brokers, and is taken
    once more than half of them have it.
    """

    def __init__(self, folder: Path, broker_count: int = 1) -> None:
        self.folder = folder
        self.brokers = [KafkaBroker(number, folder) for number in range(1, broker_count + 1)]

    @property
    def address(self) -> str:
        """host:port of every broker for clients."""
        return ",".join(broker.address for broker in self.brokers)

    def start(self) -> None:
        """Start it for the first time and wait until it accepts connections."""
        for tool in [broker.prepare(self.brokers) for broker in self.brokers]:
            assert tool.wait(60.0) == 0
        self.start_brokers()

    def start_brokers(self) -> None:
        """Start every broker that does not run and wait until all accept connections."""
        for broker in self.brokers:
            broker.start()
        for broker in self.brokers:
            broker.wait_ready()

    def stop(self) -> None:
        """End it."""
        for broker in self.brokers:
            broker.stop()
