"""Incidents within a closed loop of queues."""

from typing import Any

from incidents.alerts.tracked_alert import TrackedAlert
from incidents.causes.loops import share_loops


def alert(segment: int, **fields: Any) -> TrackedAlert:
    return TrackedAlert("a", "incident", segment, 0.0, 0.0, "incident", 0.5, **fields)


def test_an_incident_whose_root_waits_in_a_loop_has_its_members_as_long_as_it_is_closed() -> None:
    inside, outside, over = alert(3), alert(9), alert(3, state="cleared")
    ring = alert(2, loop=(2, 3, 4))
    share_loops([inside, outside, over], [alert(7), ring])
    assert (inside.loop, outside.loop, over.loop) == ((2, 3, 4), (), ())
    ring.loop = ()
    share_loops([inside], [ring])
    assert inside.loop == ()


def test_a_loop_that_was_cleared_holds_nobody() -> None:
    inside = alert(3)
    share_loops([inside], [alert(2, loop=(2, 3), state="cleared")])
    assert inside.loop == ()
