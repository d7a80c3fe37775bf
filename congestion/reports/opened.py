"""What a report is made of, opened: the states of its period and area, summed by the minute."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from congestion.indices import CITY
from congestion.reports.area_minutes import AreaMinutes, area_minutes, once_each
from congestion.reports.records import Coverage
from congestion.reports.stored import (
    Period,
    Readable,
    ReportError,
    engine,
    on_segments,
    segments_table,
    states_of,
)
from ingest.kernels.arrays import Flags, Floats, Int32s, Int64s
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
    unknown_rows: int  # of segments that the network has not
    notes: list[str]

    def coverage(self) -> Coverage:
        """Give what share of the segments and minutes was observed, filled or is missing."""
        expected = int(self.area.chosen.sum()) * self.period.minutes
        observed, known = int(self.minutes.observed.sum()), int(self.minutes.known.sum())
        share = observed / expected, (known - observed) / expected
        return Coverage(*share, max(0.0, 1.0 - sum(share)), expected)


@dataclass(frozen=True)
class SegmentSums:
    """What s segments of an area came to in the period, in order of their index."""

    segment: Int32s
    speed_kmh: Floats  # space-mean, over time
    free_flow_kmh: Floats
    delay_veh_h: Floats
    known: Int64s  # minutes
    observed: Int64s  # minutes


def open_states(
    readable: Readable,
    network: Network,
    area: Area,
    period: Period,
    zone: ZoneInfo,
    say: Say = lambda _: None,
) -> Opened:
    """Open what is stored of the period. Raises ReportError where nothing of the area is."""
    con = engine()
    segments = con.create_table(
        "segments", ibis.memtable(segments_table(network, area.chosen, area.district_of(network)))
    )
    files = readable.within(period, zone)
    say(f"states of {len(files):,} file{'s' if len(files) > 1 else ''}")
    states = states_of(con, files, period)

    def within(part: Period) -> Any:
        """Read only the files, and of them only the groups of rows, that hold the part."""
        few = [e.file for e in readable.files if e.first < part.end and e.last >= part.start]
        return states_of(con, few, part) if few else states.filter(ibis.literal(False))

    minutes = area_minutes(states, segments)
    notes = [*area.notes, *(f"not used: {line}" for line in readable.not_used)]
    if minutes.doubled_minutes:
        notes.append(f"{minutes.doubled_minutes:,} minutes of districts were stored twice: each "
                     "state counts once")  # fmt: skip
        states = once = con.create_table("once", once_each(states), temp=True)

        def within(part: Period) -> Any:
            return once.filter(_.minute >= int(part.start), _.minute < int(part.end))

        minutes = area_minutes(states, segments)
    unknown = _unknown_rows(con, states, network)
    if not minutes.known.any():
        of_another = f"; {unknown:,} states are of segments that this network has not"
        raise ReportError(
            f"area {area.name!r}: no segment of it has a known state in the period, expected one"
            f"{of_another if unknown else ''}"
        )
    return Opened(network, area, period, zone, states, within, segments, minutes, unknown, notes)


def _unknown_rows(con: Any, states: Any, network: Network) -> int:
    every = ibis.memtable(pa.table({"segment_id": pa.array(network.segment_ids, pa.string())}))
    ids = states.group_by("segment_id").agg(rows=states.count())
    strange = ids.anti_join(every, "segment_id")
    return int(strange.rows.sum().to_pandas() or 0)


def segment_sums(opened: Opened) -> SegmentSums:
    """Sum the states of each segment over the period."""
    rows = on_segments(opened.states, opened.segments)
    found = (
        rows.filter(_.is_known)
        .group_by("segment")
        .agg(
            known=_.count(),
            pace=(1.0 / _.speed_kmh).sum(),
            free_pace=(1.0 / _.free_flow_kmh).sum(),
            delay=_.delay_veh_h.sum(),
            observed=_.is_measured.sum(),
        )
        .order_by("segment")
        .to_pandas()
    )
    known = found["known"].to_numpy(np.float64)
    return SegmentSums(
        segment=found["segment"].to_numpy(np.int32),
        speed_kmh=known / found["pace"].to_numpy(),
        free_flow_kmh=known / found["free_pace"].to_numpy(),
        delay_veh_h=found["delay"].to_numpy(),
        known=found["known"].to_numpy(np.int64),
        observed=found["observed"].to_numpy(np.int64),
    )
