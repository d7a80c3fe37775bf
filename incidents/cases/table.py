"""The one table of a case's life: (state, what happens) -> state."""

from collections.abc import Mapping
from typing import get_args

from incidents.case_records import Action, Happening
from incidents.records import State

_SHORT: Mapping[str, State] = {
    "open": "open", "upda": "updated", "ackn": "acknowledged", "disp": "dispatched",
    "arri": "arrived", "clng": "clearing", "clrd": "cleared", "veri": "verified",
    "clos": "closed", "dism": "dismissed", "merg": "merged",
}  # fmt: skip

# A cell is the state that follows; `=` the state stays, `-` it is impossible.
TABLE = """
             open upda ackn disp arri clng clrd veri clos dism merg
acknowledge  ackn ackn -    -    -    -    -    -    -    -    -
confirm      ackn ackn =    =    =    =    =    =    -    -    -
dispatch     disp disp disp disp disp disp -    -    -    -    -
arrive       arri arri arri arri -    -    =    =    -    -    -
clearing     clng clng clng clng clng -    -    -    -    -    -
clear        clrd clrd clrd clrd clrd clrd =    =    -    -    -
verify       -    -    -    -    -    -    veri -    -    -    -
close        -    -    -    -    -    -    clos clos -    -    -
dismiss      dism dism dism dism dism dism dism -    -    -    -
merge        merg merg merg merg merg merg merg -    -    -    -
split        -    -    -    -    -    -    -    -    -    -    ackn
reopen       -    -    -    -    -    -    ackn ackn ackn ackn -
assign       =    =    =    =    =    =    =    =    -    -    -
suppress     =    =    =    =    =    =    =    =    -    -    -
lane_impact  =    =    =    =    =    =    =    =    -    -    -
edit         =    =    =    =    =    =    =    =    -    -    -
publish      =    =    =    =    =    =    =    -    -    -    -
withdraw     =    =    =    =    =    =    =    =    -    -    -
comment      =    =    =    =    =    =    =    =    =    =    =

seen         upda upda =    =    =    =    =    =    -    -    -
seen_again   upda upda =    =    =    =    upda upda upda -    -
quiet        clrd clrd clrd clrd clrd clrd =    =    -    -    -
recovered    clrd clrd clrd clrd clrd clrd veri -    -    -    -
relapsed     -    -    -    -    -    -    upda -    -    -    -
disputed     -    -    -    -    -    -    =    =    -    -    -
propose      =    =    =    -    -    -    -    -    -    -    -
reroute      =    =    =    =    =    =    -    -    -    -    -
unanswered   -    -    -    ackn -    -    -    -    -    -    -
join         =    =    =    =    =    =    =    =    -    -    -
escalate     =    =    =    =    =    =    -    -    -    -    -
expire       =    =    =    =    =    =    =    =    -    -    -
"""

LIVE: frozenset[State] = frozenset(
    {"open", "updated", "acknowledged", "dispatched", "arrived", "clearing", "cleared", "verified"}
)
"""States of a case that somebody still works on."""
BEGINNINGS = ("create", "open")
"""What makes a case: an operator, or the detector. It is `open` then."""


def _read(table: str) -> dict[tuple[State, str], State]:
    """Give the table's possible cells."""
    head, *rows = [line.split() for line in table.strip().splitlines() if line.strip()]
    cells: dict[tuple[State, str], State] = {}
    for name, *row in rows:
        for column, cell in zip(head, row, strict=True):
            if cell != "-":
                state = _SHORT[column]
                cells[state, name] = state if cell == "=" else _SHORT[cell]
    known = {*get_args(Action), *get_args(Happening)} - set(BEGINNINGS)
    assert {name for name, *_ in rows} == known, "a row for each thing that can happen"
    return cells


NEXT: Mapping[tuple[State, str], State] = _read(TABLE)
"""The state that follows; a pair that is not there is impossible."""


def possible(state: State) -> list[str]:
    """Give the commands that a case in this state can be given, in the table's order."""
    return [name for (at, name) in NEXT if at == state and name in get_args(Action)]
