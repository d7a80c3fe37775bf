"""Records of a case: commands, their answers, and the events that its log is made of."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Action = Literal[
    "create", "edit", "acknowledge", "confirm", "assign", "dispatch", "arrive", "clearing",
    "clear", "verify", "close", "dismiss", "suppress", "merge", "split", "reopen", "comment",
    "publish", "withdraw", "lane_impact",
]  # fmt: skip
Happening = Literal[
    "open", "join", "seen", "seen_again", "quiet", "recovered", "relapsed", "disputed", "propose",
    "reroute", "unanswered", "escalate", "expire",
]  # fmt: skip
"""What nobody commands: the detector (the first five), the road itself, the clock."""
DismissedAs = Literal["false", "duplicate", "known", "test"]
LaneState = Literal["open", "slow", "blocked"]

Name = Annotated[str, Meta(pattern=r"\S", min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
LaneName = Annotated[int, Meta(ge=1, le=20)] | Name


class LaneImpact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a lane, by its number from the right, or a shoulder, by its name, lets through."""

    lane: LaneName
    state: LaneState


class Stamps(msgspec.Struct, frozen=True):
    """The incident clock (FHWA, Traffic Incident Management): ISO 8601 UTC, None until it is so."""

    t0: str | None = None  # it happened, an estimate
    t1: str | None = None  # it was known
    t2: str | None = None  # it was confirmed
    t3: str | None = None  # somebody was sent
    t4: str | None = None  # who was sent arrived
    t5: str | None = None  # all lanes are open
    t6: str | None = None  # all have left
    t7: str | None = None  # traffic is as usual


class AssignedPatrol(msgspec.Struct, frozen=True):
    """The patrol that was sent, when it will be there, and in a line why this one."""

    id: str
    eta_s: float | None = None
    why: str | None = None
    accepted_time: str | None = None  # it said that it is on its way, ISO 8601 UTC


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wants done with a case; the value on topic `alert-commands`.

    `expected_version` None stands for whatever version is there, `at` (ISO 8601 with an offset)
    for when it was said by the sender's clock.
    """

    command_id: Name
    action: Action
    actor: Name
    alert_id: Name | None = None
    expected_version: int | None = None
    at: str | None = None
    reason: Text | None = None
    patrol_id: Name | None = None
    unit: Name | None = None
    until: str | None = None
    into: Name | None = None
    lane_impact: Annotated[list[LaneImpact], Meta(max_length=40)] | None = None
    comment: Text | None = None
    plan: Name | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    segment_id: Name | None = None
    offset_m: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    cause: Name | None = None
    severity: Annotated[int, Meta(ge=1, le=4)] | None = None


Answer = Literal["done", "stale", "impossible", "malformed", "forbidden"]


class CommandResult(msgspec.Struct, frozen=True):
    """The one answer to a command; `version` is the case's after it, None where there is no case.

    Where it is not accepted nothing has changed, and `reason` says why; `answer` is for programs.
    """

    command_id: str
    alert_id: str | None
    is_accepted: bool
    reason: str | None
    version: int | None
    answer: Answer = "done"


class PlaceText(msgspec.Struct, frozen=True):
    """A point of the road as people say it, in Chinese and in English."""

    zh: str
    en: str


class Place(msgspec.Struct, frozen=True):
    """A point of the road; degrees, the longitude and latitude WGS-84."""

    segment_id: str
    offset_m: float
    longitude: float
    latitude: float
    gcj02_longitude: float
    gcj02_latitude: float
    road_name: str
    cross_from: str | None = None
    cross_to: str | None = None
    place_text: PlaceText | None = None


class CaseEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of a case: the version that it made, when (ISO 8601 UTC), who, what and why.

    The fields after `reason` are what the change brought with it.
    """

    version: int
    time: str
    actor: str
    action: Action | Happening
    reason: str | None = None
    command_id: str | None = None
    said_at: str | None = None  # by a clock that was not believed
    detected_id: str | None = None
    detected_version: int | None = None
    onset_time: str | None = None
    delay_veh_h: float | None = None
    patrol: AssignedPatrol | None = None
    detour: list[str] | None = None
    unit: str | None = None
    until: str | None = None
    into: str | None = None
    lane_impact: list[LaneImpact] | None = None
    comment: str | None = None
    plan: str | None = None
    place: Place | None = None
    unit_path: list[str] | None = None
    cause: str | None = None
    severity: int | None = None
