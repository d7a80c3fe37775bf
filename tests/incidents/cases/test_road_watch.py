"""What the road says of a case: as usual again, not as usual though somebody said so."""

import numpy as np
import pyarrow as pa
import pytest

from congestion.records import STATES
from incidents.cases.road_watch import RoadWatch
from incidents.records import Alert, iso
from tests.incidents.cases.told import MINUTE, Desk, detected

USUAL, STANDING, EMPTY = (40.0, 600.0), (5.0, 60.0), (45.0, 60.0)
"""Speed (km/h) and flow (veh/h): as before, blocked, and free because hardly anybody comes."""


def states(speed: float, flow: float, quality: str = "observed") -> pa.RecordBatch:
    """Give a minute of the only segment."""
    row = {"segment_id": "s1", "speed_kmh": speed, "flow_veh_h": flow, "quality": quality}
    return pa.RecordBatch.from_pylist([row], schema=STATES)


class Road:
    """A road whose minutes follow each other, with a desk that hears of it."""

    def __init__(self) -> None:
        self.desk, self.watch, self.minute = Desk(), RoadWatch(["s1"]), MINUTE
        noise = np.random.default_rng(1).normal(1.0, 0.1, (30, 2))
        for speed, flow in noise * USUAL:
            self.pass_minute((speed, flow))

    def pass_minute(self, seen: tuple[float, float], quality: str = "observed") -> list[Alert]:
        """Let a minute pass; give what became of the cases."""
        news = self.watch.step(self.minute, [states(*seen, quality)], self.desk.book.cases)
        self.minute += 60.0
        return self.desk.book.hear(news, self.minute)

    def words(self, *minutes: tuple[float, float]) -> list[tuple[str, str]]:
        """Give what the road said in these minutes, and the state that followed."""
        made = [case for seen in minutes for case in self.pass_minute(seen)]
        return [(case.log[-1].action, case.state) for case in made]

    def tell(self, action: str, **more: str) -> None:
        """Give a command now."""
        assert self.desk.tell(action, at=self.minute, **more).is_accepted


@pytest.fixture
def road() -> Road:
    """Give a road with half an hour of usual traffic and then an alert."""
    made = Road()
    made.desk.book.detect([detected(at=made.minute)])
    return made


def test_it_is_cleared_after_three_usual_minutes_in_a_row_though_nobody_said_so(
    road: Road,
) -> None:
    assert road.words(*[STANDING] * 3, USUAL, USUAL, STANDING, USUAL, USUAL) == []
    assert road.words(USUAL) == [("recovered", "cleared")]
    case = road.desk.case()
    assert case.stamps.t7 == case.log[-1].onset_time == iso(road.minute - 180.0)
    assert case.log[-1].reason == f"traffic as usual since {case.stamps.t7}"
    assert road.words(*[USUAL] * 6) == []


def test_a_free_road_on_which_hardly_anybody_comes_is_not_as_usual(road: Road) -> None:
    assert road.words(*[STANDING] * 3, *[EMPTY] * 6) == []


def test_an_incident_that_traffic_never_felt_is_not_cleared_by_traffic(road: Road) -> None:
    assert road.words(*[USUAL] * 9) == []


def test_a_slow_minute_or_two_are_not_the_incident(road: Road) -> None:
    # One minute in fifteen is out of the usual band by chance: a lane may be blocked ever since.
    assert road.words(STANDING, STANDING, *[USUAL] * 3, STANDING, *[USUAL] * 9) == []


def test_a_road_of_all_speeds_is_as_usual_when_it_is_nearer_to_that_than_to_the_queue() -> None:
    made = Road()
    for speed in [40.0, 8.0] * 40:  # a signal: the usual band reaches down to 5 km/h
        made.pass_minute((speed, 600.0))
    made.desk.book.detect([detected(at=made.minute)])
    queue, creeping, usual = ((speed, 600.0) for speed in (3.0, 6.5, 10.0))
    assert made.words(*[queue] * 3, *[creeping] * 4) == []
    assert made.words(*[usual] * 3) == [("recovered", "cleared")]


def test_minutes_in_which_nothing_was_measured_say_nothing(road: Road) -> None:
    road.words(*[STANDING] * 3, USUAL, USUAL)
    assert road.pass_minute(USUAL, quality="filled") == []
    assert road.pass_minute(STANDING, quality="historic") == []
    assert road.words(USUAL) == [("recovered", "cleared")]


def test_what_an_operator_cleared_is_verified_by_the_road(road: Road) -> None:
    road.words(*[STANDING] * 3)
    road.tell("clear")
    assert road.words(USUAL, USUAL, USUAL) == [("recovered", "verified")]


def test_what_an_operator_cleared_and_the_road_did_not_is_disputed_once(road: Road) -> None:
    road.words(STANDING)
    road.tell("clear")
    assert road.words(*[STANDING] * 9) == [("disputed", "cleared")]
    assert road.desk.case().is_disputed
    assert road.words(USUAL, USUAL, USUAL) == [("recovered", "verified")]
    assert not road.desk.case().is_disputed


def test_what_only_the_road_cleared_goes_on_when_it_stands_again(road: Road) -> None:
    assert road.words(*[STANDING] * 3, *[USUAL] * 3, *[STANDING] * 3) == [
        ("recovered", "cleared"), ("relapsed", "updated"),
    ]  # fmt: skip
    assert road.desk.case().stamps.t7 is None


def test_the_road_does_not_speak_against_what_was_said_after_it(road: Road) -> None:
    road.words(*[STANDING] * 3, USUAL, USUAL)
    assert road.desk.tell("acknowledge", at=road.minute + 90.0).is_accepted
    assert road.words(USUAL) == []


def test_a_watch_goes_on_from_its_snapshot(road: Road) -> None:
    road.words(*[STANDING] * 3, USUAL, USUAL)
    heir = RoadWatch(["s1"])
    heir.restore(road.watch.snapshot())
    road.watch = heir
    assert road.words(USUAL) == [("recovered", "cleared")]
    with pytest.raises(ValueError, match="segment_ids"):
        RoadWatch(["s2"]).restore(road.watch.snapshot())
