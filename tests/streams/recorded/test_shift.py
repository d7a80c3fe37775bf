"""A scripted shift over the recording that ships: every alarm comes to an end, with its clock.

And the same whoever sees it through: a stage that is made anew after every message, or one that
is killed and takes some of them again, publishes what an undisturbed one does.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from incidents.cases.case import replay
from incidents.cases.table import LIVE
from incidents.records import Alert
from ingest.recorded.feed import Feed, open_feed
from streams import topics
from streams.recorded.run import run_feed
from streams.stages.detect import DetectStage
from streams.stages.messages import Incoming, Outgoing
from streams.stages.minute_header import MinuteHeader
from tests.shift import Operator
from tests.streams.chain_parts import chain_of
from tests.streams.stages.test_case_desk import alerts_of, answers_of

pytestmark = pytest.mark.slow
AFTER_S = 60.0
LONGEST_SHIFT = 120
SAVED_EVERY = 7
TOLD = (topics.ALERTS, topics.COMMAND_RESULTS)


class Listening:
    """A stage that remembers what it was given."""

    def __init__(self, stage: DetectStage, heard: list[Incoming]) -> None:
        self._stage, self._heard = stage, heard

    def take(self, message: Incoming) -> list[Outgoing]:
        self._heard.append(message)
        return self._stage.take(message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage, name)


@pytest.fixture(scope="module")
def recorded(project_data: Path, network_cache: Path, tmp_path_factory) -> tuple[Any, list]:
    """Give the chain of the small recording, and the minutes that its detection is given."""
    feed: Feed = open_feed(project_data / "feeds" / "shanghai-core-small")
    chain, settings = chain_of(feed, network_cache)
    heard: list[Incoming] = []
    make = chain.detect_stage
    chain.detect_stage = lambda *a, **k: Listening(make(*a, **k), heard)  # type: ignore
    run_feed(feed, chain, tmp_path_factory.mktemp("run"), settings)
    del chain.detect_stage
    return chain, [message for message in heard if message.topic == topics.STATES]


Step = tuple[Incoming, list[Outgoing]]


def shift_of(stage: DetectStage, minutes: list[Incoming]) -> Iterator[Step]:
    """Play the minutes and see every case through; gives each message and what came of it."""
    operator, count = Operator(), 0

    def take(topic: str, data: bytes | Any, now: float) -> Step:
        nonlocal count
        message, count = Incoming(topic, 0, count, data, now), count + 1
        out = stage.take(message)
        operator.see(alerts_of(out))
        return message, out

    def at_desk(now: float) -> Iterator[Step]:
        for data in operator.patrols(now):
            yield take(topics.PATROLS, data, now)
        for data in operator.commands(now):
            yield take(topics.ALERT_COMMANDS, data, now)

    now = 0.0
    for minute in minutes:
        frame: Any = minute.content
        is_tick = not frame.batch.num_rows
        if not is_tick:
            now = msgspec.json.decode(frame.header.payload, type=MinuteHeader).event_time
        yield take(minute.topic, frame, now)
        if not is_tick:
            yield from at_desk(now)
    for number in range(LONGEST_SHIFT):
        if all(case.state not in LIVE for case in operator.cases.values()):
            return
        yield from at_desk(now + AFTER_S * (number + 1))
    raise AssertionError("the shift never ends")


@pytest.fixture(scope="module")
def undisturbed(recorded) -> list[Step]:
    """Give every message of the shift, and what came of it."""
    chain, minutes = recorded
    return list(shift_of(chain.detect_stage(), minutes))


def cases_of(steps: list[Step]) -> dict[str, Alert]:
    """Give the newest version of each case."""
    return {alert.alert_id: alert for _, out in steps for alert in alerts_of(out)}


def test_every_alarm_comes_to_an_end_and_its_clock_is_complete(undisturbed: list[Step]) -> None:
    cases = cases_of(undisturbed)
    assert len(cases) >= 5
    assert {case.state for case in cases.values()} <= {"closed", "merged", "dismissed"}
    for case in cases.values():
        if case.state == "closed":
            stamps = [getattr(case.stamps, name) for name in case.stamps.__struct_fields__]
            lacks = [f"t{n}" for n, stamp in enumerate(stamps) if stamp is None]
            # What was over before anybody could be sent has no dispatch, and says so.
            assert set(lacks) <= {"t3"}, (case.alert_id, lacks)
            assert case.log[-1].reason == "seen through"
    answers = [answer for _, out in undisturbed for answer in answers_of(out)]
    assert all(answer.is_accepted for answer in answers), answers
    assert any(case.patrol is not None for case in cases.values())


def test_the_log_of_each_case_replays_to_the_same_case(undisturbed: list[Step]) -> None:
    for case in cases_of(undisturbed).values():
        assert replay(case.log, case) == case
        told = [a.version for _, out in undisturbed for a in alerts_of(out)
                if a.alert_id == case.alert_id]  # fmt: skip
        assert told == [event.version for event in case.log]


def test_a_stage_made_anew_after_each_message_publishes_the_same(
    recorded, undisturbed: list[Step]
) -> None:
    chain, _ = recorded
    stage = chain.detect_stage()
    for message, expected in undisturbed:
        assert stage.take(message) == expected
        heir = chain.detect_stage()
        heir.restore(stage.snapshot())
        stage = heir


def test_a_stage_that_is_killed_loses_and_doubles_nothing(
    recorded, undisturbed: list[Step]
) -> None:
    chain, _ = recorded
    stage = chain.detect_stage()
    for first in range(0, len(undisturbed) - SAVED_EVERY, SAVED_EVERY):
        # What was published is on the topics, though the state that made it was never saved.
        heir = chain.detect_stage()
        heir.restore(stage.snapshot())
        lost = undisturbed[first : first + SAVED_EVERY]
        for alert in (alert for _, out in lost for alert in alerts_of(out)):
            heir.note_published(alert)
        for answer in (answer for _, out in lost for answer in answers_of(out)):
            heir.note_answered(answer)
        again = [one for message, _ in lost for one in heir.take(message)]
        assert [one for one in again if one.topic in TOLD] == [], first
        stage = heir
    left = undisturbed[len(range(0, len(undisturbed) - SAVED_EVERY, SAVED_EVERY)) * SAVED_EVERY :]
    for message, expected in left:
        assert stage.take(message) == expected
