"""Records of the incident stage: the alert, its evidence, and the values they may hold."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from incidents.case_records import (
    AssignedPatrol,
    CaseEvent,
    DismissedAs,
    LaneImpact,
    PlaceText,
    Stamps,
)
from ingest.units import Seconds

State = Literal[
    "watched", "open", "updated", "acknowledged", "dispatched", "arrived", "clearing", "cleared",
    "verified", "closed", "dismissed", "merged",
]  # fmt: skip
Kind = Literal["incident", "hotspot"]
Cause = Literal[
    "incident", "spillback", "signal", "demand", "bus_stop", "illegal_parking", "work_zone",
    "weather", "event", "gridlock", "detector_fault", "unclassified",
]  # fmt: skip


class Evidence(msgspec.Struct, frozen=True):
    """One thing that speaks for an alert: by whom, what was seen, how strongly at most.

    `when` it was first seen is ISO 8601 UTC. `word` and `values` say the same as `seen`, for those
    who say it in another language or time zone (incidents/seen_words.py); without a word it is
    said by people.
    """

    source: str  # probe, magnetometer, camera, report, schedule, states, profile
    seen: str
    when: str
    weight: float
    word: str = ""
    values: dict[str, int | float | str] = {}


class CauseShare(msgspec.Struct, frozen=True):
    """A cause with its probability, and what tells it from the next likely one.

    The weight of a sign is its natural-log odds of the cause against the first of the others.
    """

    cause: Cause
    probability: float
    evidence: list[Evidence] = []


class ForecastPoint(msgspec.Struct, frozen=True):
    """Where the queue is expected to be some minutes after the alert's event time.

    It will be between `low_m` and `high_m` four times in five; None where that is not known.
    """

    minutes: int
    queue_length_m: float
    low_m: float | None = None
    high_m: float | None = None


class Alert(msgspec.Struct, frozen=True):
    """One version of an alert; the value on topic `alerts`, keyed by alert_id.

    Times are ISO 8601 UTC with milliseconds; coordinates are degrees, `longitude` and `latitude`
    WGS-84, the gcj02 pair what Chinese maps show. One alert a root: segments that only back up
    from it are its queue. What is not known is an empty list or None. The fields from `owner` on
    are the life of the case, and follow from its `log`.
    """

    alert_id: str
    version: int
    state: State
    kind: Kind
    event_time: str  # when it could be decided
    onset_time: str  # estimate
    segment_id: str  # the root, the head of the queue
    offset_m: float
    longitude: float
    latitude: float
    gcj02_longitude: float
    gcj02_latitude: float
    road_name: str
    cause: Cause
    cause_probability: float
    evidence: list[Evidence]
    queue_segment_ids: list[str]
    queue_length_m: float
    delay_veh_h: float
    severity: int  # 1 to 4, 4 the gravest
    lane: int | None = None
    cross_from: str | None = None  # the street at the segment's beginning, and at its end
    cross_to: str | None = None
    place_text: PlaceText | None = None
    causes: list[CauseShare] = []  # the likeliest first
    loop_segment_ids: list[str] = []  # of gridlock, each behind the next, the last behind the first
    ended_time: str | None = None  # of what was cleared: when its last sign was over, an estimate
    forecast: list[ForecastPoint] = []
    responsible_unit: str | None = None
    cameras: list[str] = []
    patrols: list[str] = []
    detour: list[str] = []
    merged_into: str | None = None
    owner: str | None = None  # the unit that sees to it
    unit_path: list[str] = []  # from the grid to the city
    stamps: Stamps = Stamps()
    lane_impact: list[LaneImpact] = []
    lane_impact_version: int = 0
    patrol: AssignedPatrol | None = None
    plan: str | None = None
    is_confirmed: bool = False
    is_published: bool = False  # the public may see it
    is_disputed: bool = False  # somebody says cleared, the data do not
    suppressed_until: str | None = None
    dismissed_as: DismissedAs | None = None
    escalation: int = 0  # how often nobody saw to it in time
    last_command_id: str | None = None
    log: list[CaseEvent] = []


def seconds(text: str) -> Seconds:
    """Give the time of an ISO 8601 text, with its offset, in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def iso(time: Seconds) -> str:
    """Give seconds since 1970 as an alert writes them: ISO 8601 UTC with milliseconds."""
    moment = datetime.fromtimestamp(round(time * 1000) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
