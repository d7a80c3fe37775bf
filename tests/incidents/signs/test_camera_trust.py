"""Which cameras are believed less, and how fast that is forgotten."""

import pytest

from incidents.settings import CameraSettings
from incidents.signs.camera_trust import CameraTrust

SETTINGS = CameraSettings(usual_wrong_per_hour=0.1, confirm_minutes=15.0)


def after(minutes: int, words: dict[str, int], shown: frozenset[int] = frozenset()) -> CameraTrust:
    """Give the trust after minutes in which each camera spoke every so many, each of segment 3."""
    trust = CameraTrust(SETTINGS)
    for minute in range(minutes):
        trust.pass_minute()
        for camera, every in words.items():
            if minute % every == 0:
                trust.hear(camera, 3, 60.0 * minute)
        trust.learn(60.0 * minute + 60.0, set(shown), {3})
    return trust


def test_a_camera_that_is_wrong_as_often_as_cameras_are_is_believed_as_they_are() -> None:
    assert after(1200, {"k": 600}).doubt("k") == pytest.approx(0.0, abs=0.2)
    assert after(1200, {"k": 600}).doubt("never heard of") == 0.0


def test_one_that_cries_wolf_every_minute_is_doubted_within_the_hour() -> None:
    trust = after(60, {"k": 1, "other": 600})
    # Nine words of five minutes each were over a quarter of an hour ago: ten in eleven hours
    # where one is usual.
    assert trust.doubt("k") == pytest.approx(2.3, abs=0.1)
    assert trust.doubt("other") < 0.7


def test_what_other_sensors_show_was_right_however_often_it_is_said() -> None:
    assert after(120, {"k": 1}, frozenset({3})).doubt("k") == 0.0


def test_where_no_sensor_watches_nobody_was_wrong() -> None:
    trust = CameraTrust(SETTINGS)
    for minute in range(60):
        trust.pass_minute()
        trust.hear("k", 3, 60.0 * minute)
        trust.learn(60.0 * minute + 60.0, set(), set())
    assert trust.doubt("k") == 0.0


def test_a_wrong_word_counts_half_after_half_a_day_and_a_restored_trust_knows_it() -> None:
    trust = after(60, {"k": 1})
    before = trust.wrong["k"]
    for _ in range(720):
        trust.pass_minute()
    assert trust.wrong["k"] == pytest.approx(before / 2)
    other = CameraTrust(SETTINGS)
    other.restore(trust.snapshot())
    assert (other.doubt("k"), other.words) == (trust.doubt("k"), trust.words)
