"""Raw reports into the minutes they are of: what is taken, what is refused, and why."""

import base64
from types import SimpleNamespace
from typing import Any

import msgspec

from ingest.checks.check import Bounds
from ingest.dead_letters import DeadLetter
from ingest.refusals import Reason
from streams import topics
from streams.stages.messages import Incoming, Outgoing
from streams.stages.waiting_reports import WaitingReports
from tests.streams.console.messages import iso

TIME = 1_789_513_200.0
GOOD = {"report_id": "r1", "source": "call", "longitude": 121.5, "latitude": 31.2, "kind": "jam"}


def waiting() -> WaitingReports:
    city: Any = SimpleNamespace(bounds=Bounds(121.0, 31.0, 122.0, 32.0))
    return WaitingReports(city)


def record(after_s: float = 0.0, **changed: object) -> dict[str, object]:
    return {**GOOD, "event_time": iso(TIME + after_s), **changed}


def message(*records: object, offset: int = 0, sent_at: float | None = None) -> Incoming:
    data = records[0] if isinstance(records[0], bytes) else msgspec.json.encode(records)
    return Incoming(topics.REPORTS, 0, offset, data, sent_at)


def letters(outgoing: list[Outgoing]) -> list[DeadLetter]:
    assert {out.topic for out in outgoing} <= {topics.DEAD_LETTERS}
    return [msgspec.json.decode(out.encode(), type=DeadLetter) for out in outgoing]


def test_a_report_waits_for_its_minute_and_comes_once() -> None:
    reports = waiting()
    assert reports.take(message(record(90.0), record(30.0, report_id="r2"))) == []
    due, refused = reports.due(TIME + 60.0)
    assert ([one.report_id for one in due], refused) == (["r2"], [])
    assert [one.report_id for one in reports.due(TIME + 120.0)[0]] == ["r1"]
    assert reports.due(TIME + 180.0) == ([], [])


def test_what_cannot_be_is_named_with_its_field_and_costs_only_itself() -> None:
    reports = waiting()
    bad = {
        "kind": record(report_id="a", kind="alien"),
        "longitude": record(report_id="b", longitude=200.0),
        "latitude": record(report_id="c", latitude=None),
        "event_time": record(report_id="d", event_time="soon"),
        "source": record(report_id="e", source=""),
        "report_id": record(report_id=7),
        "text": record(report_id="f", text=["plate"]),
    }
    found = letters(reports.take(message(*bad.values(), record(), offset=4)))
    assert sorted(letter.field or "" for letter in found) == sorted(bad)
    assert {(letter.source, letter.offset) for letter in found} == {("reports", 4)}
    by_field = {letter.field: letter for letter in found}
    assert "flood" in by_field["kind"].expected
    assert by_field["longitude"].value == "200.0"
    assert by_field["kind"].position == 0 and by_field["longitude"].position == 1
    assert [one.report_id for one in reports.due(TIME + 60.0)[0]] == ["r1"]
    counts = reports.counts("detect", None)
    assert counts.rows_in == counts.rows_used + sum(counts.refused.values()) == 8
    assert counts.rows_used == 1


def test_bytes_that_are_no_json_are_one_letter() -> None:
    (letter,) = letters(waiting().take(message(b"\xff\x00 crash at the bridge")))
    assert letter.reason == Reason.INVALID_JSON


def test_a_plate_in_a_text_reaches_no_letter() -> None:
    wrong = record(kind="alien", text="white van 沪A12345", caller="+86 138 0000 0000")
    (out,) = waiting().take(message(wrong))
    (letter,) = letters([out])
    kept = base64.b64decode(letter.original)
    assert b"A12345" not in kept and b"0000" not in kept
    assert b'"call"' in kept


def test_the_same_id_comes_once_and_the_second_is_refused() -> None:
    reports = waiting()
    reports.take(message(record()))
    (letter,) = letters(reports.take(message(record(5.0), offset=1)))
    assert (letter.reason, letter.field, letter.value) == (Reason.DUPLICATE, "report_id", "r1")
    assert len(reports.due(TIME + 60.0)[0]) == 1


def test_a_report_of_a_decided_minute_goes_into_the_next_unless_it_is_late() -> None:
    reports = waiting()
    reports.due(TIME + 3600.0)
    reports.take(message(record(3600.0 - 500.0), record(report_id="r2"), offset=9))
    due, refused = reports.due(TIME + 3660.0)
    assert [one.report_id for one in due] == ["r1"]
    (letter,) = letters(refused)
    assert (letter.reason, letter.field, letter.offset, letter.position) == (
        Reason.LATE, "event_time", 9, 1,
    )  # fmt: skip
    counts = reports.counts("detect", None)
    assert (counts.rows_used, counts.late) == (1, 1)


def test_a_time_ahead_of_its_sending_is_refused_at_once_next_week_with_a_minute() -> None:
    reports = waiting()
    (letter,) = letters(reports.take(message(record(3600.0), sent_at=TIME)))
    assert letter.reason == Reason.CLOCK_SKEW
    reports.take(message(record(7 * 86400.0, report_id="r2")))
    (letter,) = letters(reports.due(TIME)[1])
    assert letter.reason == Reason.BAD_TIME


def test_what_waits_outlives_its_process_and_what_was_told_is_forgotten_in_time() -> None:
    first, second = waiting(), waiting()
    first.take(message(record(90.0), record(30.0, report_id="r2"), b"".decode(), offset=3))
    first.due(TIME + 60.0)
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    assert second.due(TIME + 120.0) == first.due(TIME + 120.0)
    first.due(TIME + 3600.0)
    size = len(first.snapshot())
    for n in range(200):
        first.take(message(record(3600.0 + 60.0 * n, report_id=f"n{n}"), offset=n))
        first.due(TIME + 3660.0 + 60.0 * n)
    assert len(first.snapshot()) < size + 1000
