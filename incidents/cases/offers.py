"""What can be commanded of a case now, and what each command must say."""

from typing import get_args

import msgspec

from incidents.case_records import DismissedAs
from incidents.cases.decisions import NEEDS, clock_trouble, is_too_old
from incidents.cases.settings import CaseSettings
from incidents.cases.table import NEXT, possible
from incidents.records import Alert, State
from ingest.units import Seconds


class Offer(msgspec.Struct, frozen=True):
    """A command that a case can be given, and the state that follows on it.

    It needs all of `needs` and one at least of `needs_any`. `reasons` are the only reasons that
    count; none where any text does.
    """

    action: str
    leads_to: State
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    because: str = ""  # why a reason is needed that is not always


def offers(case: Alert, now: Seconds, settings: CaseSettings) -> list[Offer]:
    """Give the commands that a case can be given at a time, in the order of the table."""
    return [
        _offer(case, action, settings)
        for action in possible(case.state)
        if action != "reopen" or not is_too_old(case, now, settings)
    ]


def _offer(case: Alert, action: str, settings: CaseSettings) -> Offer:
    follows = NEXT[case.state, action]
    if action == "dismiss":
        return Offer(action, follows, NEEDS[action], reasons=get_args(DismissedAs))
    if action == "dispatch":
        return Offer(action, follows, needs_any=("patrol_id", "unit"))
    if action == "edit":
        return Offer(action, follows, needs_any=("longitude", "cause", "severity"))
    if action == "close" and (trouble := clock_trouble(case.stamps, settings)):
        return Offer(action, follows, ("reason",), because=trouble)
    return Offer(action, follows, NEEDS.get(action, ()))
