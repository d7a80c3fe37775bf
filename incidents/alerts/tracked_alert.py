"""An alert between its versions: everything remembered of it."""

import msgspec

from incidents.records import Cause, CauseShare, Evidence, Kind, State


class TrackedAlert(msgspec.Struct):
    """What is remembered of one alert from its opening on; segments by index in the network."""

    alert_id: str
    kind: Kind
    segment: int
    offset_m: float
    onset: float
    cause: Cause
    cause_probability: float
    version: int = 0
    state: State = "open"
    lane: int | None = None
    evidence: dict[str, Evidence] = {}  # by the name of the sign
    queue: tuple[int, ...] = ()
    queue_length_m: float = 0.0
    delay_veh_h: float = 0.0
    forecast: tuple[tuple[int, float, float, float], ...] = ()  # minutes ahead, metres, bounds
    peak_odds: float = 0.0
    peak_seen_odds: float = 0.0  # of sensors alone
    is_alarm: bool = True  # or only suspected
    is_watched: bool = False  # its next version is one for the watch list
    apart: dict[int, int] = {}  # by segment in reach: minutes in a row of another incident there
    gap_since: float | None = None  # nothing is measured at its root, though it was
    cause_odds: dict[Cause, float] = {}  # by cause, summed over the minutes
    strong_minute: float = 0.0  # the last minute it was still believed, blind ones left out
    spell_odds: float = 0.0  # the peak since it was opened, or opened again
    sure_minute: float = 0.0  # the last in which they were half of that
    impact: float | None = None  # weighed vehicle-hours an hour, smoothed
    severity: int = 1
    slighter_minutes: int = 0  # in a row, in which its impact was well under its grade
    slighter_grade: int = 1  # the highest grade in them
    published_severity: int = 1
    found: tuple[int, ...] = ()  # root and members of a hot spot, as it was last told from others
    told_minute: float = 0.0  # that of the last version, of a hot spot
    published_queue_m: float = 0.0  # as the last version gave it
    published_cause: Cause = "unclassified"
    cause_minutes: int = 0  # in which its cause was judged
    cause_signs: dict[str, int] = {}  # minutes in which each sign of a cause held
    cause_seen: dict[str, Evidence] = {}  # what was last seen of each
    causes: list[CauseShare] = []  # the likeliest first
    told_cause: Cause | None = None  # by the last version
    loop: tuple[int, ...] = ()  # of gridlock
