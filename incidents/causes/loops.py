"""Incidents within a closed loop of queues: they wait for it as its own head does."""

from collections.abc import Sequence

from incidents.alerts.tracked_alert import TrackedAlert


def share_loops(incidents: Sequence[TrackedAlert], hot_spots: Sequence[TrackedAlert]) -> None:
    """Set the loop of each incident whose root is in that of a hot spot, none where it is in none.

    What was cleared stays as it is.
    """
    loops = [spot.loop for spot in hot_spots if spot.loop and spot.state != "cleared"]
    for alert in incidents:
        if alert.state != "cleared":
            alert.loop = next((loop for loop in loops if alert.segment in loop), ())
