"""Settings of the life of cases: when somebody must see to one, and when it is over."""

from typing import Annotated

import msgspec
from msgspec import Meta

Wait = Annotated[float, Meta(gt=0, le=86_400)]
Days = Annotated[float, Meta(gt=0, le=30)]


class CaseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a case is raised, closed, opened again and forgotten."""

    gravest_wait_s: Wait = 60.0
    """An alert of severity 4 that nobody acknowledged for so long is raised. Unit: s. Source:
    chosen, as long as a telephone may ring."""
    grave_wait_s: Wait = 180.0
    """And one of severity 3. Unit: s. Source: chosen, three times that."""
    slight_wait_s: Wait = 600.0
    """And one of severity 1 or 2. Unit: s. Source: chosen, ten minutes."""
    delay_factor: Annotated[float, Meta(gt=1, le=100)] = 2.0
    """A case is raised when its delay is so many times that at which somebody last saw to it or it
    was raised. Unit: none. Source: chosen, twice."""
    least_delay_veh_h: Annotated[float, Meta(ge=0, le=1000)] = 2.0
    """A smaller delay raises nothing. Unit: veh h. Source: chosen, twenty vehicles that
    wait six minutes."""
    reopen_s: Wait = 900.0
    """So long after its end a case can be opened again; later it is another one. Unit: s. Source:
    chosen, a quarter of an hour."""
    stamps_apart_s: Wait = 900.0
    """Two stamps of the incident clock that are farther apart need a reason before a case is
    closed. Unit: s. Source: chosen, a quarter of an hour."""
    longest_suppression_s: Wait = 86_400.0
    """A case is suppressed for at most this long. Unit: s. Source: chosen, a day: what lasts longer
    is dismissed as known."""
    back_minutes: Annotated[int, Meta(ge=1, le=60)] = 3
    """Traffic is as usual again, or is not although somebody said so, after so many minutes in a
    row. Unit: min. Source: chosen, so that one lucky minute does not count."""
    slight_handled_s: Wait = 1800.0
    """A case of severity 1 or 2 is handled in time where all lanes are open so long after it was
    known. Unit: s. Source: MUTCD 6I, a minor incident lasts under 30 min."""
    grave_handled_s: Wait = 7200.0
    """And one of severity 3 or 4. Unit: s. Source: MUTCD 6I, an intermediate incident lasts under
    2 h."""
    forget_days: Days = 1.0
    """A case that nothing happened to for so long is no longer known. Unit: day. Source: chosen,
    three shifts."""
