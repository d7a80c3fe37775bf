"""The health of each feed, from what the stages counted."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.units import MINUTE_S, Seconds
from streams.console.contract import SilentShare, SourceHealth, SourceStatus
from streams.console.health.source_parts import QUIET_AFTER_S, Part, SourceParts
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
    parts: SourceParts = field(default_factory=SourceParts)
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
    """Remembers the latest counts of each stage's partition; accepts them in any order.

    `region_count` regions of the city are shared out among `partition_count` partitions.
    """

    def __init__(self, region_count: int = 1, partition_count: int = 1) -> None:
        self._region_count, self._partition_count = region_count, partition_count
        self.counts: dict[tuple[str, int, str], StageCounts] = {}
        self.untimely = UntimelyWatch()
        self.elsewhere = ElsewhereWatch()
        self._tiles = {source.name: _Tile() for source in SOURCES}

    def take(self, counts: StageCounts, now: Seconds = 0.0) -> None:
        """Take one partition's counts; they are cumulative, so the latest replace the former.

        `now` is the wall clock's.
        """
        self.counts[(counts.stage, counts.partition, counts.source)] = counts
        self.untimely.take(counts)
        self.elsewhere.take(counts)
        for source in SOURCES:
            if counts.source in (source.raw, source.frames):
                self._refresh(source)
            if counts.source == source.frames:
                part = (counts.stage, counts.partition)
                rows = _rows_of(source, counts)
                self._tiles[source.name].parts.take(part, rows, counts.last_row_watermark, now)

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
            elif name == source.frames:
                came = _rows_of(source, counts)
                gone = came - _used_of(source, counts)
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

    def sources(
        self,
        silence_s: Seconds = 0.0,
        hanging: Mapping[Part, Seconds] | None = None,
        wall: Seconds = 0.0,
    ) -> list[SourceHealth]:
        """Give every source's health; all have ended where the feed has.

        Where nobody has told of any for `silence_s` by the wall clock, they are so much older and
        nobody knows how they are; so with one all of whose parts are `hanging`, by how long.
        `wall` is the wall clock's time.
        """
        return [self._health(source, silence_s, hanging or {}, wall) for source in SOURCES]

    def _share(self, source: Source, silent: Mapping[Part, Seconds]) -> SilentShare | None:
        """Say which part of a source is silent, None where all of it speaks."""
        if not silent:
            return None
        all_parts = {partition for _, partition in self._tiles[source.name].parts.parts}
        old, longest = {partition for _, partition in silent}, int(max(silent.values()) // 5 * 5)
        if source.fleet is not None:
            return SilentShare("vehicles", len(all_parts), sorted(old), longest)
        of = [region % self._partition_count for region in range(self._region_count)]
        return SilentShare(
            "districts",
            sum(partition in all_parts for partition in of),
            [region for region, partition in enumerate(of) if partition in old],
            longest,
        )

    def _health(
        self, source: Source, silence_s: Seconds, hanging: Mapping[Part, Seconds], wall: Seconds
    ) -> SourceHealth:
        tile, now = self._tiles[source.name], self.event_time
        parts = {} if self.has_ended or silence_s > 0.0 else tile.parts.silent(hanging, wall)
        if parts and all(part in hanging for part in tile.parts.parts):
            silence_s, parts = min(parts.values()), {}
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
        elif parts:
            status = "partial"
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
            silent=self._share(source, parts),
        )


def _rows_of(source: Source, counts: StageCounts) -> int:
    """Give how many rows of a source a stage's partition has read as frames."""
    return counts.rows_in if source.fleet is None else counts.fleet_rows_in.get(source.fleet, 0)


def _used_of(source: Source, counts: StageCounts) -> int:
    return counts.rows_used if source.fleet is None else counts.fleet_rows_used.get(source.fleet, 0)


def _rate(tile: _Tile, status: SourceStatus, now: float | None) -> int | None:
    if status == "unknown":
        return None
    return 0 if status == "ended" else tile.rows_per_min(now)
