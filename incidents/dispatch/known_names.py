"""Whom and what a command may name: the units, patrols and plans that are known."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import NamedTuple

from incidents.case_records import Command

SHOWN = 5  # of the names that are known


class KnownNames(NamedTuple):
    """The names of each kind; of a kind without any every name counts."""

    units: Collection[str] = ()
    patrols: Collection[str] = ()
    plans: Collection[str] = ()

    def why_unknown(self, command: Command) -> str | None:
        """Say which name of a command is not known, None where all are or none is looked at."""
        named = (
            ("patrol_id", command.patrol_id, self.patrols),
            ("unit", command.unit, self.units),
            ("plan", command.plan, self.plans),
        )
        for field, name, known in named:
            if name is not None and known and name not in known:
                near = get_close_matches(name, known, SHOWN) or sorted(known)[:SHOWN]
                return f"{field} {name!r} is not known, expected one such as {', '.join(near)}"
        return None
