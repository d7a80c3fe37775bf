"""What a report is made of, opened: the states of its period and area, summed by the minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from congestion.indices import CITY
from congestion.queues.hotspot_settings import HotSpotSettings
from congestion.queues.queue_settings import QueueSettings
from congestion.reports.area_minutes import AreaMinutes, area_minutes, once_each
from congestion.reports.engines import Engine, open_engine
from congestion.reports.kept_sums import KeptSums
from congestion.reports.records import Coverage
from congestion.reports.segment_days import by_segment, summed
from congestion.reports.segment_sums import SegmentSums
from congestion.reports.stored import (
    Extent,
    Period,
    Readable,
    ReportError,
    kept_in,
    segments_in,
    segments_table,
    states_of,
)
from congestion.reports.versions import of_versions
from congestion.settings import EstimatorSettings
from ingest.kernels.arrays import Flags, Int32s
from mapmatch.network import Network

Say = Callable[[str], None]


class Districts(NamedTuple):
    """Districts of a planner's own: of n segments the number in `names`, NONE outside."""

    of: Int32s
    names: list[str]


@dataclass(frozen=True)
class Area:
    """The part of a network that a report is about, and its name.

    Its districts are the network's regions, by number, or a planner's own. `notes` say what of the
    area could not be used as it was given.
    """

    name: str
    chosen: Flags  # n segments
    districts: Districts | None = None
    notes: tuple[str, ...] = ()

    def district_of(self, network: Network) -> Int32s:
        """Give the district of each of n segments."""
        return network.region.astype(np.int32) if self.districts is None else self.districts.of

    def district_name(self, district: int | None) -> str:
        """Give a district's name, as the console and /metrics have it; None is the whole area."""
        if district is None:
            return CITY
        return str(district) if self.districts is None else self.districts.names[district]


class Rules(NamedTuple):
    """What the operators' settings say of levels and queues: planners count as they do."""

    level_profile: str = EstimatorSettings().level_profile
    queues: QueueSettings = QueueSettings()
    active_minutes: int = HotSpotSettings().open_minutes  # from which on a queue is a bottleneck


@dataclass(frozen=True)
class Opened:
    """Stored states of a period and an area, ready to be asked; times are shown in the zone."""

    network: Network
    area: Area
    period: Period
    zone: ZoneInfo
    states: Any  # table of the engine
    states_within: Callable[[Period], Any]  # the same of a part of the period, read alone
    segments: Any  # table of the engine
    minutes: AreaMinutes
    by_segment: pa.Table  # sums of SEGMENT_DAYS over the period, of all segments of the lake
    unknown_rows: int  # of segments that the network has not
    notes: list[str]
    rules: Rules

    def coverage(self) -> Coverage:
        """Give what share of the segments and minutes was observed, filled or is missing."""
        expected = int(self.area.chosen.sum()) * self.period.minutes
        observed, known = int(self.minutes.observed.sum()), int(self.minutes.known.sum())
        share = observed / expected, (known - observed) / expected
        return Coverage(*share, max(0.0, 1.0 - sum(share)), expected)


def open_states(
    readable: Readable,
    network: Network,
    area: Area,
    period: Period,
    zone: ZoneInfo,
    say: Say = lambda _: None,
    kept: KeptSums | None = None,
    rules: Rules | None = None,
    engine: Engine = "duckdb",
) -> Opened:
    """Open what is stored of the period. Raises ReportError where nothing of the area is.

    Sums that are kept of whole files stand for their states.
    """
    kept = kept or KeptSums()
    con = open_engine(engine)
    of_area = segments_table(network, area.chosen, area.district_of(network))
    segments = segments_in(con, of_area)
    files = readable.within(period, zone)
    say(f"states of {len(files):,} file{'s' if len(files) > 1 else ''}")
    states = states_of(con, [extent.file for extent in files], period)

    def within(part: Period) -> Any:
        """Read only the files, and of them only the groups of rows, that hold the part."""
        few = [e.file for e in readable.files if e.first < part.end and e.last >= part.start]
        return states_of(con, few, part) if few else states.filter(ibis.literal(False))

    notes = [*area.notes, *(f"not used: {line}" for line in readable.not_used)]
    versions = of_versions({extent.version for extent in files}, network)
    notes += [] if versions is None else [versions]
    minutes = None
    if area.districts is None:  # those of others are kept of no lake
        minutes = kept.minutes(files, network, area.chosen, period)
    if minutes is None:
        minutes = area_minutes(states, segments)
    if minutes.doubled_minutes:
        notes.append(f"{minutes.doubled_minutes:,} minutes of districts were stored twice: each "
                     "state counts once")  # fmt: skip
        states = once = kept_in(con, "once", once_each(states))

        def within(part: Period) -> Any:
            return once.filter(_.minute >= int(part.start), _.minute < int(part.end))

        minutes = area_minutes(states, segments)
        sums = by_segment(states, segments).to_pyarrow()
    else:
        say("segments")
        sums = _by_segment(con, files, kept, period, segments)
    unknown = _unknown_rows(sums, network)
    if not minutes.known.any():
        of_another = f"; {unknown:,} states are of segments that this network has not"
        raise ReportError(
            f"area {area.name!r}: no segment of it has a known state in the period, expected one"
            f"{of_another if unknown else ''}"
        )
    return Opened(
        network, area, period, zone, states, within, segments, minutes, sums, unknown, notes,
        rules or Rules(),
    )  # fmt: skip


def _by_segment(
    con: Any, files: Sequence[Extent], kept: KeptSums, period: Period, segments: Any
) -> pa.Table:
    """Give the sums of each segment: those that are kept of whole files, and of the rest."""
    parts, rest = [], []
    for extent in files:
        is_whole = period.start <= extent.first and extent.last < period.end
        found = kept.of_segments(extent.file) if is_whole else None
        if found is None:
            rest.append(extent.file)
        else:
            parts.append(found)
    if rest:
        parts.append(by_segment(states_of(con, rest, period), segments).to_pyarrow())
    return summed(parts)


def _unknown_rows(sums: pa.Table, network: Network) -> int:
    ids = pa.array(network.segment_ids, pa.string())
    strange = pc.invert(pc.is_in(sums["segment_id"], value_set=ids))
    return int(pc.sum(sums["row_count"].filter(strange)).as_py() or 0)


def segment_sums(opened: Opened) -> SegmentSums:
    """Give what the states of each of the area's segments came to over the period."""
    network, sums = opened.network, opened.by_segment
    ids = pa.array(network.segment_ids, pa.string())
    place = pc.index_in(sums["segment_id"], value_set=ids).fill_null(-1).to_numpy()
    found = {name: sums[name].to_numpy() for name in sums.column_names[1:]}
    chosen = (place >= 0) & (found["known_count"] > 0)
    chosen[chosen] = opened.area.chosen[place[chosen]]
    rows = np.flatnonzero(chosen)[np.argsort(place[chosen])]
    known = found["known_count"][rows].astype(np.int64)
    return SegmentSums(
        segment=place[rows].astype(np.int32),
        speed_kmh=known / found["pace_h_km"][rows],
        free_flow_kmh=known / found["free_pace_h_km"][rows],
        delay_veh_h=found["delay_veh_h"][rows],
        known=known,
        observed=found["observed_count"][rows].astype(np.int64),
    )
