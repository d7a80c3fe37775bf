"""Bus-stop blocking: how often queues begin on the segment of a bus stop, and what they cost."""

import numpy as np

from congestion.reports import sources
from congestion.reports.figures import SEGMENT_MINUTES
from congestion.reports.opened import Opened
from congestion.reports.queues.bottlenecks import Ranked
from congestion.reports.records import Column, Number, Table
from congestion.reports.segment_sums import SegmentSums
from congestion.roadside import RoadsideAssets
from ingest.kernels.arrays import Floats
from mapmatch.network import NONE

TOLD = "bus_stop"
"""The cause of alerts about queues at bus stops."""
COLUMNS = [
    Column("segment_id"), Column("road_name"), Column("stops"), Column("has_signal", "1 yes, 0 no"),
    Column("queue_minutes", "min", sources.QUEUES), Column("known_minutes", "min"),
    Column("blocking_index", "share", sources.BLOCKING),
    Column("delay_veh_h", "veh h", sources.DELAY),
    Column("told_delay_veh_h", "veh h", sources.DELAY),
]  # fmt: skip


def blocking_index(queue_minutes: Floats, known_minutes: Floats) -> Floats:
    """Give the share of the known minutes in which a queue's head was on a stop's segment.

    Unit: share, NaN where nothing is known. Source: chosen, no published definition was at hand.
    Where the segment ends at a signal, queues of the signal count too.
    """
    out = np.full(len(queue_minutes), np.nan)
    return np.divide(queue_minutes, known_minutes, out=out, where=known_minutes > 0)


def blocking_table(
    opened: Opened, sums: SegmentSums, ranked: Ranked, stops: RoadsideAssets[str]
) -> Table:
    """Give each segment of the area that has bus stops and a known state, the costliest first.

    `told_delay_veh_h` is of the queues of which an alert tells with the cause `bus_stop`.
    """
    network, n = opened.network, opened.network.segment_count
    names: dict[int, list[str]] = {}
    for stop, segment in zip(stops.ids, stops.segment.tolist(), strict=True):
        if segment != NONE and opened.area.chosen[segment]:
            names.setdefault(segment, []).append(stop)
    queues = ranked.queues
    known: Floats = np.bincount(sums.segment, sums.known, n).astype(np.float64)
    minutes = np.bincount(queues.root, minlength=n).astype(np.float64)
    lost = np.bincount(queues.root, queues.delay_veh_h, n)
    is_told = np.array(ranked.causes, dtype=str) == TOLD
    told = np.bincount(queues.member_root, queues.member_delay_veh_h * is_told, n)
    index = blocking_index(minutes, known)
    at = [segment for segment in names if known[segment] > 0]
    rows = [
        [network.segment_ids[s], network.names[s], ", ".join(sorted(names[s])),
         int(network.node_has_signal[network.to_node[s]]), int(minutes[s]), int(known[s]),
         round(float(index[s]), 4), round(float(lost[s]), 2), round(float(told[s]), 2)]
        for s in sorted(at, key=lambda s: (-lost[s], network.segment_ids[s]))
    ]  # fmt: skip
    return Table("bus_stops", COLUMNS, rows)


def blocking_numbers(table: Table) -> list[Number]:
    """Give the index of all stops' segments together, and what their queues cost."""
    queued, known = (sum(table.column(name)) for name in ("queue_minutes", "known_minutes"))
    index = round(queued / known, 4) if known else None
    lost = round(sum(table.column("delay_veh_h")), 2)
    return [
        Number("bus_stop_blocking_index", index, "share", known, SEGMENT_MINUTES, sources.BLOCKING),
        Number("bus_stop_delay_veh_h", lost, "veh h", queued, "queue minutes",
               f"{sources.DELAY}; {sources.QUEUES}"),
    ]  # fmt: skip
