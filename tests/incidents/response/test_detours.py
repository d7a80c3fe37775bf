"""Which way around is told of a case, and when another is."""

from typing import Any

import pyarrow as pa
import pytest

from congestion.records import STATES
from incidents.records import Alert
from incidents.response.detours import A_MINUTE, AGAIN_S, Detours, detours_of
from tests.incidents.response.town import NETWORK, case

NOON = 1_789_500_000.0
ABOVE, BELOW = ["BF", "FG", "GD", "DE"], ["BH", "HI", "ID", "DE"]


def minute(**kmh: float) -> list[pa.RecordBatch]:
    """Give a minute in which the queue stands."""
    rows = [{"segment_id": s, "speed_kmh": v} for s, v in {"CD": 3.6, "BC": 3.6, **kmh}.items()]
    return [pa.RecordBatch.from_pylist(rows, schema=STATES)]


def told(detours: Detours, now: float, one: Alert, **kmh: float) -> Any:
    """Give the segments told of a case in a minute, "nothing" where there is no news."""
    found = detours_of(detours.step(now, minute(**kmh), [one]))
    return found[one.alert_id][0] if found else "nothing"


def test_a_new_case_has_its_way_around_in_the_minute_in_which_it_is_seen() -> None:
    found = detours_of(Detours(NETWORK).step(NOON, minute(FG=9.0), [case()]))
    segments, said = found["a"]
    assert segments == BELOW
    assert said == "600 m by Long Street in 60 s, 200 s in the queue"


def test_it_is_looked_for_again_after_some_minutes_and_told_where_another_is_much_quicker() -> None:
    detours = Detours(NETWORK)
    assert told(detours, NOON, case(), FG=9.0) == BELOW
    known = case(detour=BELOW)
    assert told(detours, NOON + 60.0, known, HI=1.0) == "nothing"
    assert told(detours, NOON + AGAIN_S, known, HI=30.0) == "nothing"  # a little slower
    assert told(detours, NOON + 2 * AGAIN_S, known, HI=1.0) == ABOVE


def test_a_way_that_the_queue_has_reached_is_told_no_more() -> None:
    longer = case(detour=BELOW, queue_segment_ids=["CD", "BC", "ID"])
    assert told(Detours(NETWORK), NOON, longer, ID=3.6) == ABOVE
    blocked = case(detour=BELOW, segment_id="DE", queue_segment_ids=["DE"])
    assert told(Detours(NETWORK), NOON, blocked) == []


@pytest.mark.parametrize(("kind", "expected"), [("hotspot", "nothing"), ("incident", BELOW)])
def test_of_a_short_queue_nobody_is_sent_around_but_an_incident_may_close_the_road(
    kind: Any, expected: Any
) -> None:
    assert told(Detours(NETWORK), NOON, case(kind=kind), CD=30.0, BC=30.0, FG=9.0) == expected


def test_a_case_that_is_cleared_has_none() -> None:
    assert told(Detours(NETWORK), NOON, case(state="cleared")) == "nothing"


def test_no_more_are_looked_for_in_a_minute_than_it_has_time_for_the_gravest_first() -> None:
    detours, count = Detours(NETWORK), A_MINUTE + 5
    many = [case(severity=1 + (n >= 5)) for n in range(count)]
    many = [Alert(**{**{f: getattr(one, f) for f in one.__struct_fields__}, "alert_id": f"c{n}"})
            for n, one in enumerate(many)]  # fmt: skip
    first = detours.step(NOON, minute(), many)
    assert set(first) == {f"c{n}" for n in range(5, count)}
    assert set(detours.step(NOON + 60.0, minute(), many)) == {f"c{n}" for n in range(5)}


def test_whoever_takes_over_looks_for_nothing_twice() -> None:
    detours = Detours(NETWORK)
    assert told(detours, NOON, case()) != "nothing"
    heir = Detours(NETWORK)
    heir.restore(detours.snapshot())
    assert told(heir, NOON + 60.0, case()) == "nothing"
