"""Patrols at the case desk: proposed, sent, replaced; what they send in any form."""

import json
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from incidents.case_records import AssignedPatrol, CommandResult
from incidents.cases.case import replay
from incidents.records import Alert, iso
from incidents.response.plans import ResponsePlan
from mapmatch.projection import LocalPlane
from streams import topics
from streams.stages.case_desk import CaseDesk
from streams.stages.city_minute import CityMinute
from streams.stages.messages import Incoming
from tests.drawing import draw
from tests.incidents.cases.told import MINUTE, detected

NETWORK = draw("A---B---C---D", cell_m=100).network
PLANE = LocalPlane(NETWORK)


def patrol(patrol_id: str, node: str, at: float = MINUTE, **more: Any) -> dict[str, Any]:
    """Give what a patrol at a node says."""
    number = NETWORK.node_ids.index(node)
    longitude, latitude = PLANE.to_degrees(NETWORK.node_x[[number]], NETWORK.node_y[[number]])
    place = {"longitude": float(np.round(longitude[0], 6)), "latitude": float(latitude[0])}
    return {"patrol_id": patrol_id, "event_time": iso(at), "status": "free", **place, **more}


class Shift:
    """A desk of a town of one street, and its minutes."""

    def __init__(self) -> None:
        self.desk = CaseDesk(self.city())
        self.now = MINUTE

    @staticmethod
    def city() -> Any:
        return SimpleNamespace(network=NETWORK)

    def say(self, *patrols: dict[str, Any]) -> None:
        """Let patrols say where they are, a line each."""
        data = "\n".join(map(json.dumps, patrols)).encode()
        assert self.desk.take(Incoming(topics.PATROLS, 0, 0, data)) == []

    def pass_minute(self, *alerts: Alert) -> list[Alert]:
        """Let a minute pass; give the versions of cases that it makes."""
        self.now += 60.0
        return self.desk.step(CityMinute(self.now - 60.0, self.now, [], []), None, alerts)

    def command(self, action: str, **more: Any) -> Alert:
        """Give a command; give the version that it makes."""
        body = {"command_id": action, "action": action, "actor": "li", "alert_id": "d1", **more}
        message = Incoming(topics.ALERT_COMMANDS, 0, 0, json.dumps(body).encode(), self.now)
        version, _ = self.desk.take(message)
        return msgspec.json.decode(version.encode(), type=Alert)


def alert() -> Alert:
    """Give a new alert in the middle of the street."""
    return msgspec.structs.replace(detected(at=MINUTE + 60.0, segment_id="BC"), offset_m=100.0)


def test_a_case_is_proposed_the_patrol_that_is_there_first_and_keeps_why_when_it_is_sent() -> None:
    shift = Shift()
    shift.say(patrol("pa", "A"), patrol("pb", "B"))
    opened, proposed = shift.pass_minute(alert())
    assert opened.patrol is None and proposed.patrol is not None
    assert (proposed.version, proposed.log[-1].action, proposed.patrol.id) == (2, "propose", "pb")
    assert "s away at the speeds of now; next pa:" in (proposed.patrol.why or "")
    assert shift.pass_minute() == []
    assert shift.command("dispatch", patrol_id="pb").patrol == proposed.patrol
    shift.say(patrol("pb", "B", shift.now, status="busy"))
    assert shift.pass_minute() == []


def test_who_is_sent_and_was_not_proposed_is_the_patrol() -> None:
    shift = Shift()
    shift.say(patrol("pa", "A"), patrol("pb", "B"))
    shift.pass_minute(alert())
    assert shift.command("dispatch", patrol_id="pa").patrol == AssignedPatrol("pa")


def test_a_patrol_that_is_sent_and_says_so_itself_is_on_its_way_since_then() -> None:
    shift = Shift()
    shift.say(patrol("pa", "A"))
    shift.pass_minute(alert())
    sent = shift.command("dispatch", patrol_id="pa")
    assert sent.patrol is not None and sent.patrol.accepted_time is None
    shift.now += 20.0
    going = shift.command("dispatch", command_id="again", patrol_id="pa")
    assert going.state == "dispatched" and going.patrol is not None
    assert going.patrol.accepted_time == going.log[-1].time == iso(shift.now)
    assert (going.patrol.why, going.stamps.t3) == (sent.patrol.why, sent.stamps.t3)
    assert replay(going.log, going) == going
    shift.now += 20.0
    still = shift.command("dispatch", command_id="and again", patrol_id="pa")
    assert still.patrol == going.patrol
    other = shift.command("dispatch", command_id="other", unit="u2")
    assert other.patrol == going.patrol  # a unit helps; the patrol goes on


def test_another_is_proposed_at_once_where_the_first_is_busy_and_nobody_where_none_is() -> None:
    shift = Shift()
    shift.say(patrol("pa", "A"), patrol("pb", "B"))
    shift.pass_minute(alert())
    shift.say(patrol("pb", "B", MINUTE + 90.0, status="busy"))
    (other,) = shift.pass_minute()
    assert other.patrol is not None and other.patrol.id == "pa"
    for _ in range(3):
        assert shift.pass_minute() == []
    (none,) = shift.pass_minute()  # nothing heard of it for more than five minutes
    assert none.patrol is None


def test_a_desk_that_takes_over_proposes_nothing_twice() -> None:
    shift = Shift()
    shift.say(patrol("pa", "A"))
    state = shift.desk.snapshot()
    made = shift.pass_minute(alert())
    heir = Shift()
    heir.desk.restore(state)
    for version in made:
        heir.desk.note_published(version)
    assert heir.pass_minute(alert()) == []
    assert heir.pass_minute() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "asleep"}, "asleep"),
        ({"event_time": "noon"}, "event_time 'noon'"),
        ({"event_time": 7}, "event_time 7"),
        ({"longitude": 200.0}, "180"),
        ({"patrol_id": None}, "patrol_id"),
    ],
)
def test_a_patrol_that_says_what_cannot_be_goes_to_dead_letters_alone(
    change: dict[str, Any], says: str
) -> None:
    desk = CaseDesk(Shift.city())
    data = json.dumps([patrol("pa", "A"), {**patrol("pb", "B"), **change}]).encode()
    (letter,) = desk.take(Incoming(topics.PATROLS, 0, 0, data))
    found = msgspec.json.decode(letter.encode())
    assert (found["source"], found["position"]) == (topics.PATROLS, 1) and says in found["value"]
    counts = desk.counts("detect", None)[1]
    assert (counts.rows_in, counts.rows_used, counts.refused) == (2, 1, {"wrong_type": 1})


def test_rubbish_from_patrols_goes_to_dead_letters() -> None:
    desk = CaseDesk(Shift.city())
    (letter,) = desk.take(Incoming(topics.PATROLS, 0, 0, b"\x00\x01"))
    assert msgspec.json.decode(letter.encode())["reason"] == "invalid_json"


def test_a_patrol_nested_without_end_goes_to_dead_letters_and_its_neighbour_is_taken() -> None:
    deep = b'{"plate": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    shift = Shift()
    data = json.dumps(patrol("p1", "A")).encode() + b"\n" + deep
    (letter,) = shift.desk.take(Incoming(topics.PATROLS, 0, 0, data))
    assert b"recursion" in letter.encode()
    (_, proposed) = shift.pass_minute(alert())
    assert proposed.patrol is not None and proposed.patrol.id == "p1"


def test_another_is_proposed_where_the_patrol_that_was_sent_vanishes_before_it_is_there() -> None:
    shift = Shift()
    shift.say(patrol("pa", "A"), patrol("pb", "B"))
    shift.pass_minute(alert())
    sent = shift.command("dispatch", patrol_id="pb")
    for _ in range(4):
        shift.say(patrol("pa", "A", shift.now))
        assert shift.pass_minute() == []
    shift.say(patrol("pa", "A", shift.now))
    lost, proposed = shift.pass_minute()  # pb has said nothing for more than five minutes
    assert (lost.state, lost.patrol, lost.stamps.t3) == ("acknowledged", None, sent.stamps.t3)
    assert (lost.log[-1].action, lost.log[-1].reason) == (
        "unanswered", "nothing heard of patrol pb for 6 min"
    )  # fmt: skip
    assert proposed.patrol is not None and proposed.patrol.id == "pa"


def test_a_patrol_that_is_there_or_of_which_nobody_heard_is_not_lost() -> None:
    shift = Shift()
    shift.pass_minute(alert())
    shift.command("dispatch", patrol_id="on foot")
    shift.say(patrol("pb", "B", status="off"))
    assert shift.pass_minute() == []
    shift.command("arrive")
    for _ in range(7):
        assert shift.pass_minute() == []


def test_a_patrol_that_never_spoke_is_not_sent_where_others_did() -> None:
    shift = Shift()
    shift.pass_minute(alert())
    assert shift.command("dispatch", patrol_id="pz").state == "dispatched"  # nobody spoke yet
    shift.say(patrol("pa", "A"))
    body = {"command_id": "c2", "action": "dispatch", "actor": "li", "alert_id": "d1"}
    data = json.dumps({**body, "patrol_id": "pz"}).encode()
    (refused,) = shift.desk.take(Incoming(topics.ALERT_COMMANDS, 0, 0, data, shift.now))
    answer = msgspec.json.decode(refused.encode(), type=CommandResult)
    assert (answer.answer, answer.version) == ("impossible", 2)
    assert answer.reason == "patrol_id 'pz' is not known, expected one such as pa"


def test_units_are_of_the_polygons_of_plans_and_of_patrols() -> None:
    units = SimpleNamespace(units=frozenset({"g1"}), units_of=lambda *_: ("g1",))
    plan = ResponsePlan("crash", ["close the lane"], sends=["tow-1"])
    desk = CaseDesk(Shift.city(), jurisdictions=units, plans=[plan])  # type: ignore[arg-type]
    desk.take(Incoming(topics.PATROLS, 0, 0, json.dumps(patrol("pa", "A", unit="duty")).encode()))
    desk.step(CityMinute(MINUTE, MINUTE + 60.0, [], []), None, [alert()])
    said = {}
    for name in ("g1", "tow-1", "duty", "g2"):
        body = {"command_id": name, "action": "assign", "actor": "li", "alert_id": "d1"}
        data = json.dumps({**body, "unit": name}).encode()
        *_, out = desk.take(Incoming(topics.ALERT_COMMANDS, 0, 0, data, MINUTE + 60.0))
        said[name] = msgspec.json.decode(out.encode(), type=CommandResult).is_accepted
    assert said == {"g1": True, "tow-1": True, "duty": True, "g2": False}
