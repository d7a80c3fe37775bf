"""Which sources of a recording were mostly not used by a run, said in one line each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.recorded.feed import Feed
from streams import topics
from streams.stages.counts import StageCounts
from streams.stages.match import FLEETS

MUCH_IGNORED = 0.1
"""A source is named where more of its rows are not used. Unit: share. Source: chosen; a city's
feeds lose a few percent every day."""
UNBELIEVED = "of detectors not believed at the end"
_SHOWN = 3
"""So many reasons are named. Unit: count. Source: chosen, a line."""


class IgnoredSource(msgspec.Struct, frozen=True):
    """One source: its rows, and how many of them a run did not use, by reason."""

    source: str
    row_count: int
    reasons: dict[str, int]

    @property
    def share(self) -> float:
        """The share of rows that was not used."""
        return sum(self.reasons.values()) / self.row_count if self.row_count else 0.0

    def __str__(self) -> str:
        """Give the loss in one line."""
        most = Counter(self.reasons).most_common()
        listed = ", ".join(f"{reason} {count:,}" for reason, count in most[:_SHOWN])
        more = ", ..." if len(most) > _SHOWN else ""
        return (
            f"{self.share:.0%} of the {self.row_count:,} {self.source} were ignored: "
            f"{listed}{more}; see clearway feed check"
        )


def ignored_sources(
    feed: Feed,
    fix_reasons: pa.Array,
    balance: Sequence[StageCounts],
    refused_reading_rows: Sequence[int],
) -> list[IgnoredSource]:
    """Give the sources of which a run ignored much.

    `fix_reasons` says of each fix why it has no segment, null where it has one. Readings of
    detectors that are not believed at the end count as ignored, each reading once.
    """
    sources = {count.source: count for count in balance}
    every = [
        *_readings(feed, sources[topics.READINGS], refused_reading_rows),
        *_counted("camera events", sources[topics.CAMERA_EVENTS]),
        *_counted("reports", sources[topics.REPORTS]),
        *_counted("patrols", sources[topics.PATROLS]),
    ]
    return [*ignored_fixes(feed, fix_reasons), *(one for one in every if _is_much(one))]


def ignored_fixes(feed: Feed, reasons: pa.Array) -> list[IgnoredSource]:
    """Give the fleets of whose fixes much was ignored; `reasons` as in `ignored_sources`."""
    return [one for one in _fixes(feed, reasons) if _is_much(one)]


def _is_much(source: IgnoredSource) -> bool:
    return source.share > MUCH_IGNORED


def _fixes(feed: Feed, reasons: pa.Array) -> Iterator[IgnoredSource]:
    if feed.fixes is None:
        return
    fleets = feed.fixes["fleet"].combine_chunks()
    is_of = {f"{fleet} fixes": pc.fill_null(pc.equal(fleets, fleet), False) for fleet in FLEETS}
    known = pa.array(FLEETS, pa.string())
    is_of["fixes of other fleets"] = pc.invert(pc.is_in(fleets, value_set=known))
    for name, is_mine in is_of.items():
        mine = reasons.filter(is_mine)
        counts = {c["values"]: c["counts"] for c in pc.value_counts(mine.drop_null()).to_pylist()}
        yield IgnoredSource(name, len(mine), counts)


def _readings(
    feed: Feed, counts: StageCounts, refused_rows: Sequence[int]
) -> Iterator[IgnoredSource]:
    if feed.readings is None:
        return
    doubted = pa.array(list(counts.excluded), pa.string())
    is_doubted = pc.is_in(feed.readings["detector_id"], value_set=doubted)
    is_ignored = np.array(is_doubted.to_numpy())
    is_ignored[list(refused_rows)] = False
    reasons = _nonzero(counts.refused | {UNBELIEVED: int(is_ignored.sum())})
    yield IgnoredSource("detector readings", counts.rows_in, reasons)


def _counted(name: str, counts: StageCounts) -> Iterator[IgnoredSource]:
    yield IgnoredSource(name, counts.rows_in, _nonzero(counts.refused))


def _nonzero(counts: Mapping[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in counts.items() if count}
