"""Everything on one machine: broker, topics, workers and console as children, replay in front."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streams.broker.admin import BrokerError
from streams.broker.chain_monitor import ChainMonitor
from streams.broker.embedded import EmbeddedBroker
from streams.children import spawn, stop
from streams.compilers import Compilers
from streams.settings import Settings

READY_S = 600.0
"""A worker that is not ready after this time failed, unless it computes still; so did one that has
computed so long. Unit: s. Source: chosen: kernels are compiled once, on a busy machine for long."""
BUSY_SHARE = 0.05
"""A worker computes while it had this share of a core. Unit: share. Source: chosen, more than one
that hangs, less than one that compiles among twenty others."""
DRAIN_S = 300.0
"""How long the end of a feed may take to be decided. Unit: s. Source: chosen."""
MOST_RESTARTS = 5
"""A part that died more often is not started again. Unit: count. Source: chosen."""
_TAIL_LINES = 8  # of a part's log, shown where it failed
_LONGEST_LINE = 100  # characters of a part's line beside a progress bar
_LONGEST_CAUSE = 300  # characters
_ERROR = re.compile(r"[\w.]*(Error|Exception)(: |$)")  # the last line of a traceback
_CHAIN = ("During handling of the above exception", "was the direct cause of the following")
_NOISE = "Event loop is closed"


class ChildError(BrokerError):
    """A part of the system ended and starting it again does not help; its last lines are there."""


@dataclass
class Child:
    """One part of the system as a process, started again if it dies, its words in a file."""

    name: str
    command: Sequence[str]
    log_path: Path
    process: subprocess.Popen[bytes] | None = None
    restart_count: int = 0
    log_start: int = 0  # bytes of the log that are of processes before

    def start(self) -> None:
        """Start the process; what it says is added to the log file."""
        with self.log_path.open("ab") as out:
            self.log_start = out.tell()
            self.process = spawn(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )

    def cpu_s(self) -> float:
        """Give the processor time that the process had, 0 where the system does not tell."""
        return cpu_s_of(self.process.pid if self.process else 0)

    def latest_word(self) -> str:
        """Give the last line the process said without its log head, empty before the first."""
        line = self.last_words().rpartition("\n")[2]
        return line.rpartition("]: ")[2].strip()[:_LONGEST_LINE]

    def cause(self) -> str:
        """Give in one line why the process ended: its last error, or its last line.

        Of errors that follow from each other it is the first; what is said of a loop that is closed
        already never is one.
        """
        lines = self._said_since_start()
        at = [n for n, line in enumerate(lines) if _ERROR.match(line) and _NOISE not in line]
        while len(at) > 1 and any(
            word in line for line in lines[at[-2] : at[-1]] for word in _CHAIN
        ):
            at.pop()
        return lines[at[-1]].strip()[:_LONGEST_CAUSE] if at else self.latest_word()

    def _said_since_start(self) -> list[str]:
        if not self.log_path.is_file():
            return []
        said = self.log_path.read_bytes()[self.log_start :]
        return said.decode(errors="replace").splitlines()

    def last_words(self) -> str:
        """Give the last lines the process said."""
        if not self.log_path.is_file():
            return ""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines[-_TAIL_LINES:] if line.strip())


def cpu_s_of(pid: int) -> float:
    """Give the processor time that a process had, 0 where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    ticks = map(int, stat.rpartition(")")[2].split()[11:13])  # user and system
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


@dataclass
class System:
    """The running parts; stopping it leaves no process behind."""

    settings: Settings
    network: Path
    assets: Path
    timezone: str
    logs: Path
    say: Callable[[str], None]
    worker_count: int = 1
    lake: Path | None = None
    config_path: Path | None = None
    broker: EmbeddedBroker | None = None
    compilers: Compilers | None = None
    children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        """Start the workers and the console, and what tells subscribers where there are any."""
        self.logs.mkdir(parents=True, exist_ok=True)
        address = self.settings.broker.address
        where = ["--broker", address, "--network", str(self.network)]
        city = ["--assets", str(self.assets)]
        lake = ["--lake", str(self.lake)] if self.lake else []
        zone = ["--timezone", self.timezone]
        for number in range(self.worker_count):
            self._add(f"worker-{number}", ["worker", *where, *city, *zone, *lake])
        console = self.settings.console
        listen = ["--host", console.host, "--port", str(console.port)]
        self._add("console", ["console", *where, *city, *listen, *zone, *lake])
        if self.settings.webhooks.subscribers:
            self._add("webhooks", ["webhooks", *where])
        for child in self.children:
            child.start()

    def _add(self, name: str, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", "streams.cli.main", *arguments, *self._settings()]
        log_path = self.logs / f"{name}.log"
        log_path.unlink(missing_ok=True)
        self.children.append(Child(name, command, log_path))

    def _settings(self) -> list[str]:
        return ["--config", str(self.config_path)] if self.config_path else []

    def check(self) -> None:
        """Start again what died. Raises ChildError where that does not help."""
        broker = self.broker
        if broker is not None and broker.has_ended:
            raise ChildError("the embedded broker ended, and with it everything it remembered")
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            status = child.process.returncode
            if child.restart_count >= MOST_RESTARTS or status == 2:
                how = f"{child.name} ended with status {status}: {child.cause()}"
                raise ChildError(f"{how}\n{child.last_words()}")
            child.restart_count += 1
            why = f" ({cause})" if (cause := child.cause()) else ""
            self.say(f"{child.name} ended with status {status}{why}, starting it again")
            child.start()

    def wait_ready(
        self,
        monitor: ChainMonitor,
        on_wait: Callable[[str], None] = lambda _: None,
        patience_s: float = READY_S,
    ) -> None:
        """Wait until a worker joins its group; `on_wait` gets its latest line.

        It takes up then what was published meanwhile, so that nobody need wait for its share.

        Raises ChildError after `patience_s`; of a worker that computes not before it had so much
        processor time.
        """
        started, cpu_s = time.monotonic(), 0.0
        while not monitor.has_worker:
            monitor.read(500)
            self.check()
            if word := self.children[0].latest_word():
                on_wait(word)
            waited_s = time.monotonic() - started
            cpu_s = max(cpu_s, self.children[0].cpu_s() + self._compiling_s())
            if waited_s > patience_s and not BUSY_SHARE * waited_s <= cpu_s < patience_s:
                words = "\n".join(child.last_words() for child in self.children)
                raise ChildError(f"no worker was ready within {waited_s:.0f} s:\n{words}")

    def _compiling_s(self) -> float:
        """Give the processor time of what compiles kernels for the worker, still."""
        if self.compilers is None:
            return 0.0
        self.compilers.check()
        return sum(map(cpu_s_of, self.compilers.pids))

    def wait_drained(
        self,
        monitor: ChainMonitor,
        watermark: float,
        on_wait: Callable[[], None] = lambda: None,
        patience_s: float = DRAIN_S,
    ) -> bool:
        """Wait until detection has decided everything before a time; say whether it did."""
        deadline = time.monotonic() + patience_s
        while (monitor.decided or 0.0) < watermark and time.monotonic() < deadline:
            monitor.read(500)
            self.check()
            on_wait()
        return (monitor.decided or 0.0) >= watermark

    def stop(self) -> None:
        """End every part, the broker last."""
        for child in reversed(self.children):
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        for child in reversed(self.children):
            if child.process is not None:
                stop(child.process)
        if self.broker is not None:
            self.broker.stop()
