"""Alerts about lasting queues."""

from dataclasses import replace
from typing import Any

from congestion.queues.hotspots import HotSpot
from congestion.roadside import Roadside
from incidents.alerts.hotspot_alerts import HotSpotAlerts
from incidents.alerts.tracked_alert import TrackedAlert
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
    alert = HotSpotAlerts(AVENUE, Roadside()).step([spot()], [])[0]
    assert (alert.kind, alert.cause, alert.segment, alert.version) == ("hotspot", "signal", S3, 1)
    assert "400 m" in alert.evidence["queue"].seen


def test_a_hot_spot_keeps_its_id_when_its_head_moves_and_until_it_clears() -> None:
    alerts = HotSpotAlerts(AVENUE, Roadside())
    changed = alerts.step([spot()], [])
    opened = changed[0].alert_id
    moved = alerts.step([spot(root=S2, members=(S2,), change="updated")], [])[0]
    assert (moved.alert_id, moved.segment, moved.version) == (opened, S2, 2)
    cleared = alerts.step([spot(root=S2, members=(), change="cleared", length_m=0.0)], [])[0]
    assert (cleared.alert_id, cleared.state) == (opened, "cleared")
    assert alerts.tracked == []


def test_a_hot_spot_stands_at_the_end_of_its_head_also_when_that_moves() -> None:
    lengths = AVENUE.length_m.copy()
    lengths[S3], lengths[S2] = 120.0, 80.0
    alerts = HotSpotAlerts(replace(AVENUE, length_m=lengths), Roadside())
    assert alerts.step([spot()], [])[0].offset_m == 120.0
    assert alerts.step([spot(root=S2, members=(S2,), change="updated")], [])[0].offset_m == 80.0


def test_the_queue_of_an_open_incident_is_no_hot_spot() -> None:
    incident = TrackedAlert("i", "incident", S3, 10.0, START, "incident", 0.9)
    assert HotSpotAlerts(AVENUE, Roadside()).step([spot()], [incident]) == []


def test_an_incident_that_is_cleared_holds_no_queue() -> None:
    incident = TrackedAlert("i", "incident", S3, 10.0, START, "incident", 0.9, state="cleared")
    assert len(HotSpotAlerts(AVENUE, Roadside()).step([spot()], [incident])) == 1


def test_a_hot_spot_that_opened_before_the_incident_goes_on_beside_it() -> None:
    alerts = HotSpotAlerts(AVENUE, Roadside())
    alerts.step([spot()], [])
    incident = TrackedAlert("i", "incident", S3, 10.0, START, "incident", 0.9)
    (alert,) = alerts.step([spot(change="updated", length_m=700.0)], [incident])
    assert (alert.state, alert.version, alert.queue_length_m) == ("updated", 2, 700.0)


def test_a_queue_of_another_onset_at_the_same_place_is_another_hot_spot() -> None:
    alerts = HotSpotAlerts(AVENUE, Roadside())
    alerts.step([spot()], [])
    (second,) = alerts.step([spot(onset=START + 600.0, minute=START + 900.0)], [])
    assert (second.alert_id, second.version) == (f"hotspot-s3-{int(START) + 600}", 1)
    assert len(alerts.tracked) == 2


def test_a_hot_spot_that_clears_names_the_queue_that_it_was_and_how_long_it_lasted() -> None:
    alerts = HotSpotAlerts(AVENUE, Roadside())
    alerts.step([spot()], [])
    gone = spot(change="cleared", members=(), length_m=0.0, minute=START + 1140.0, delay_veh_h=4.5)
    (alert,) = alerts.step([gone], [])
    assert (alert.queue, alert.queue_length_m, alert.delay_veh_h) == ((S3, S2), 0.0, 4.5)
    assert alert.evidence["queue"].seen == "queue of 0 m for 20 min"


def test_a_spot_that_clears_without_having_been_open_is_not_published() -> None:
    assert HotSpotAlerts(AVENUE, Roadside()).step([spot(change="cleared")], []) == []
