"""What the probes of a minute add to the sums, and what parked ones had added wrongly."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from congestion.kernels.probes import (
    QUEUE_REACH_M,
    QUEUED,
    STANDING,
    TIME,
    VEHICLES,
    sum_probes,
)
from congestion.region import Region
from congestion.seen.parked import Parked
from congestion.seen.pieces import Pieces, together
from congestion.seen.sums import OF_BUSES, OF_TAXIS, SUM_FIELDS, TAIL
from ingest.kernels.arrays import Floats
from ingest.units import MINUTE_S, Metres, Seconds
from mapmatch.network import NONE


def add_probes(
    region: Region, rows: Pieces, stop_reach_m: Metres, sums: Floats, tail_m: Floats
) -> None:
    """Add a minute's progress to the sums, row by row; tail_m starts at 0."""
    if not len(rows):
        return
    sum_probes(
        rows.vehicle,
        rows.is_bus,
        region.local[rows.segment],
        rows.exit_s - rows.enter_s,
        rows.enter_m.astype(np.float64),
        rows.exit_m.astype(np.float64),
        region.length_m,
        region.stop_offsets,
        region.stop_m,
        stop_reach_m,
        np.full(len(region), NONE, np.int32),
        sums,
        tail_m,
    )
    sums[:, TAIL] = tail_m


class Provisional(NamedTuple):
    """What provisional rows add to a minute's sums: m segments, and m x SUM_FIELDS."""

    touched: npt.NDArray[np.intp]
    sums: Floats


def probe_sums(region: Region, rows: Pieces, stop_reach_m: Metres) -> tuple[Floats, Floats]:
    """Give the sums of a minute's progress, which lie field by field, and its tails (m)."""
    sums, tail_m = np.zeros((len(region), SUM_FIELDS)), np.zeros(len(region))
    add_probes(region, rows, stop_reach_m, sums, tail_m)
    return np.asfortranarray(sums), tail_m


def driven_sums(
    region: Region, settled: Pieces, provisional: Pieces, stop_reach_m: Metres
) -> tuple[Floats, Floats, Provisional]:
    """Give a minute's sums of settled progress, its tails, and what provisional rows add."""
    sums, tail_m = probe_sums(region, settled, stop_reach_m)
    if not len(provisional):
        return sums, tail_m, Provisional(np.zeros(0, np.intp), sums[:0])
    more, tail_m = probe_sums(region, together(settled, provisional), stop_reach_m)
    more -= sums
    touched = np.flatnonzero(more.any(axis=1))
    return sums, tail_m, Provisional(touched, more[touched])


def take_back(
    region: Region, parked: Parked, minute_start: Seconds, keep: float, memory: Floats
) -> None:
    """Take out of a faded memory, in place, what vehicles added before they were known to park.

    `keep` is what the memory keeps of the minute before.
    """
    new = np.flatnonzero(parked.is_new)
    at, fleet = parked.segment[new], np.where(parked.is_bus[new], OF_BUSES, OF_TAXIS)
    minutes = np.maximum(np.floor((minute_start - parked.since[new]) / MINUTE_S), 0.0)
    faded = (1.0 - keep**minutes) / (1.0 - keep)  # minutes, each as far as it is remembered
    to_end = region.length_m[at] - parked.offset_m[new]
    queued = np.where(to_end < QUEUE_REACH_M, MINUTE_S, 0.0)
    for field, share in ((TIME, MINUTE_S), (STANDING, MINUTE_S), (QUEUED, queued), (VEHICLES, 1.0)):
        np.subtract.at(memory, (at, fleet + field), share * faded)
    np.subtract.at(memory, (at, np.full(len(at), TAIL)), to_end * faded)
    memory[at] = np.maximum(memory[at], 0.0)
