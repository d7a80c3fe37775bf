"""Kernels are compiled by processes beside a first start, and without them where that fails."""

import fcntl
import threading
from pathlib import Path

import pytest

from ingest.kernel_cache import kernel_folder
from streams import compilers
from streams.compilers import SHARES, Compilers, compile_share, compiling, wait_for


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of kernels in an empty cache."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path))
    folder = kernel_folder()
    assert tmp_path in folder.parents and not folder.exists()
    return folder


@pytest.mark.usefixtures("folder")
def test_a_process_that_dies_is_told_and_waited_for_by_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compilers, "SHARES", ("nothing",))
    said: list[str] = []
    with compiling(said.append) as started:
        started._running["nothing"].wait()
    assert started.pids == []
    [line] = said
    assert line.startswith("what compiles the kernels of nothing ended with status 1 (ValueError:")
    assert line.endswith(": they are compiled where they are needed")
    wait_for("nothing")


def test_nothing_is_compiled_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    shares: list[str] = []
    monkeypatch.setattr(compilers, "_compile", shares.append)
    for share in SHARES * 2:
        compile_share(share)
    assert shares == list(SHARES)
    with compiling(pytest.fail) as started:
        assert started.pids == []


def test_what_failed_to_compile_is_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_share: str) -> None:
        raise OSError("no space left")

    folder.mkdir(parents=True)
    monkeypatch.setattr(compilers, "_compile", fail)
    with pytest.raises(OSError, match="no space"):
        compile_share("matching")
    shares: list[str] = []
    monkeypatch.setattr(compilers, "_compile", shares.append)
    compile_share("matching")
    assert shares == ["matching"]


def test_where_no_kernels_can_be_kept_no_process_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path / "file" / "cache"))
    assert Compilers(pytest.fail).pids == []
    wait_for("matching")


def test_who_needs_a_share_waits_until_it_is_compiled(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True)
    done: list[str] = []

    def compile_while_another_waits(_share: str) -> None:
        with compilers._file("matching", "lock").open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
        waiting.start()
        done.append("compiled")

    def wait() -> None:
        wait_for("matching")
        done.append("loaded")

    waiting = threading.Thread(target=wait)
    monkeypatch.setattr(compilers, "_compile", compile_while_another_waits)
    compile_share("matching")
    waiting.join()
    assert done == ["compiled", "loaded"]
