"""Records the console sends to its page; the TypeScript twin is page/src/contract.ts."""

from typing import Literal

import msgspec

from incidents.cases.offers import Offer
from ingest.units import Seconds
from streams.stages.counts import StartStep

FeedStatus = Literal[
    "live", "late", "waiting", "partial", "silent", "elsewhere", "ended", "disconnected"
]
SourceStatus = Literal["live", "partial", "quiet", "none", "ended", "unknown"]


class StateColumns(msgspec.Struct, frozen=True):
    """Latest states as columns over segments, in the order of their positions in the network.

    `steps` holds the position of the first segment, then how much further on each next one is.

    An unknown value is None. `level` is the minute's own, `drawn_level` what the map shows, that of
    some minutes (`[console] calm_minutes`). `observed` is the start of the last minute in which the
    segment was measured, seconds since 1970 UTC.
    """

    steps: list[int]
    speed_kmh: list[float | None]
    free_flow_kmh: list[float | None]
    level: list[int | None]
    drawn_level: list[int | None]
    quality: list[str | None]
    queue_length_m: list[float | None]
    observed: list[float | None]


class StatesDelta(msgspec.Struct, frozen=True):
    """The segments of one region that changed with one minute (its start, s since 1970 UTC)."""

    region: str
    minute: Seconds
    states: StateColumns


class StatesSnapshot(msgspec.Struct, frozen=True):
    """The latest state of every segment that has one; `regions` gives each region's minute."""

    network: str
    interval_s: int
    regions: dict[str, Seconds]
    segment_ids: list[str]
    states: StateColumns


class SilentShare(msgspec.Struct, frozen=True):
    """Which part of a source is silent, and for how long at most by the wall clock, in steps of
    5 s.

    Detectors and cameras speak by districts of the city, vehicles by shares of all of them;
    `silent` are the numbers of those of which nothing comes, out of `count` that ever spoke.
    """

    of: Literal["districts", "vehicles"]
    count: int
    silent: list[int]
    silence_s: int


class SourceHealth(msgspec.Struct, frozen=True):
    """The health of one source: rows a minute of event time, age of its last row, rows refused.

    `reasons` count the refused rows of the source's whole topic: buses and taxis share one and are
    checked together. `excluded` counts the detectors that are not believed, by fault.
    `withdrawn` names the tests of detectors that accused too many at once, and how many that was
    in all regions where they withdrew. `untimely` is the share of the newest rows that were late,
    out of order or of a wrong clock, where that is much; `clock_off_s` by how much the times of a
    gateway that is not believed are off. `silent` tells of a part of which nothing comes.
    """

    name: str
    title: str
    status: SourceStatus
    rows_per_min: int | None
    age_s: int | None
    rows: int
    refused: int
    reasons: dict[str, int]
    excluded: dict[str, int] = {}
    withdrawn: dict[str, int] = {}
    untimely: float | None = None
    clock_off_s: Seconds | None = None
    silent: SilentShare | None = None


class MinuteSummary(msgspec.Struct, frozen=True):
    """The network in one minute: space-mean speed, and how much of it is at each level.

    All of it is of the segments that were measured in their last minute: `measured_km` of them,
    beside `filled_km` that were not but not long ago, and `unseen_km` of which only the usual is
    known, or nothing. `free_flow_share` is speed over free-flow speed; both are None where too
    little is measured to speak for the network. `congested_km` is the length at levels 3 to 5.
    `tpi` is the performance index by travel time of what a sensor tells of, `usual_tpi` what it is
    usually at this hour on the segments of which that is known.
    """

    minute: Seconds
    speed_kmh: float | None
    free_flow_share: float | None
    level_counts: list[int]
    congested_km: float
    measured_km: float
    filled_km: float
    unseen_km: float
    tpi: float | None = None
    usual_tpi: float | None = None


class SilentPart(msgspec.Struct, frozen=True):
    """A stage's partition of which its worker tells nothing, while others speak."""

    stage: str
    partition: int
    silence_s: int


class Health(msgspec.Struct, frozen=True):
    """What the top of the page shows: event time first, then every source, then the network.

    `minute` is the one that the map shows, `lag_s` how far its end lies behind the newest row.
    `start` is what a worker is at that others wait for. `silent_parts` are those of a worker that
    hangs among others, `unheard_regions` those of which nothing comes. `old_regions` are these and
    all whose last measured minute is old: how they are now is not known.

    `history` and `excluded_detectors` (detector id to fault) are filled only in answers of
    /health.
    """

    network: str
    timezone: str
    event_time: Seconds | None
    minute: Seconds | None
    lag_s: int | None
    status: FeedStatus
    detail: str
    sources: list[SourceHealth]
    summary: MinuteSummary | None
    start: StartStep | None = None
    silent_parts: list[SilentPart] = []
    unheard_regions: list[int] = []
    old_regions: list[int] = []
    history: list[MinuteSummary] = []
    excluded_detectors: dict[str, str] = {}


class CaseActions(msgspec.Struct, frozen=True):
    """What somebody may command of a case at one of its versions; `why_none` where nothing."""

    alert_id: str
    version: int
    actions: list[Offer]
    why_none: str | None = None
