"""How grave an alert is."""

from incidents.alerts.tracked_alert import TrackedAlert

QUEUE_STEPS_M = (250.0, 600.0, 1200.0)
"""Queues from which the severity is 2, 3 and 4. Unit: m. Source: chosen, the first is the length
from which a queue is a hot spot."""
DELAY_STEPS_VEH_H = (2.0, 8.0, 25.0)
"""Delays from which the severity is 2, 3 and 4. Unit: veh h. Source: chosen, about four times as
much a step."""
LEAST_OF_INCIDENT = 2
"""An incident is never slighter. Unit: none. Source: chosen, someone has to go there."""


def severity(alert: TrackedAlert) -> int:
    """Give 1 to 4 by queue and delay, the graver of the two; an incident is never below 2."""
    by_queue = 1 + sum(alert.queue_length_m >= step for step in QUEUE_STEPS_M)
    by_delay = 1 + sum(alert.delay_veh_h >= step for step in DELAY_STEPS_VEH_H)
    return max(by_queue, by_delay, LEAST_OF_INCIDENT if alert.kind == "incident" else 1)
