"""Compiles kernels in processes of their own, while a first start does all else that it must.

A share of the kernels is compiled by one process. It holds a lock of the share as long as it is
at it, and leaves a file when it is done. Who needs the kernels waits for the lock and loads them;
where none of this works, because a process died or nothing can be written, they are compiled by
who needs them.
"""

import fcntl
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.kernel_cache import kernel_folder, not_kept
from streams.children import spawn

SHARES = ("matching", "all else")
"""What each process compiles. The second ends long before the first, which all wait for: it yields
its core to that and to what else a start does."""
YIELDING = 5
"""By how much the second is nicer. Unit: none. Source: chosen; of two cores the first then has one
while three ask for them."""


def wait_for(share: str) -> None:
    """Wait until no process compiles a share."""
    try:
        lock = _file(share, "lock").open()
    except OSError:
        return  # nobody ever did
    with lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


@contextmanager
def compiling(say: Callable[[str], None]) -> Iterator["Compilers"]:
    """Have what is not compiled yet compiled in processes, which end with this block."""
    compilers = Compilers(say)
    try:
        yield compilers
        compilers.check()
    finally:
        compilers.stop()


class Compilers:
    """Processes that compile, one a share. `say` is told of one that died."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Start them; none where all is compiled, or nothing can be kept."""
        self._say = say
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder = kernel_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        if not os.access(folder, os.W_OK):
            return
        for share in SHARES:
            if not _file(share, "done").exists():
                self._running[share] = spawn(
                    [sys.executable, "-m", "streams.compilers", share],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                )  # fmt: skip

    @property
    def pids(self) -> list[int]:
        """The processes that compile still."""
        return [process.pid for process in self._running.values()]

    def check(self) -> None:
        """Tell of processes that ended otherwise than they should."""
        for share, process in list(self._running.items()):
            if process.poll() is None:
                continue
            del self._running[share]
            with process.stderr or open(os.devnull, "rb") as words:
                said = words.read().decode(errors="replace").split("\n")
            if process.returncode and not _file(share, "done").exists():
                why = next((line for line in reversed(said) if line.strip()), "nothing said")
                self._say(
                    f"what compiles the kernels of {share} ended with status {process.returncode} "
                    f"({why.strip()}): they are compiled where they are needed"
                )

    def stop(self) -> None:
        """End them; nobody waits for what they do any more."""
        for process in self._running.values():
            process.kill()
            process.communicate()
        self._running.clear()


def compile_share(share: str) -> None:
    """Compile a share into the cache, if no other process has by the time this one may.

    Raises OSError where the disk did not keep all of it.
    """
    with _file(share, "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = _file(share, "done")
        if not done.exists():
            _compile(share)
            if (error := not_kept()) is not None:
                raise error
            done.touch()


def _compile(share: str) -> None:
    if share == "matching":
        from mapmatch.warm_up import warm_up

        warm_up()
        return
    if share != "all else":
        raise ValueError(f"share {share!r}, expected one of {', '.join(SHARES)}")
    os.nice(YIELDING)
    from congestion.warm_up import warm_up as warm_up_congestion
    from incidents.dispatch.patrols import Patrols
    from incidents.dispatch.settings import DispatchSettings
    from ingest.checks.traces import FixCleaner
    from mapmatch.warm_up import one_street

    FixCleaner().warm_up()
    warm_up_congestion()
    Patrols(one_street(), DispatchSettings()).warm_up()


def _file(share: str, kind: str) -> Path:
    """Give the file of a share; the kernels of another version of Numba or Python are others."""
    import numba

    of = f"numba{numba.__version__}-py{platform.python_version()}"
    return kernel_folder() / f"{share.replace(' ', '-')}-{of}.{kind}"


if __name__ == "__main__":
    compile_share(sys.argv[1])
