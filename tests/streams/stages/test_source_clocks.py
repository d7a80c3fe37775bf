"""Whose times are believed: claims of several sources and when they were sent, played by hand."""

import pytest

from streams.stages.source_clocks import SourceClocks

HOUR = 3600.0
T = 1_789_515_000.0
SOURCES = ("bus", "taxi", "loop", "camera")
LONG_AGO = -60 * 86400.0  # a recording's times beside those of its sending


class Play:
    """Sources that speak every ten seconds of their time; remembers each one's last verdict."""

    def __init__(self, pace: float = 1.0) -> None:
        self.clocks = SourceClocks(SOURCES)
        self.said: dict[str, bool | None] = {}
        self._pace = pace

    def speak(
        self, first: float, last: float, offset: float = LONG_AGO, **off: float | None
    ) -> dict[str, bool | None]:
        """Let all speak from a second to another, some hours off the others, None: silent."""
        time = first
        while time < last:
            for number, source in enumerate(SOURCES):
                hours = off.get(source, 0.0)
                if hours is None:
                    continue
                sent = T + time / self._pace + 0.01 * number
                claim = T + offset + time + hours * HOUR
                track = self.clocks.take(source, 0, sent, claim)
                self.said[source] = self.clocks.verdict(source, 0, track)
            time += 10.0
        return self.said

    def decide(self, source: str) -> bool | None:
        """Give what is said of a source once it was waited for the others."""
        number = self.clocks.tracks(source, 0)[-1].number
        return self.clocks.verdict(source, 0, number, is_patient=True)


ALL = dict.fromkeys(SOURCES, True)


@pytest.mark.parametrize("pace", [1.0, 15.0, 1000.0])
@pytest.mark.parametrize("offset", [0.0, 8 * HOUR, LONG_AGO, -LONG_AGO])
def test_sources_that_agree_are_believed_whatever_the_time_of_their_recording(
    pace: float, offset: float
) -> None:
    assert Play(pace).speak(0, 600, offset) == ALL


@pytest.mark.parametrize("pace", [1.0, 15.0])
@pytest.mark.parametrize("offset", [0.0, LONG_AGO])
@pytest.mark.parametrize("hours", [8.0, -8.0, 1.0])
@pytest.mark.parametrize("source", SOURCES)
def test_one_source_hours_off_is_not_believed_until_it_is_put_right(
    source: str, hours: float, offset: float, pace: float
) -> None:
    play = Play(pace)
    assert play.speak(0, 240, offset, **{source: hours}) == {**ALL, source: False}
    assert play.speak(240, 600, offset) == ALL


@pytest.mark.parametrize("hours", [8.0, -8.0])
def test_a_source_that_goes_wrong_after_an_hour_is_not_believed(hours: float) -> None:
    play = Play()
    play.speak(0, 3600)
    assert play.speak(3600, 4000, bus=hours) == {**ALL, "bus": False}
    assert play.speak(4000, 4300) == ALL


@pytest.mark.parametrize("first", ["bus", "taxi"])
def test_of_two_that_differ_with_no_third_the_earlier_is_believed(first: str) -> None:
    play = Play(15.0)
    nobody = {"loop": None, "camera": None}
    other = {"bus": "taxi", "taxi": "bus"}[first]
    hours = {} if first == "taxi" else {"bus": 8.0}
    assert play.speak(0, 60, **nobody, **{**hours, other: None})[first] is None
    play.speak(60, 240, **nobody, bus=8.0)
    assert play.said == {"bus": None, "taxi": None}
    assert play.decide("bus") is False and play.decide("taxi") is True
    assert play.speak(240, 300, **nobody) == {"bus": True, "taxi": True}


def test_alone_ahead_of_its_sending_is_not_believed_but_a_recording_is() -> None:
    only = {"taxi": None, "loop": None, "camera": None}
    for offset, pace, expected in (
        (8 * HOUR, 1.0, False), (8 * HOUR, 15.0, True), (-8 * HOUR, 1.0, True),
        (LONG_AGO, 1.0, True), (-LONG_AGO, 1.0, True), (0.0, 1.0, True),
    ):  # fmt: skip
        play = Play(pace)
        play.speak(0, 240, offset, **only)
        assert play.decide("bus") is expected, (offset, pace)


def test_two_gateways_ahead_of_the_sending_do_not_outvote_those_that_are_right() -> None:
    play = Play()
    both = {"bus": 8.0, "taxi": 8.0}
    assert play.speak(0, 60, 0.0, loop=None, camera=None, **both) == {"bus": None, "taxi": None}
    assert play.speak(60, 240, 0.0, **both) == {**ALL, "bus": False, "taxi": False}
    assert play.speak(240, 300, 0.0) == ALL


def test_a_silence_of_hours_that_all_share_is_no_wrong_clock() -> None:
    for pace in (1.0, 15.0, 1000.0):
        play = Play(pace)
        play.speak(0, 600)
        assert play.speak(6 * HOUR, 6 * HOUR + 60) == ALL


def test_one_source_that_is_back_after_hours_is_believed_at_once() -> None:
    play = Play()
    play.speak(0, 600)
    play.speak(600, 3 * HOUR, bus=None)
    assert play.speak(3 * HOUR, 3 * HOUR + 10) == ALL


def test_messages_of_one_vehicle_in_another_time_zone_change_nothing() -> None:
    play = Play()
    play.speak(0, 600)
    for step in range(60):
        play.speak(600 + 10 * step, 610 + 10 * step)
        track = play.clocks.take("bus", 0, T + 605 + 10 * step, T + LONG_AGO + 8 * HOUR)
        play.clocks.verdict("bus", 0, track)
    assert play.clocks.verdict("bus", 0, track) is False
    assert play.speak(1200, 1300) == ALL


def test_sources_read_one_after_the_other_are_all_believed() -> None:
    """A topic may be read to its end before the next one is begun."""
    clocks = SourceClocks(SOURCES)
    for source in SOURCES:
        for second in range(0, 7200, 10):
            track = clocks.take(source, 0, T + second / 15.0, T + LONG_AGO + second)
            said = clocks.verdict(source, 0, track)
        assert said is (None if source == "bus" else True)
    assert clocks.verdict("bus", 0, 1) is True


def test_sources_sent_one_after_the_other_are_all_believed() -> None:
    clocks = SourceClocks(SOURCES)
    for number, source in enumerate(SOURCES):
        for second in range(0, 7200, 10):
            sent = T + number + second / 7200.0
            track = clocks.take(source, 0, sent, T + LONG_AGO + second)
            said = clocks.verdict(source, 0, track)
        assert said is (None if source == "bus" else True)
    assert clocks.verdict("bus", 0, 1) is True


def test_what_was_saved_of_a_channel_is_judged_alike_after_it_is_put_back() -> None:
    play = Play()
    play.speak(0, 600)
    play.speak(600, 700, bus=8.0)
    other = Play()
    for source in SOURCES:
        other.clocks.put(source, 0, play.clocks.tracks(source, 0))
    assert other.speak(700, 800, bus=8.0) == {**ALL, "bus": False}
    assert other.speak(800, 900) == ALL
