"""What `clearway up` says of a part that ended."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.settings import load_settings
from streams.up import Child, ChildError, System

TRACEBACK = """Traceback (most recent call last):
  File "a.py", line 1, in f
"""
CHAIN = "\nDuring handling of the above exception, another exception occurred:\n\n"


def ended(tmp_path: Path, *words: str) -> Child:
    """Give a part that ran once for each of the words and said them."""
    child = Child("worker-0", [], tmp_path / "worker-0.log")
    for word in words:
        child.command = [sys.executable, "-c", f"print({word!r}, end='')"]
        child.start()
        assert child.process is not None
        child.process.wait()
    return child


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("", ""),
        ("[x] [INFO]: ready\n[x] [ERROR]: broker a:1 is away\n", "broker a:1 is away"),
        (f"{TRACEBACK}a.b.CodecError: no lz4\nstopping\n", "a.b.CodecError: no lz4"),
        (
            f"{TRACEBACK}OldError: went on\n[x] [INFO]: fine\n{TRACEBACK}CodecError: no lz4\n"
            f"{CHAIN}{TRACEBACK}StopError: crashed\nRuntimeError: Event loop is closed\n",
            "CodecError: no lz4",
        ),
    ],
)  # fmt: skip
def test_why_a_part_ended_is_one_line(tmp_path: Path, words: str, cause: str) -> None:
    assert ended(tmp_path, words).cause() == cause


def test_what_killed_a_part_before_is_not_what_ends_it_now(tmp_path: Path) -> None:
    assert ended(tmp_path, "CodecError: no lz4\n", "[x] [INFO]: fine\n").cause() == "fine"


@pytest.mark.parametrize("subscribers", [(), ("police",)])
def test_subscribers_of_the_settings_are_told_by_a_part_of_its_own(
    tmp_path: Path, subscribers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"url": "https://police.example/", "secret_env": "SECRET"}
    hooks = {"subscribers": {name: one for name in subscribers}}
    settings = load_settings(environment={}, overrides={"webhooks": hooks})
    monkeypatch.setattr(Child, "start", lambda self: None)
    system = System(settings, tmp_path, tmp_path, "UTC", tmp_path / "logs", lambda _: None)
    system.start()
    names = [child.name for child in system.children]
    assert names == ["worker-0", "console", *(["webhooks"] if subscribers else [])]


@contextmanager
def starting(tmp_path: Path, script: str) -> Iterator[System]:
    """Give a system whose worker runs a script and never takes a partition."""
    system = System(load_settings(environment={}), tmp_path, tmp_path, "UTC", tmp_path, print)
    system.children = [Child("worker-0", [sys.executable, "-c", script], tmp_path / "w.log")]
    system.children[0].start()
    try:
        yield system
    finally:
        system.stop()


def watch(ready_at: int) -> Any:
    """Give a monitor that hears of a worker when it has read so often."""
    monitor = SimpleNamespace(has_worker=False, reads=0)

    def read(patience_ms: int) -> None:
        monitor.reads += 1
        monitor.has_worker = monitor.reads >= ready_at

    monitor.read = read
    return monitor


class Clock:
    """Goes on by so many seconds each time it is asked."""

    def __init__(self, step_s: float) -> None:
        self._step_s, self._now = step_s, 0.0

    def monotonic(self) -> float:
        """Give the time."""
        self._now += self._step_s
        return self._now


def test_a_worker_that_computes_is_waited_for_and_one_that_hangs_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with starting(tmp_path, "import time; time.sleep(60)") as system:
        with pytest.raises(ChildError, match="no worker was ready"):
            system.wait_ready(watch(10**9), patience_s=0.0)
        monkeypatch.setattr(Child, "cpu_s", lambda self: 200.0)
        with pytest.raises(ChildError, match="no worker was ready"):
            system.wait_ready(watch(10**9), patience_s=0.0)
        monkeypatch.setattr("streams.up.time", Clock(1000.0))
        monitor = watch(3)
        system.wait_ready(monitor, patience_s=600.0)
        assert monitor.reads == 3


def test_the_processor_time_of_a_part_is_counted(tmp_path: Path) -> None:
    with starting(tmp_path, "while True: pass") as system:
        worker = system.children[0]
        while worker.cpu_s() < 0.05:
            assert worker.process is not None and worker.process.poll() is None
