"""Commands at the detect stage: each done and answered once, whoever goes on, whatever comes."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pytest
from msgspec.structs import asdict

from incidents.case_records import CommandResult
from incidents.records import Alert, iso
from streams import topics
from streams.stages.detect import DetectStage
from streams.stages.messages import Incoming, Outgoing
from tests.streams.stages.test_detect import MINUTE, message, stage_of

FIRST = f"incident-s1-{MINUTE - MINUTE % 300.0:.0f}"


def command(action: str, number: int, sent_at: float | None = None, **more: Any) -> Incoming:
    """Give a command about the first alert."""
    body = {"command_id": f"c{number}", "action": action, "alert_id": FIRST, "actor": "li", **more}
    return Incoming(topics.ALERT_COMMANDS, 0, number, msgspec.json.encode(body), sent_at)


VERIFY, STALE = command("verify", 1), command("arrive", 3, expected_version=1)
SHIFT = [
    *[message(region, 0) for region in (0, 1)],
    command("acknowledge", 0),
    VERIFY,
    *[message(region, 1) for region in (0, 1)],
    command("dispatch", 2, patrol_id="p1"),
    command("acknowledge", 0),
    STALE,
    *[message(region, 2) for region in (0, 1)],
    command("arrive", 4),
    *[message(region, number) for number in (3, 4) for region in (0, 1)],
    command("clear", 5),
]
"""Minutes 0 to 4 of the alert's life and an operator's commands, two of them impossible."""


def alerts_of(outgoing: list[Outgoing]) -> list[Alert]:
    """Give the alert versions among what a stage gave."""
    found = [out.encode() for out in outgoing if out.topic == topics.ALERTS]
    return [msgspec.json.decode(data, type=Alert) for data in found]


def answers_of(outgoing: list[Outgoing]) -> list[CommandResult]:
    """Give the answers among what a stage gave."""
    found = [out.encode() for out in outgoing if out.topic == topics.COMMAND_RESULTS]
    return [msgspec.json.decode(data, type=CommandResult) for data in found]


def play(stage: DetectStage, messages: list[Incoming]) -> list[Outgoing]:
    """Give a stage messages; gives what came of them."""
    return [out for message in messages for out in stage.take(message)]


def test_a_shift_is_answered_command_by_command() -> None:
    outgoing = play(stage_of(), SHIFT)
    assert [(a.command_id, a.answer, a.version) for a in answers_of(outgoing)] == [
        ("c0", "done", 2), ("c1", "impossible", 2), ("c2", "done", 4), ("c3", "stale", 4),
        ("c4", "done", 6), ("c5", "done", 9),
    ]  # fmt: skip
    last = alerts_of(outgoing)[-1]
    assert (last.state, last.last_command_id, last.version) == ("cleared", "c5", 9)
    assert [event.action for event in last.log] == [
        "open", "acknowledge", "seen", "dispatch", "seen", "arrive", "seen", "quiet", "clear"
    ]  # fmt: skip


def deaths(shift: list[Incoming], saved: int) -> Iterator[tuple[list[Outgoing], list[Outgoing]]]:
    """Give what was published before a death, and after it by the heir, for every way to die.

    The state is that after so many messages; of what was sent since, any part has arrived.
    """
    for died in range(saved, len(shift) + 1):
        dying = stage_of()
        before = play(dying, shift[:saved])
        state = dying.snapshot()
        unsaved = play(dying, shift[saved:died])
        kinds = (topics.ALERTS, topics.COMMAND_RESULTS)
        sent = [[out for out in unsaved if out.topic == kind] for kind in kinds]
        for parts in product(*({0, len(of) // 2, len(of)} for of in sent)):
            arrived = [out for of, part in zip(sent, parts, strict=True) for out in of[:part]]
            heir = stage_of()
            heir.restore(state)
            for alert in alerts_of(arrived):
                heir.note_published(alert)
            for answer in answers_of(arrived):
                heir.note_answered(answer)
            yield before + arrived, play(heir, shift[saved:])


@pytest.mark.parametrize("saved", range(len(SHIFT) + 1))
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(saved: int) -> None:
    shift = [one for one in SHIFT if one not in (VERIFY, STALE)]
    undisturbed = play(stage_of(), shift)
    for before, after in deaths(shift, min(saved, len(shift))):
        assert alerts_of(before) + alerts_of(after) == alerts_of(undisturbed)
        assert answers_of(before) + answers_of(after) == answers_of(undisturbed)


@pytest.mark.parametrize("saved", range(len(SHIFT) + 1))
def test_what_is_refused_is_answered_once_and_may_be_judged_later_where_a_worker_was_killed(
    saved: int,
) -> None:
    for before, after in deaths(SHIFT, saved):
        alerts, answers = (of(before) + of(after) for of in (alerts_of, answers_of))
        assert [alert.version for alert in alerts] == list(range(1, len(alerts) + 1))
        assert sorted(answer.command_id for answer in answers) == [f"c{n}" for n in range(6)]
        done = [event.command_id for event in alerts[-1].log if event.command_id]
        assert sorted(done) == sorted(a.command_id for a in answers if a.is_accepted)


def test_a_worker_that_knows_only_the_topics_goes_on_from_them() -> None:
    undisturbed = play(stage_of(), SHIFT)
    heir = stage_of()
    heir.note_published(alerts_of(undisturbed)[-1])  # all that a compacted topic still has
    for answer in answers_of(undisturbed):
        heir.note_answered(answer)
    assert play(heir, SHIFT) == []


@pytest.mark.parametrize(
    ("data", "reason", "answer"),
    [
        (b"\xff\x00", "invalid_json", None),
        (b'{"command_id": "c\xbb", "action": "close", "actor": "li"}', "invalid_json", None),
        (b'{"command_id": "x", "action": "comment", "actor": "li", "comment": "\xff"}',
         "invalid_json", "utf-8"),
        (b"[1, 2]", "wrong_type", None),
        (b"{}", "wrong_type", None),
        (b'{"command_id": 7, "action": "close"}', "wrong_type", None),
        (b'{"command_id": "x", "action": "explode", "actor": "li"}', "wrong_type", "explode"),
        (b'{"command_id": "x", "action": "close"}', "wrong_type", "`actor`"),
        (b'{"command_id": "x", "action": "close", "actor": "li", "at": "noon"}',
         "wrong_type", "at 'noon'"),
        (b'{"command_id": "x", "action": "close", "actor": "li", "at": "9999-12-31T23:59:59.9Z"}',
         "wrong_type", "from 1970 to 2999"),
        (b'{"command_id": "x", "action": "close", "actor": "li", "colour": 1}',
         "wrong_type", "colour"),
        (b'{"command_id": "x", "deep": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
         "wrong_type", None),
    ],
)  # fmt: skip
def test_rubbish_goes_to_dead_letters_and_is_answered_where_it_says_whose(
    data: bytes, reason: str, answer: str | None
) -> None:
    stage = stage_of()
    outgoing = stage.take(Incoming(topics.ALERT_COMMANDS, 0, 0, data))
    (letter,) = [out for out in outgoing if out.topic == topics.DEAD_LETTERS]
    assert msgspec.json.decode(letter.encode())["reason"] == reason
    answers = answers_of(outgoing)
    assert len(answers) == (answer is not None)
    for given in answers:
        assert (given.command_id, given.answer) == ("x", "malformed")
        assert answer is not None and answer in (given.reason or "")
    assert stage.counts()[2].refused == {reason: 1}


def test_a_clock_that_is_off_is_not_believed_and_that_is_logged() -> None:
    stage = stage_of()
    minute = MINUTE + 60.0 + 90.0  # when minute 0 is decided
    play(stage, [message_sent(region, 0, minute + 1.0) for region in (0, 1)])
    said = iso(minute - 300.0)
    (case,) = alerts_of(play(stage, [command("confirm", 1, minute + 20.0, at=said)]))
    assert (case.stamps.t2, case.log[-1].said_at) == (iso(minute + 20.0), said)
    near = iso(minute + 25.0)
    (case,) = alerts_of(play(stage, [command("comment", 2, minute + 30.0, at=near, comment="x")]))
    assert (case.event_time, case.log[-1].said_at) == (near, None)


def test_in_a_recording_commands_are_of_its_time() -> None:
    stage = stage_of()
    today = MINUTE + 400 * 86_400.0
    play(stage, [message_sent(region, 0, today) for region in (0, 1)])
    (case,) = alerts_of(play(stage, [command("confirm", 1, today + 20.0, at=iso(today + 19.0))]))
    assert (case.stamps.t2, case.log[-1].said_at) == (iso(MINUTE + 150.0 + 20.0), None)


def test_after_a_recording_its_time_goes_on_from_its_end_and_not_from_where_it_was_closed() -> None:
    stage = stage_of()
    today = MINUTE + 400 * 86_400.0
    play(stage, [message_sent(region, 5, today) for region in (0, 1)])  # a new alert, the last row
    play(stage, [message_sent(r, n, today + 0.1, "filled") for n in range(11, 16) for r in (0, 1)])
    given = command("confirm", 1, today + 20.0, alert_id=f"incident-s1-{MINUTE + 300.0:.0f}")
    (case,) = alerts_of(play(stage, [given]))
    assert case.stamps.t2 == iso(MINUTE + 300.0 + 150.0 + 20.0)


def message_sent(region: int, number: int, sent_at: float, quality: str = "observed") -> Incoming:
    """Give a region's minute that was sent at a time."""
    plain = message(region, number, quality)
    return Incoming(plain.topic, plain.partition, plain.offset, plain.content, sent_at)


def test_an_answer_has_the_fields_that_clients_read() -> None:
    (answer,) = answers_of(play(stage_of(), [command("acknowledge", 0)]))
    assert asdict(answer) == {
        "command_id": "c0", "alert_id": FIRST, "is_accepted": False,
        "reason": f"alert {FIRST!r} is not known", "version": None, "answer": "impossible",
    }  # fmt: skip


def test_each_version_on_its_way_says_in_cloudevents_headers_which_it_is() -> None:
    out = [one for one in play(stage_of(), SHIFT) if one.topic == topics.ALERTS]
    said = [dict(one.headers) for one in out]
    made = [f"{case.alert_id}/{case.version}".encode() for case in alerts_of(out)]
    assert [headers["ce_id"] for headers in said] == made
    assert {headers["ce_specversion"] for headers in said} == {b"1.0"}
