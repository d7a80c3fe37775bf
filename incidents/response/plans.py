"""Response plans: for which cases, what is to be done, and who is sent."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from incidents.alert_filter import AlertFilter, Degrees
from incidents.records import Alert, Cause
from ingest.user_error import UserError

Line = Annotated[str, Meta(min_length=1, max_length=500)]


class PlanError(UserError):
    """A file of plans that cannot be used; names file, plan and value."""


class ResponsePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is proposed for the cases that it is for; an operator approves it, by its name."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    steps: Annotated[list[Line], Meta(min_length=1, max_length=50)]
    sends: list[Line] = []  # units
    causes: list[Cause] = []
    severity: Annotated[int, Meta(ge=1, le=4)] = 1
    units: list[str] = []
    roads: list[str] = []
    area: Degrees | None = None

    def __post_init__(self) -> None:
        self._cases()

    def _cases(self) -> AlertFilter:
        return AlertFilter(
            causes=self.causes, severity=self.severity, units=self.units, roads=self.roads,
            area=self.area,
        )  # fmt: skip

    def fits(self, case: Alert) -> bool:
        """Tell whether it is for a case."""
        return self._cases().lets(case)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    plan: list[ResponsePlan]


def load_plans(path: Path) -> list[ResponsePlan]:
    """Give the plans of a TOML file (`[[plan]]`), in its order.

    Raises PlanError naming the file and the place in it.
    """
    try:
        plans = msgspec.toml.decode(path.read_bytes(), type=_File).plan
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}, expected a TOML file of plans") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: {error}") from error
    names = [plan.name for plan in plans]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PlanError(f"{path}: plan {twice[0]!r} is there twice, expected each name once")
    return plans


def plan_for(case: Alert, plans: list[ResponsePlan]) -> ResponsePlan | None:
    """Give the first plan that is for a case; of one that is approved, that one."""
    if case.plan is not None:
        return next((plan for plan in plans if plan.name == case.plan), None)
    return next((plan for plan in plans if plan.fits(case)), None)
