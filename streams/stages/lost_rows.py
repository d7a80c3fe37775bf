"""Sources that lose most of their newest rows: to their times, or to places outside the network."""

from collections import Counter, deque
from collections.abc import Iterator

import msgspec

from ingest.checks.check import Bounds
from ingest.refusals import Reason
from streams import topics
from streams.stages.counts import StageCounts

REASONS = (Reason.LATE.value, Reason.OUT_OF_ORDER.value, Reason.CLOCK_SKEW.value)
MUCH_UNTIMELY = 0.1
"""A source is named where more of its newest rows are so. Unit: share. Source: chosen; of a city's
feeds a few percent come late every day."""
LEAST_ROWS = 100
"""Of fewer rows nothing is said. Unit: count. Source: chosen, so that ten must be untimely."""
MUCH_OUTSIDE = 0.95
"""Of the newest fixes so many lie outside the network where it is another city's. Unit: share.
Source: chosen; of a city's own few leave it."""
_COUNTS_KEPT = 60
"""The newest rows are those of so many counts. Unit: count. Source: chosen, two minutes of counts
that are published every 2 s."""
_SOURCES = {
    topics.GPS_BUS: "bus",
    topics.GPS_TAXI: "taxi",
    topics.MAGNETOMETER: "magnetometer",
    topics.CAMERA: "camera",
    topics.READINGS: "magnetometer",
    topics.CAMERA_EVENTS: "camera",
}


class Untimely(msgspec.Struct, frozen=True):
    """A source's newest rows in a stage, and how many were untimely, by reason."""

    source: str
    row_count: int
    reasons: dict[str, int]

    @property
    def share(self) -> float:
        """The share of untimely rows, 0 of too few."""
        if self.row_count < LEAST_ROWS:
            return 0.0
        return min(1.0, sum(self.reasons.values()) / self.row_count)

    @property
    def is_much(self) -> bool:
        """Whether that is worth a warning."""
        return self.share > MUCH_UNTIMELY

    def __str__(self) -> str:
        """Give the loss in one line."""
        most = Counter(self.reasons).most_common()
        listed = ", ".join(f"{reason} {count:,}" for reason, count in most)
        return (
            f"{self.share:.0%} of the last {self.row_count:,} {self.source} rows refused: {listed}"
        )


_Key = tuple[str, int, str]  # stage, partition, source


class UntimelyWatch:
    """Remembers the last counts of each stage's partition and source; they must come in order."""

    def __init__(self) -> None:
        self._counts: dict[_Key, deque[Counter[str]]] = {}
        self._much: set[_Key] = set()

    def take(self, counts: StageCounts) -> list[Untimely]:
        """Take a stage's counts; gives what has become much with them, or is no longer."""
        changed = []
        for source, now in _by_source(counts):
            key = (counts.stage, counts.partition, source)
            kept = self._counts.setdefault(key, deque(maxlen=_COUNTS_KEPT))
            if kept and now["rows"] < kept[-1]["rows"]:
                kept.clear()  # a state of before, or afresh
            kept.append(now)
            found = self._newest(key)
            if found.is_much != (key in self._much):
                self._much ^= {key}
                changed.append(found)
        return changed

    def of(self, source: str) -> Untimely:
        """Give what is known of a source, of the stage and partition that loses most."""
        found = [self._newest(key) for key in self._counts if key[2] == source]
        return max(found, key=lambda one: one.share, default=Untimely(source, 0, {}))

    def _newest(self, key: _Key) -> Untimely:
        kept = self._counts[key]
        first = kept[0] if len(kept) > 1 else Counter[str]()
        grown = {name: count - first[name] for name, count in kept[-1].items()}
        reasons = {name: count for name, count in grown.items() if count > 0 and name != "rows"}
        return Untimely(key[2], grown["rows"], reasons)


def _by_source(counts: StageCounts) -> Iterator[tuple[str, Counter[str]]]:
    if counts.source == topics.FIXES:
        for fleet, row_count in counts.fleet_rows_in.items():
            yield fleet, Counter({"rows": row_count, **counts.fleet_untimely.get(fleet, {})})
    elif counts.source in _SOURCES:
        of = {name: n for name, n in counts.refused.items() if name in REASONS}
        yield _SOURCES[counts.source], Counter({"rows": counts.rows_in, **of})


class Elsewhere(msgspec.Struct, frozen=True):
    """That nearly all of the newest fixes of a partition lie outside the network, and where."""

    row_count: int
    share: float
    box: Bounds

    def words(self, network: str, bounds: Bounds) -> str:
        """Say it in a line, with both places."""
        return (
            f"{self.share:.0%} of the last {self.row_count:,} fixes lie outside the road network "
            f"{network}: they lie at {_box(self.box)}, the network at {_box(bounds)}"
        )


class ElsewhereWatch:
    """Remembers the last counts of fixes of each partition; they must come in order."""

    def __init__(self) -> None:
        self._counts: dict[int, deque[StageCounts]] = {}

    def take(self, counts: StageCounts) -> Elsewhere | None:
        """Take a stage's counts; give what is wrong where that has just begun."""
        if counts.source != topics.FIXES:
            return None
        before = self._of(counts.partition)
        kept = self._counts.setdefault(counts.partition, deque(maxlen=_COUNTS_KEPT))
        if kept and counts.rows_in < kept[-1].rows_in:
            kept.clear()  # a state of before, or afresh
        kept.append(counts)
        return self._of(counts.partition) if before is None else None

    def found(self) -> Elsewhere | None:
        """Give what is wrong now with any partition, None where nothing is."""
        return next((one for p in sorted(self._counts) if (one := self._of(p))), None)

    def _of(self, partition: int) -> Elsewhere | None:
        kept = self._counts.get(partition)
        if not kept:
            return None
        last, first = kept[-1], kept[0]
        is_long = len(kept) == _COUNTS_KEPT
        rows = last.rows_in - (first.rows_in if is_long else 0)
        outside = _outside(last) - (_outside(first) if is_long else 0)
        if last.outside is None or rows < LEAST_ROWS or outside < MUCH_OUTSIDE * rows:
            return None
        return Elsewhere(rows, outside / rows, last.outside)


def _outside(counts: StageCounts) -> int:
    return counts.refused.get(Reason.OUTSIDE_NETWORK.value, 0)


def _box(box: Bounds) -> str:
    return f"{box.west:.4f} to {box.east:.4f} E, {box.south:.4f} to {box.north:.4f} N"
