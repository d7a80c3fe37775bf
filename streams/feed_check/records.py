"""What a check of a feed found, as `clearway feed check --json` prints it."""

import msgspec

from ingest.feed_check.rates import Rate
from ingest.feed_check.spread import Spread
from ingest.units import Degrees, Seconds


class Box(msgspec.Struct, frozen=True):
    """A rectangle in degrees, WGS-84."""

    west: Degrees
    south: Degrees
    east: Degrees
    north: Degrees

    def __str__(self) -> str:
        """Give the box as a person reads it."""
        return f"{self.west:.4f} to {self.east:.4f} E, {self.south:.4f} to {self.north:.4f} N"

    def touches(self, other: "Box") -> bool:
        """Tell whether two boxes share a place."""
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )


class Example(msgspec.Struct, frozen=True):
    """One row that a run will not use: where it stands, what stands there, what was expected."""

    file: str
    row: int | None
    field: str | None
    value: str | None
    expected: str

    def __str__(self) -> str:
        """Give the example in one line."""
        place = self.file if self.row is None else f"{self.file} row {self.row}"
        field = "" if self.field is None else f", {self.field}"
        found = "" if self.value is None else f"found {self.value}, "
        return f"{place}{field}: {found}expected {self.expected}"


class Ignored(msgspec.Struct, frozen=True):
    """Rows that a run will not use for one reason."""

    reason: str
    row_count: int
    example: Example | None


class FieldCheck(msgspec.Struct, frozen=True):
    """One number of a source: how often it is there, how large it is, the unit that fits.

    `unit` is the one it must be in, `fits` the one its values look like; None where they do not
    say. `constant` is the one value that all rows have, None where they differ. `likely_none` is a
    value that stands for "none" by how it stands out, but that a run takes for a number.
    """

    field: str
    unit: str
    fits: str | None
    present_share: float
    spread: Spread | None
    constant: float | None = None
    likely_none: float | None = None


class SourceCheck(msgspec.Struct, frozen=True):
    """One source: how much of it there is, its numbers, its clock, and what a run will not use.

    `delay_s` is from event to arrival. `hours_ahead` is how far its clock is off by a time zone's
    offset, 0 where it is not. `outside_span` counts rows outside the feed's start and end.
    `set_aside` counts by field the values that say "none" or cannot be, and cost only their field.
    `lost_offs` counts the detectors whose events mostly lack their other half. `position_step_m` is
    what fixes' positions are rounded to, 0 where finely enough; `shared_ids` are ids under which
    two vehicles or more send.
    """

    source: str
    file: str
    rate: Rate
    fields: list[FieldCheck] = []
    delay_s: Spread | None = None
    hours_ahead: float = 0.0
    outside_span: int = 0
    used_count: int = 0
    ignored: list[Ignored] = []
    set_aside: dict[str, int] = {}
    lost_offs: int = 0
    position_step_m: float = 0.0
    shared_ids: list[str] = []

    @property
    def ignored_count(self) -> int:
        """Rows that a run will not use."""
        return sum(one.row_count for one in self.ignored)

    @property
    def ignored_share(self) -> float:
        """Their share of all rows."""
        return self.ignored_count / self.rate.row_count if self.rate.row_count else 0.0


class PlacedCheck(msgspec.Struct, frozen=True):
    """How much of one kind has its place on the network, and why the rest has none.

    `near_road` is the share within 30 m of a road by the datum that the positions may be in.
    `ambiguous_count` have a place, the likelier of two.
    """

    kind: str
    count: int
    placed_count: int
    reasons: dict[str, int] = {}
    ambiguous_count: int = 0
    near_road: dict[str, float] = {}

    @property
    def placed_share(self) -> float:
        """The share that has a place."""
        return self.placed_count / self.count if self.count else 0.0


class ClassSeen(msgspec.Struct, frozen=True):
    """What the sensors will see of the segments of one class of roads.

    Shares are of segments: with a detector that sends, with a camera, and, a mean over quarters of
    an hour, with a probe or with any of the three. `lanes_share` is of the lanes of the segments
    with detectors.
    """

    road_class: str
    segment_count: int
    length_km: float
    detector_share: float
    lanes_share: float
    camera_share: float
    probe_share: float
    observed_share: float
    probes_per_segment_hour: float


class Disbelieved(msgspec.Struct, frozen=True):
    """Detectors with one fault, how many they are, and what was seen of one of them."""

    fault: str
    detector_count: int
    example_id: str
    evidence: str


class Finding(msgspec.Struct, frozen=True):
    """One thing that needs attention before a run: of what, what is wrong, what may mend it."""

    subject: str
    text: str

    def __str__(self) -> str:
        """Give the finding in one line."""
        return f"{self.subject}: {self.text}"


class FeedCheck(msgspec.Struct, frozen=True):
    """Everything a check found. `attention` is empty where nothing needs it.

    `start` and `end` are those of feed.toml, seconds since 1970 UTC; `box` holds the positions of
    the feed, `network_box` the roads with the margin in which a run takes positions. `disbelieved`
    are the faults of detectors that their readings show, `withdrawn` the tests of detectors that
    accused too many to be right, and how many that was.
    """

    feed: str
    folder: str
    timezone: str
    start: Seconds
    end: Seconds
    datum: str
    network: str | None
    box: Box | None
    network_box: Box | None
    sources: list[SourceCheck]
    placed: list[PlacedCheck]
    seen: list[ClassSeen]
    attention: list[Finding]
    disbelieved: list[Disbelieved] = []
    withdrawn: dict[str, int] = {}
