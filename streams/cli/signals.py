"""The signals by which a command that started other processes is asked to stop them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Make SIGINT, SIGTERM and SIGHUP stop the command as Ctrl-C does.

    SIGINT even where a shell started the command in the background and so had it ignored; SIGHUP
    not where it is ignored, for that is what `nohup` asks.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        before[signal.SIGHUP] = signal.getsignal(signal.SIGHUP)
    for number in before:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
