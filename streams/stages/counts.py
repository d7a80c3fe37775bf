"""What a stage counted: rows in, used, and refused by reason; published on `stage-counts`."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from ingest.checks.check import Bounds
from ingest.refusals import Refusal
from ingest.saved_state import SavedState, pack, unpack

STARTING = "starting"
"""The stage of what a worker tells, by its process, while it compiles and has no share yet."""


class StartStep(msgspec.Struct, frozen=True):
    """What a worker does before it joins: its step of how many, and how long it and all take where
    nothing is compiled yet."""

    what: str
    number: int
    count: int
    usual_s: int
    all_usual_s: int

    def __str__(self) -> str:
        about = f"about {self.usual_s} s at a first start"
        return f"{self.what}, step {self.number} of {self.count}, {about}"


class StageCounts(msgspec.Struct, frozen=True):
    """The state of one stage's partition, cumulative since its state began.

    `watermark` is seconds since 1970 UTC, None before the first. `rows_in` equals `rows_used` plus
    the sum of `refused`; `repeats` are frames read twice and dropped whole, `holes` messages that
    never came, `remade` how often the source's topic was found deleted and made again, `late` rows
    refused because their minute was closed (also in `refused`). `source` names the input of the
    stage (`fixes`, `detector-readings`, ...); `last_row_watermark` is the mark of the source's
    newest frame that held a row. Where fixes come in, `fleet_rows_in` and `fleet_rows_used` part
    them by fleet, `fleet_untimely` says by fleet and reason how many were late, out of order or of
    a wrong clock. `set_aside` counts by field the values that said
    "none" or could not be, and cost their field only. `excluded` names the detectors not believed
    at present and the fault of each, `withdrawn` the tests of detectors that accused too many to be
    right and how many that was in the regions where they withdrew, `unfelt` of how many detectors
    the occupancy, or the count, is not used at present, while the rest is, `clocks_off` the cameras
    whose clocks are off by how many seconds (ahead: positive). `clock_off_s` is by how much the
    gateway's times are off those of the other sources while they are not believed, None while they
    are. `outside` is the rectangle of the fixes that lie outside the network, None where none does.
    `start` is what a worker is at that counts nothing yet.
    """

    stage: str
    partition: int
    source: str = ""
    watermark: float | None = None
    last_row_watermark: float | None = None
    rows_in: int = 0
    rows_used: int = 0
    refused: dict[str, int] = {}
    frames: int = 0
    repeats: int = 0
    holes: int = 0
    remade: int = 0
    dead_letters: int = 0
    late: int = 0
    rows_out: int = 0
    fleet_rows_in: dict[str, int] = {}
    fleet_rows_used: dict[str, int] = {}
    fleet_untimely: dict[str, dict[str, int]] = {}
    set_aside: dict[str, int] = {}
    excluded: dict[str, str] = {}
    withdrawn: dict[str, int] = {}
    unfelt: int = 0
    clocks_off: dict[str, float] = {}
    clock_off_s: float | None = None
    outside: Bounds | None = None
    start: StartStep | None = None


class _TallyState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    counts: StageCounts


class Tally:
    """Counts of one source of one stage; remembers until the stage is dropped, restorable."""

    def __init__(self) -> None:
        self.rows_in = 0
        self.rows_used = 0
        self.frames = 0
        self.repeats = 0
        self.holes = 0
        self.dead_letters = 0
        self.rows_out = 0
        self.last_row_watermark: float | None = None
        self.refused: Counter[str] = Counter()
        self.set_aside: Counter[str] = Counter()
        self.fleet_rows_in: Counter[str] = Counter()
        self.fleet_rows_used: Counter[str] = Counter()
        self.fleet_untimely: dict[str, Counter[str]] = {}

    def take(self, row_count: int, watermark: float | None = None) -> None:
        """Count a frame of rows that came in; a mark without rows promises time, no more."""
        self.frames += 1
        self.rows_in += row_count
        if row_count and watermark is not None:
            self.last_row_watermark = max(watermark, self.last_row_watermark or watermark)

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        """Count rows refused."""
        for refusal in refusals:
            self.refused[refusal.reason.value] += refusal.row_count

    def refuse_untimely(self, fleet: str, reasons: Mapping[str, int]) -> None:
        """Count of a fleet the fixes refused for their times; they are among the refused ones."""
        if reasons:
            self.fleet_untimely.setdefault(fleet, Counter()).update(reasons)

    def counts(
        self, stage: str, partition: int, source: str, watermark: float | None
    ) -> StageCounts:
        """Give what was counted so far as a record."""
        return StageCounts(
            stage=stage,
            partition=partition,
            source=source,
            watermark=watermark,
            last_row_watermark=self.last_row_watermark,
            rows_in=self.rows_in,
            rows_used=self.rows_used,
            refused=dict(sorted(self.refused.items())),
            frames=self.frames,
            repeats=self.repeats,
            holes=self.holes,
            dead_letters=self.dead_letters,
            late=self.refused["late"],
            rows_out=self.rows_out,
            set_aside=dict(sorted(self.set_aside.items())),
            fleet_rows_in=dict(self.fleet_rows_in),
            fleet_rows_used=dict(self.fleet_rows_used),
            fleet_untimely={fleet: dict(of) for fleet, of in self.fleet_untimely.items()},
        )

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        counts = unpack(data, self._state()).counts
        self.rows_in = counts.rows_in
        self.rows_used = counts.rows_used
        self.frames = counts.frames
        self.repeats = counts.repeats
        self.holes = counts.holes
        self.dead_letters = counts.dead_letters
        self.rows_out = counts.rows_out
        self.last_row_watermark = counts.last_row_watermark
        self.refused = Counter(counts.refused)
        self.set_aside = Counter(counts.set_aside)
        self.fleet_rows_in = Counter(counts.fleet_rows_in)
        self.fleet_rows_used = Counter(counts.fleet_rows_used)
        self.fleet_untimely = {fleet: Counter(of) for fleet, of in counts.fleet_untimely.items()}

    def _state(self) -> _TallyState:
        return _TallyState(self.counts("", 0, "", None))
