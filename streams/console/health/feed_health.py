"""The health of each feed, from what the stages counted."""

from collections import Counter, deque
from dataclasses import dataclass, field

from ingest.units import MINUTE_S, Seconds
from streams.console.contract import SourceHealth, SourceStatus
from streams.stages.counts import StageCounts
from streams.stages.lost_rows import ElsewhereWatch, UntimelyWatch
from streams.topics import (
    CAMERA,
    CAMERA_EVENTS,
    FIXES,
    GPS_BUS,
    GPS_TAXI,
    MAGNETOMETER,
    READINGS,
)

RATE_WINDOW_S = 120.0
"""Rows a minute are taken over this much event time. Unit: s. Source: chosen: detectors report once
in 60 s."""
QUIET_AFTER_S = 180.0
"""A source whose last row is older is quiet. Unit: s. Source: chosen, three detector readings."""
ENDED_AFTER_S = 300.0
"""A watermark this far beyond the last row is a replay's closing mark. Unit: s. Source: chosen,
half of how far that mark lies ahead."""


@dataclass(frozen=True)
class Source:
    """One tile of the page and where its rows are counted.

    `raw` is the topic of raw records, which may be unused. `frames` is the topic of frames; the
    stage that reads it counts its rows, by `fleet` where two sources share the topic.
    """

    name: str
    title: str
    raw: str
    frames: str
    fleet: str | None = None


SOURCES = (
    Source("bus", "Buses", GPS_BUS, FIXES, "bus"),
    Source("taxi", "Taxis", GPS_TAXI, FIXES, "taxi"),
    Source("magnetometer", "Magnetometers", MAGNETOMETER, READINGS),
    Source("camera", "Cameras", CAMERA, CAMERA_EVENTS),
)


@dataclass
class _Tile:
    """One source's running figures; `marks` are (watermark, rows) as they grew."""

    marks: deque[tuple[float, int]] = field(default_factory=deque)
    rows: int = 0
    refused_rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    last_row: float | None = None
    excluded: dict[str, str] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)

    def take(
        self,
        watermark: float | None,
        last_row: float | None,
        rows: int,
        refused_rows: int,
        reasons: Counter[str],
    ) -> None:
        has_grown = rows > self.rows
        self.rows, self.refused_rows, self.reasons = rows, refused_rows, reasons
        if watermark is None:
            return
        if last_row is not None:
            # The stage's clock waits for all of its sources; this one's rows may be ahead of it.
            self.last_row = last_row
            watermark = max(watermark, last_row)
        elif has_grown:
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
        return max(0, round((after - before) / (end - start) * MINUTE_S))


class FeedHealth:
    """Remembers the latest counts of each stage's partition; accepts them in any order."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int, str], StageCounts] = {}
        self.untimely = UntimelyWatch()
        self.elsewhere = ElsewhereWatch()
        self._tiles = {source.name: _Tile() for source in SOURCES}

    def take(self, counts: StageCounts) -> None:
        """Take one partition's counts; they are cumulative, so the latest replace the former."""
        self.counts[(counts.stage, counts.partition, counts.source)] = counts
        self.untimely.take(counts)
        self.elsewhere.take(counts)
        for source in SOURCES:
            if counts.source in (source.raw, source.frames):
                self._refresh(source)

    def _refresh(self, source: Source) -> None:
        refused: Counter[str] = Counter()
        rows = refused_rows = 0
        excluded: dict[str, str] = {}
        withdrawn: Counter[str] = Counter()
        watermarks: list[float] = []
        last_rows: list[float] = []
        for (_, _, name), counts in self.counts.items():
            if name == source.raw:
                # Rows that pass here are counted as frames; only refused ones are new.
                came = gone = counts.rows_in - counts.rows_used
            elif name == source.frames and source.fleet is not None:
                came = counts.fleet_rows_in.get(source.fleet, 0)
                gone = came - counts.fleet_rows_used.get(source.fleet, 0)
            elif name == source.frames:
                came, gone = counts.rows_in, counts.rows_in - counts.rows_used
            else:
                continue
            rows += came
            refused_rows += gone
            refused.update(counts.refused)
            excluded |= counts.excluded
            withdrawn.update(counts.withdrawn)
            if counts.watermark is not None:
                watermarks.append(counts.watermark)
            if counts.last_row_watermark is not None:
                last_rows.append(counts.last_row_watermark)
        self._tiles[source.name].excluded = excluded
        self._tiles[source.name].withdrawn = dict(withdrawn)
        self._tiles[source.name].take(
            max(watermarks, default=None),
            max(last_rows, default=None),
            rows,
            refused_rows,
            refused,
        )

    @property
    def event_time(self) -> float | None:
        """Give the event time of the newest row of any source, None before the first."""
        return max(
            (t.last_row for t in self._tiles.values() if t.last_row is not None), default=None
        )

    @property
    def has_ended(self) -> bool:
        """Tell whether the replay has closed the feed: a watermark is far ahead of the last row."""
        now = self.event_time
        marks = [tile.marks[-1][0] for tile in self._tiles.values() if tile.marks]
        return now is not None and max(marks, default=now) - now >= ENDED_AFTER_S

    @property
    def excluded_detectors(self) -> dict[str, str]:
        """Give the detectors not believed at present, and the fault of each."""
        return {name: why for tile in self._tiles.values() for name, why in tile.excluded.items()}

    @property
    def gateways_off(self) -> dict[tuple[str, int], float]:
        """Give the gateways, by topic and partition, whose clocks are off, and by how much (s)."""
        return {
            (source, partition): counts.clock_off_s
            for (_, partition, source), counts in self.counts.items()
            if counts.clock_off_s is not None
        }

    @property
    def withdrawn_tests(self) -> dict[str, int]:
        """Give the tests of detectors that accused too many to be right, and how many that was."""
        total: Counter[str] = Counter()
        for tile in self._tiles.values():
            total.update(tile.withdrawn)
        return dict(total)

    def sources(self, silence_s: Seconds = 0.0) -> list[SourceHealth]:
        """Give every source's health; all have ended where the feed has.

        Where nobody has told of any for `silence_s` by the wall clock, they are so much older and
        nobody knows how they are.
        """
        return [self._health(source, silence_s) for source in SOURCES]

    def _health(self, source: Source, silence_s: Seconds) -> SourceHealth:
        tile, now = self._tiles[source.name], self.event_time
        age = None if tile.last_row is None or now is None else max(0.0, now - tile.last_row)
        untimely = self.untimely.of(source.name)
        off = [off_s for (topic, _), off_s in self.gateways_off.items() if topic == source.raw]
        status: SourceStatus = "live"
        if tile.rows == 0:
            status = "none"
        elif self.has_ended:
            status = "ended"
        elif silence_s > 0.0:
            status = "unknown"
            age = None if age is None else age + silence_s
        elif age is None or age > QUIET_AFTER_S:
            status = "quiet"
        return SourceHealth(
            name=source.name,
            title=source.title,
            status=status,
            rows_per_min=_rate(tile, status, now),
            age_s=None if age is None else round(age),
            rows=tile.rows,
            refused=tile.refused_rows,
            reasons=dict(tile.reasons),
            excluded=dict(Counter(sorted(tile.excluded.values()))),
            withdrawn=tile.withdrawn,
            untimely=round(untimely.share, 3) if untimely.is_much else None,
            clock_off_s=next(iter(off), None),
        )


def _rate(tile: _Tile, status: SourceStatus, now: float | None) -> int | None:
    if status == "unknown":
        return None
    return 0 if status == "ended" else tile.rows_per_min(now)
