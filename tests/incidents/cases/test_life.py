"""The life of a case, step by step."""

import msgspec
import pytest

from incidents.case_records import LaneImpact
from incidents.cases.case import replay
from incidents.cases.table import NEXT, possible
from incidents.records import iso
from tests.incidents.cases.told import MINUTE, Desk, detected

LIFE = ("acknowledge", "confirm", "dispatch", "arrive", "clearing", "clear", "verify", "close")


def opened(**settings: float) -> Desk:
    """Give a desk with one alert of the detector."""
    desk = Desk(**settings)
    desk.book.detect([detected()])
    return desk


def live_through(desk: Desk, until: str) -> None:
    """Give the commands of a whole life, a minute each, up to one of them."""
    for number, action in enumerate(LIFE[: LIFE.index(until) + 1]):
        told = desk.tell(action, at=MINUTE + 60.0 * number, patrol_id="p1")
        assert told.is_accepted, told.reason


def test_a_whole_life_leaves_a_complete_clock_and_a_log_that_replays_to_the_same_case() -> None:
    desk = opened()
    live_through(desk, "close")
    case = desk.case()
    assert case.state == "closed"
    assert [event.action for event in case.log] == ["open", *LIFE]
    assert [event.version for event in case.log] == list(range(1, 10)) and case.version == 9
    stamps = msgspec.structs.asdict(case.stamps)
    assert stamps == {
        "t0": iso(MINUTE - 120), "t1": iso(MINUTE), "t2": iso(MINUTE + 60),
        "t3": iso(MINUTE + 120), "t4": iso(MINUTE + 180), "t5": iso(MINUTE + 300),
        "t6": iso(MINUTE + 300), "t7": iso(MINUTE + 360),
    }  # fmt: skip
    assert replay(case.log, case) == case


def test_two_operators_at_once_the_second_is_told_who_was_first() -> None:
    desk = opened()
    assert desk.tell("acknowledge", expected_version=1, actor="li").is_accepted
    late = desk.tell("acknowledge", expected_version=1, actor="wang")
    assert (late.is_accepted, late.answer, late.version) == (False, "stale", 2)
    assert "acknowledge by li" in (late.reason or "")
    assert desk.case().version == 2


def test_a_command_sent_twice_is_done_once_and_answered_the_same() -> None:
    desk = opened()
    first = desk.tell("comment", command_id="x", comment="a van")
    assert desk.tell("comment", command_id="x", comment="a van") == first
    assert desk.case().version == 2


def test_what_is_impossible_says_what_would_be_possible_and_changes_nothing() -> None:
    desk = opened()
    before = desk.case()
    told = desk.tell("verify")
    assert (told.answer, told.version) == ("impossible", 1)
    assert all(action in (told.reason or "") for action in possible("open"))
    assert desk.case() == before


@pytest.mark.parametrize(
    ("action", "more", "says"),
    [
        ("acknowledge", {"alert_id": "nobody"}, "'nobody' is not known"),
        ("dismiss", {"reason": "boring"}, "expected one of false, duplicate, known, test"),
        ("dismiss", {}, "needs reason"),
        ("dispatch", {}, "needs patrol_id or unit"),
        ("assign", {}, "needs unit"),
        ("comment", {}, "needs comment"),
        ("comment", {"comment": " \n"}, "needs comment"),
        ("suppress", {"reason": "works", "until": "tomorrow"}, "until 'tomorrow'"),
        ("suppress", {"reason": "works", "until": "2026-09-15T23:30:00"}, "offset from UTC"),
        ("suppress", {"reason": "works", "until": iso(MINUTE - 60)}, "expected after"),
        ("suppress", {"reason": "works", "until": iso(MINUTE + 1e6)}, "within 24 h"),
        ("suppress", {"until": iso(MINUTE + 600)}, "needs reason"),
        ("merge", {"into": "d1"}, "the same case"),
        ("merge", {"into": "d7"}, "not known"),
        ("lane_impact", {"lane_impact": [LaneImpact(1, "open")] * 2}, "a lane twice"),
        ("edit", {}, "needs a place"),
        ("edit", {"cause": "aliens"}, "cause 'aliens'"),
        ("edit", {"segment_id": "nowhere"}, "not in the network"),
        ("create", {"alert_id": None}, "needs longitude"),
        ("create", {"alert_id": "d1", "segment_id": "s9"}, "expected null"),
    ],
)
def test_a_command_that_lacks_something_is_answered_with_what(action, more, says) -> None:
    desk = opened()
    before = desk.case()
    told = desk.tell(action, **more)
    assert not told.is_accepted and says in (told.reason or "")
    assert desk.book.cases == [before]


def test_closing_needs_every_stamp_or_a_reason() -> None:
    desk = opened()
    assert desk.tell("clear").is_accepted
    assert desk.tell("verify").is_accepted
    told = desk.tell("close")
    assert told.reason == "t2, t3, t4 missing on the incident clock: close it with a reason"
    assert desk.tell("close", reason="gone before we came").is_accepted


def test_closing_needs_a_reason_for_stamps_that_are_far_apart() -> None:
    desk = opened()
    live_through(desk, "clear")
    desk.tell("verify", at=MINUTE + 300.0 + 16 * 60.0)
    told = desk.tell("close", at=MINUTE + 1300.0)
    assert told.reason == "t6 and t7 are 16 min apart: close it with a reason"


def test_it_is_opened_again_within_a_quarter_of_an_hour_and_not_later() -> None:
    desk = opened()
    live_through(desk, "close")
    closed = MINUTE + 7 * 60.0
    assert "create another one" in (desk.tell("reopen", at=closed + 901.0).reason or "")
    assert desk.tell("reopen", at=closed + 900.0).is_accepted
    stamps = desk.case().stamps
    assert desk.case().state == "acknowledged"
    assert stamps.t4 is not None and (stamps.t5, stamps.t6, stamps.t7) == (None, None, None)


def test_a_merged_case_is_split_off_again() -> None:
    desk = opened()
    desk.book.detect([detected("d2", segment_id="s7")])
    assert desk.tell("merge", into="d2").is_accepted
    assert (desk.case().state, desk.case().merged_into) == ("merged", "d2")
    assert "merged" in (desk.tell("merge", "d2", into="d1").reason or "")
    assert desk.tell("split").is_accepted
    assert (desk.case().state, desk.case().merged_into) == ("acknowledged", None)


def test_lanes_are_versioned_and_all_of_them_open_is_a_stamp() -> None:
    desk = opened()
    blocked, free = LaneImpact(1, "blocked"), LaneImpact(1, "open")
    desk.tell("lane_impact", lane_impact=[blocked, LaneImpact("right shoulder", "slow")])
    assert (desk.case().lane_impact_version, desk.case().stamps.t5) == (1, None)
    desk.tell("lane_impact", lane_impact=[free], at=MINUTE + 90.0)
    assert (desk.case().lane_impact_version, desk.case().stamps.t5) == (2, iso(MINUTE + 90.0))
    desk.tell("lane_impact", lane_impact=[blocked])
    assert desk.case().stamps.t5 is None


def test_what_is_over_is_no_longer_public() -> None:
    desk = opened()
    desk.tell("publish")
    assert desk.case().is_published
    desk.tell("dismiss", reason="false")
    assert (desk.case().is_published, desk.case().dismissed_as) == (False, "false")


def test_the_table_has_no_way_out_of_a_dead_state_but_reopen_and_split() -> None:
    ways = {(at, name) for (at, name), to in NEXT.items() if to != at}
    assert {name for at, name in ways if at == "closed"} == {"reopen", "seen_again"}
    assert {name for at, name in ways if at == "dismissed"} == {"reopen"}
    assert {name for at, name in ways if at == "merged"} == {"split"}
