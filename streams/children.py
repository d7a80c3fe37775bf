"""Processes that this one starts, and that end with it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
"""The option of prctl(2). Unit: none. Source: linux/prctl.h."""


def end_with_parent(signal_number: int = signal.SIGKILL) -> None:
    """Ask the kernel to signal this process when its parent ends, however it ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number)


def spawn(command: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
    """Start a child in its own process group that ends with this process, even by SIGKILL.

    Call it from the main thread: the kernel counts the end of the starting thread as the parent's.
    """
    return subprocess.Popen(  # type: ignore[call-overload]
        command, preexec_fn=end_with_parent, start_new_session=True, **options
    )


def stop(process: subprocess.Popen[bytes], patience_s: float = 5.0) -> int:
    """End a child: SIGTERM, then SIGKILL for what is left of its group; gives its exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()
