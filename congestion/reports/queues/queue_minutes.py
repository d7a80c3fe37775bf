"""The queues of every minute of a period, found as the operators' are, from stored states."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ibis import _

from congestion.queues.find import find_queues
from congestion.queues.queue_settings import QueueSettings
from congestion.reports.opened import Opened, Say
from congestion.reports.stored import Period, on_segments
from ingest.kernels.arrays import Floats, Int32s, Int64s
from ingest.units import KMH

BLOCK_S = 4 * 3600
"""Slow states are fetched so many seconds at a time, which bounds the memory. Unit: s. Source:
chosen, a million rows of 100,000 segments of which one in twenty is slow."""


@dataclass(frozen=True)
class QueueMinutes:
    """Queues minute by minute: k rows of a queue and minute, and m rows of their members.

    A queue's delay is what the vehicles on its members lose in the minute against free flow.
    """

    minute: Int64s  # k, s since 1970 UTC
    root: Int32s  # k, the head segment
    length_m: Floats  # k
    delay_veh_h: Floats  # k
    member_minute: Int64s  # m
    member: Int32s  # m, segment
    member_root: Int32s  # m
    member_delay_veh_h: Floats  # m

    def __len__(self) -> int:
        return len(self.root)


def queue_minutes(opened: Opened, say: Say = lambda _: None) -> QueueMinutes:
    """Give the queues of each minute of the period, in order of time and head."""
    network, settings = opened.network, opened.rules.queues
    columns: tuple[list[Any], ...] = tuple([] for _ in range(8))
    n = network.segment_count
    speed, free, delay = np.full(n, np.nan), np.full(n, np.inf), np.zeros(n)
    for minute, segment, kmh, free_kmh, lost in _slow_minutes(opened, settings, say):
        speed[segment], free[segment], delay[segment] = kmh / KMH, free_kmh / KMH, lost
        queues = find_queues(network, speed, free, settings=settings)
        members = queues.members
        sizes = np.diff(queues.member_offsets)
        root = np.repeat(queues.roots, sizes)
        # reduceat of no queue at all would fail on its empty offsets
        summed: Floats = np.zeros(0)
        if sizes.size:
            summed = np.add.reduceat(delay[members], queues.member_offsets[:-1])
        found = (
            np.full(len(queues), minute), queues.roots, queues.length_m, summed,
            np.full(len(members), minute), members, root, delay[members],
        )  # fmt: skip
        for column, values in zip(columns, found, strict=True):
            column.append(values)
        speed[segment], free[segment], delay[segment] = np.nan, np.inf, 0.0
    kinds = (np.int64, np.int32, float, float, np.int64, np.int32, np.int32, float)
    return QueueMinutes(
        *(np.concatenate([np.empty(0), *c]).astype(k) for c, k in zip(columns, kinds, strict=True))
    )


def _slow_minutes(
    opened: Opened, settings: QueueSettings, say: Say
) -> Iterator[tuple[int, Int32s, Floats, Floats, Floats]]:
    """Give of each minute the segments slow enough for a queue: index, speeds and delay."""
    start, end = (int(time) for time in opened.period)
    stored = np.unique((opened.minutes.minute - start) // BLOCK_S)
    for first in (start + BLOCK_S * stored).tolist():
        say(f"queues, {100 * (first - start) // max(end - start, 1)} % of the period")
        states = opened.states_within(Period(first, min(first + BLOCK_S, end)))
        # The join comes after the filter: few states are slow.
        few = states.filter(_.speed_kmh < settings.slow_share * _.free_flow_kmh)
        block = on_segments(few, opened.segments).select(
            "minute", "segment", "speed_kmh", "free_flow_kmh", "delay_veh_h"
        )
        found = block.order_by("minute", "segment").to_pandas()
        minutes = found["minute"].to_numpy(np.int64)
        bounds = np.flatnonzero(np.diff(minutes, prepend=-1, append=-1))
        arrays = [
            found[name].to_numpy(kind)
            for name, kind in (("segment", np.int32), ("speed_kmh", float),
                               ("free_flow_kmh", float), ("delay_veh_h", float))
        ]  # fmt: skip
        for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            segment, kmh, free_kmh, lost = (array[low:high] for array in arrays)
            yield int(minutes[low]), segment, kmh, free_kmh, lost
