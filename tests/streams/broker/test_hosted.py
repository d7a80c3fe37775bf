"""When the state of a partition that a worker holds is due to be saved."""

from streams.broker.hosted import Hosted
from streams.settings import SnapshotSettings
from tests.streams.broker.fake_broker import Adder

SETTINGS = SnapshotSettings(every_s=5.0, bytes_per_s=1_000_000)


def saved(state_bytes: int, seconds: int) -> int:
    """Give the bytes that are written in some seconds, of a state that is always of one size."""
    hosted = Hosted(Adder(0), None, ["numbers"])
    hosted.saved_at, written = 0.0, 0
    for now in range(1, seconds + 1):
        if hosted.is_due(SETTINGS, float(now)):
            hosted.saved_at, hosted.saved_bytes = float(now), state_bytes
            written += state_bytes
    return written


def test_a_small_state_is_saved_as_often_as_the_settings_say() -> None:
    assert saved(100_000, 600) == 120 * 100_000


def test_a_large_state_is_saved_less_often_and_writes_no_more_than_its_bytes_a_second() -> None:
    assert saved(20_000_000, 605) == 31 * 20_000_000  # at 5 s, then each 20 s


def test_the_largest_state_is_saved_each_minute_all_the_same() -> None:
    assert saved(1_000_000_000, 605) == 11 * 1_000_000_000
