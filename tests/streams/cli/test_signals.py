"""Being asked to stop: by a terminal, by a shell that runs us in the background, by nohup."""

import signal
from collections.abc import Iterator

import pytest

from streams.cli.signals import stopping_on_signals

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put the handlers back as they were."""
    before = {number: signal.getsignal(number) for number in ASKING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ASKING)
def test_each_stops_as_ctrl_c_does_and_then_means_what_it_did(
    number: signal.Signals,
) -> None:
    signal.signal(number, signal.SIG_DFL)  # nohup, say, runs these tests with SIGHUP ignored
    with pytest.raises(KeyboardInterrupt), stopping_on_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_background_job_of_a_script_can_be_interrupted() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt), stopping_on_signals():
        signal.raise_signal(signal.SIGINT)


def test_what_nohup_started_outlives_its_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stopping_on_signals():
        signal.raise_signal(signal.SIGHUP)
