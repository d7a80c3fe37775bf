"""Settings of alerts: how many false ones the city bears, and how severe one is."""

from typing import Annotated

import msgspec
from msgspec import Meta


class BudgetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many false alarms the city bears; how strong signs must be follows from it."""

    false_alarms_per_hour: Annotated[float, Meta(gt=0, le=1000)] | None = None
    """False incidents that may be told in an hour, in the whole city. Unit: 1/h. Source: chosen
    (none): one for every 4,000 segments."""
    watched_per_hour: Annotated[float, Meta(gt=0, le=10_000)] | None = None
    """Suspicions that may come on the watch list in an hour without reason, those told as incidents
    among them. Unit: 1/h. Source: chosen (none): five for every 4,000 segments."""
    prior_hours: Annotated[float, Meta(gt=0, le=10_000)] = 12.0
    """What was learnt elsewhere counts like so many hours of the city's own past. Unit: h. Source:
    chosen, some days of mornings and evenings."""


class SeveritySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an alert's impact is made of, and when its severity falls again.

    The impact is the delay that it costs, in vehicle-hours an hour, weighed. The bounds between
    the severities are learnt: `incidents/shipped/severity.toml`.
    """

    ahead_minutes: Annotated[float, Meta(ge=0, le=1440)] = 15.0
    """Half of the delay is that of so many minutes later, if the queue goes on growing. Unit: min.
    Source: chosen, the furthest that queues are forecast."""
    unseen_delay: Annotated[float, Meta(ge=0, le=1000)] = 2.0
    """What an incident is taken to cost beside the delay that its queue shows. Unit: veh h an hour.
    Source: chosen, as many vehicles standing as fit in 15 m of one lane."""
    bus_line: Annotated[float, Meta(ge=0, le=100)] = 0.2
    """Each bus line with a stop in the queue adds this share. Unit: share. Source: chosen, a bus
    that stands has some thirty people in it, and comes each few minutes."""
    most_lines: Annotated[int, Meta(ge=0, le=1000)] = 5
    """More lines add nothing. Unit: count. Source: chosen, the impact is doubled then."""
    usual_minutes: Annotated[float, Meta(gt=0, le=10_080)] = 2.0
    """The impact forgets half in this time: signals come and go. Unit: min. Source: chosen, a cycle
    of a signal."""
    fall_share: Annotated[float, Meta(ge=0, le=1)] = 0.7
    """A severity is kept while the impact is above this share of the bound from which it began.
    Unit: share. Source: chosen."""
    fall_minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    """And falls after so many minutes in a row under it. Unit: min. Source: chosen, the interval in
    which alarms are counted: none goes up and down in it."""
