"""What `clearway up` says of a part that ended."""

import sys
from pathlib import Path

import pytest

from streams.settings import load_settings
from streams.up import Child, System

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
