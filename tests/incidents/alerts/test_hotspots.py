"""Alerts about lasting queues."""

from typing import Any

from congestion.queues.hotspots import HotSpot
from congestion.roadside import Roadside
from incidents.alerts.hotspots import HotSpotBook
from incidents.alerts.incidents import Case
from tests.incidents.city import START, avenue

AVENUE = avenue()
S2, S3 = AVENUE.index_of("s2") or 0, AVENUE.index_of("s3") or 0


def spot(**fields: Any) -> HotSpot:
    given: dict[str, Any] = {
        "root": S3, "onset": START, "minute": START + 300, "change": "open", "members": (S3, S2),
        "length_m": 400.0, "delay_veh_h": 1.5,
    }  # fmt: skip
    return HotSpot(**{**given, **fields})


def test_a_lasting_queue_at_a_signal_is_a_hot_spot_whose_first_guess_is_the_signal() -> None:
    case = HotSpotBook(AVENUE, Roadside()).step([spot()], [])[0]
    assert (case.kind, case.cause, case.segment, case.version) == ("hotspot", "signal", S3, 1)
    assert "400 m" in case.evidence["queue"].seen


def test_a_hot_spot_keeps_its_id_when_its_head_moves_and_until_it_clears() -> None:
    book = HotSpotBook(AVENUE, Roadside())
    told = book.step([spot()], [])
    opened = told[0].alert_id
    moved = book.step([spot(root=S2, members=(S2,), change="updated")], [])[0]
    assert (moved.alert_id, moved.segment, moved.version) == (opened, S2, 2)
    cleared = book.step([spot(root=S2, members=(), change="cleared", length_m=0.0)], [])[0]
    assert (cleared.alert_id, cleared.state) == (opened, "cleared")
    assert book.cases == []


def test_the_queue_of_an_open_incident_is_no_hot_spot() -> None:
    incident = Case("i", "incident", S3, 10.0, START, "incident", 0.9)
    assert HotSpotBook(AVENUE, Roadside()).step([spot()], [incident]) == []
