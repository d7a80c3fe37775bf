"""Cases on a drawn road for tests of what leaves."""

from typing import Any

import msgspec
from msgspec.structs import replace

from incidents.case_records import AssignedPatrol, CaseEvent, LaneImpact, PlaceText, Stamps
from incidents.exports.publication import Publication, PublicRoads
from incidents.exports.settings import PublisherSettings
from incidents.records import Alert, iso
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert

NETWORK = draw("A---B---C---D", cell_m=50, names={"BC": "复兴中路"}).network
PUBLISHER = PublisherSettings(id="traffic.example", name="Example <Traffic> & Co")


def case(alert_id: str = "incident-BC-1", **changes: Any) -> Alert:
    """Give a published case at version 4, the public having seen version 3 before."""
    plain = msgspec.json.decode(alert(alert_id, changes.pop("segment_id", "BC")), type=Alert)
    log = [
        CaseEvent(1, iso(MINUTE), "detector", "open"),
        CaseEvent(2, iso(MINUTE + 30), "li", "dispatch", patrol=AssignedPatrol("p7")),
        CaseEvent(3, iso(MINUTE + 60), "li", "publish", comment="the mayor is in the car"),
        CaseEvent(4, iso(MINUTE + 90), "detector", "seen"),
    ]
    whole: dict[str, Any] = {
        "version": 4,
        "is_published": True,
        "log": log,
        "stamps": Stamps(t0=iso(MINUTE - 120), t1=iso(MINUTE)),
        "offset_m": 100.0,
        "queue_segment_ids": ["BC", "AB"],
        "patrol": AssignedPatrol("p7", 120.0, "2 min"),
        "owner": "squadron-3",
        "cameras": ["cam-12"],
        "place_text": PlaceText("复兴中路，由西向东", "复兴中路, eastbound"),
        **changes,
    }
    return replace(plain, **whole)


def published(*alerts: Alert) -> Publication:
    """Give what of some cases leaves."""
    return PublicRoads(NETWORK).publication(alerts, PUBLISHER)


BLOCKED = [LaneImpact(1, "blocked"), LaneImpact("right shoulder", "open")]
