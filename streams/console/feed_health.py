"""How the feeds do, worked out from what the stages counted."""

from collections import Counter, deque
from dataclasses import dataclass, field

from streams.console.messages import SourceHealth, SourceStatus
from streams.counts import StageCounts

RATE_WINDOW_S = 120.0
"""Rows a minute are taken over this much event time; magnetometers report once in 60 s."""
QUIET_AFTER_S = 180.0
ENDED_AFTER_S = 300.0
"""A watermark this far beyond the last row is a replay's closing mark."""


@dataclass(frozen=True)
class Source:
    """One tile of the page and the stage-counts sources that feed it."""

    name: str
    title: str
    inputs: frozenset[str]


SOURCES = (
    Source("bus", "Buses", frozenset({"gps.bus", "bus", "fixes.bus"})),
    Source("taxi", "Taxis", frozenset({"gps.taxi", "taxi", "fixes.taxi"})),
    Source("gps", "Bus and taxi GPS", frozenset({"fixes"})),
    Source("magnetometer", "Magnetometers", frozenset({"detector-readings", "magnetometer"})),
    Source("camera", "Cameras", frozenset({"camera-events", "camera"})),
)
FLEETS = frozenset({"bus", "taxi"})


@dataclass
class _Tile:
    """One source's running figures; `marks` are (watermark, rows) as they grew."""

    marks: deque[tuple[float, int]] = field(default_factory=deque)
    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    last_row: float | None = None

    def take(self, watermark: float | None, rows: int, refused: Counter[str]) -> None:
        has_grown = rows > self.rows
        self.rows, self.refused = rows, refused
        if watermark is None:
            return
        if has_grown:
            self.last_row = max(watermark, self.last_row or watermark)
        if not self.marks or watermark > self.marks[-1][0]:
            self.marks.append((watermark, rows))
        else:
            self.marks[-1] = (self.marks[-1][0], rows)
        while len(self.marks) > 2 and self.marks[1][0] <= watermark - RATE_WINDOW_S:
            self.marks.popleft()

    def rows_per_min(self, event_time: float | None) -> int | None:
        if len(self.marks) < 2 or event_time is None:
            return None
        (start, before), (end, after) = self.marks[0], self.marks[-1]
        if end - event_time > ENDED_AFTER_S:
            return 0
        return max(0, round((after - before) / (end - start) * 60.0))


class FeedHealth:
    """Remembers the latest counts of each stage's partition; accepts them in any order."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int, str], StageCounts] = {}
        self._tiles = {source.name: _Tile() for source in SOURCES}

    def take(self, counts: StageCounts) -> None:
        """Take one partition's counts; they are cumulative, so the latest replace the former."""
        self.counts[(counts.stage, counts.partition, counts.source)] = counts
        for source in SOURCES:
            if counts.source in source.inputs:
                self._refresh(source)

    def _refresh(self, source: Source) -> None:
        refused: Counter[str] = Counter()
        rows_by_stage: Counter[str] = Counter()
        watermarks = []
        for (stage, _, name), counts in self.counts.items():
            if name not in source.inputs:
                continue
            rows_by_stage[stage] += counts.rows_in
            refused.update(counts.refused)
            if counts.watermark is not None:
                watermarks.append(counts.watermark)
        # A row passes several stages; the first of them sees the most.
        rows = max(rows_by_stage.values(), default=0)
        self._tiles[source.name].take(max(watermarks, default=None), rows, refused)

    @property
    def event_time(self) -> float | None:
        """Give the arrival clock at the newest row of any source, None before the first."""
        return max(
            (t.last_row for t in self._tiles.values() if t.last_row is not None), default=None
        )

    @property
    def has_ended(self) -> bool:
        """Say whether a closing mark ran far ahead of the last row."""
        now = self.event_time
        marks = [tile.marks[-1][0] for tile in self._tiles.values() if tile.marks]
        return now is not None and max(marks, default=now) - now >= ENDED_AFTER_S

    def sources(self) -> list[SourceHealth]:
        """Give every source's health; the fleets together where they are not told apart."""
        by_fleet = any(self._tiles[name].rows for name in FLEETS)
        return [
            self._health(source)
            for source in SOURCES
            if (source.name != "gps" if by_fleet else source.name not in FLEETS)
        ]

    def _health(self, source: Source) -> SourceHealth:
        tile, now = self._tiles[source.name], self.event_time
        age = None if tile.last_row is None or now is None else max(0.0, now - tile.last_row)
        status: SourceStatus = "live"
        if tile.rows == 0:
            status = "none"
        elif self.has_ended:
            status = "ended"
        elif age is None or age > QUIET_AFTER_S:
            status = "quiet"
        return SourceHealth(
            name=source.name,
            title=source.title,
            status=status,
            rows_per_min=tile.rows_per_min(now),
            age_s=None if age is None else round(age),
            rows=tile.rows,
            refused=tile.refused.total(),
            reasons=dict(tile.refused),
        )
