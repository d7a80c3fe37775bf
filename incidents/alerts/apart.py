"""Two incidents near each other: when is a place within reach of an alert another one's?"""

from collections.abc import Sequence

from incidents.alerts.tracked_alert import TrackedAlert
from incidents.judgement.suspect import Suspect
from ingest.kernels.arrays import Int32s
from mapmatch.network import NONE

LEAST_MINUTES = 3
"""Two places must stand apart for so many minutes in a row. Unit: min. Source: chosen, as long as
an empty lane must last before it counts."""


def note_apart(
    alerts: Sequence[TrackedAlert], suspects: Sequence[Suspect], open_at: float, root_of: Int32s
) -> None:
    """Set on each alert for how many minutes other places were plainly not of its incident.

    `root_of` is the head of the queue of each of n segments, NONE where it is in none.
    """
    strong = {s.segment: s for s in reversed(suspects) if s.odds >= open_at}
    for alert in alerts:
        own, before = strong.get(alert.segment), alert.apart
        alert.apart = {}
        if own is None or alert.state == "cleared":
            continue
        for segment, other in strong.items():
            if _is_other(own, other, alert, root_of):
                alert.apart[segment] = before.get(segment, 0) + 1


def is_apart(alert: TrackedAlert, suspect: Suspect) -> bool:
    """Tell whether a suspect was long enough another incident than that of an alert."""
    return alert.apart.get(suspect.segment, 0) >= LEAST_MINUTES


def _is_other(own: Suspect, other: Suspect, alert: TrackedAlert, root_of: Int32s) -> bool:
    """Tell whether what is seen at two places cannot come of one block.

    Behind one block there is one queue, and beyond it the same lane is empty on the next streets
    too. Two queues that do not touch have two heads, and two lanes two reasons.
    """
    if other.segment in (alert.segment, *alert.queue):
        return False
    roots = int(root_of[own.segment]), int(root_of[other.segment])
    if roots[0] == roots[1] != NONE:
        return False
    if own.lane is not None and other.lane is not None:
        return own.lane != other.lane
    return all(any(sign.name == "stopped" for sign in of.signs) for of in (own, other))
