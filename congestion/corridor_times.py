"""How long a corridor takes now, usually and when free, and how much of that was measured."""

from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.corridors import Corridor
from ingest.kernels.arrays import Floats
from ingest.units import Seconds
from mapmatch.network import Network

LEAST_MEASURED = 0.5
"""Of a corridor of which less is measured no travel time is told. Unit: share of length. Source:
chosen; the most of such a time would be what is usual."""

CorridorStatus = Literal["unknown", "unbounded", "free", "slow", "alarm"]


class CorridorTime(msgspec.Struct, frozen=True):
    """A corridor's instantaneous travel time, the sum of length over speed of its segments.

    `time_s` is None where a speed is not known or too little is measured, `usual_s` and `free_s`
    where they are not known of each segment. `status` goes by the corridor's own bounds:
    `unbounded` where it has none, `unknown` without a time.
    """

    name: str
    segment_ids: list[str]
    length_m: float
    time_s: Seconds | None
    usual_s: Seconds | None
    free_s: Seconds | None
    measured_share: float
    slow_above_s: Seconds | None
    alarm_above_s: Seconds | None
    status: CorridorStatus


def corridor_time(
    corridor: Corridor, network: Network, speed_mps: Floats, usual_mps: Floats, free_mps: Floats,
    is_measured: npt.NDArray[np.bool_],
) -> CorridorTime:  # fmt: skip
    """Give a corridor's travel times from speeds of the network's n segments; NaN is unknown."""
    line = np.array(corridor.segments)
    length = network.length_m[line]
    share = float(length[is_measured[line]].sum() / length.sum())
    time = _time(length, speed_mps[line]) if share >= LEAST_MEASURED else None
    return CorridorTime(
        name=corridor.name,
        segment_ids=[network.segment_ids[segment] for segment in corridor.segments],
        length_m=round(float(length.sum()), 1),
        time_s=time,
        usual_s=_time(length, usual_mps[line]),
        free_s=_time(length, free_mps[line]),
        measured_share=round(share, 3),
        slow_above_s=corridor.slow_above_s,
        alarm_above_s=corridor.alarm_above_s,
        status=_status(corridor, time),
    )


def _time(length_m: Floats, speed_mps: Floats) -> Seconds | None:
    """Give the time in whole seconds, None where one speed is not known or nothing moves."""
    return round(float((length_m / speed_mps).sum())) if bool((speed_mps > 0).all()) else None


def _status(corridor: Corridor, time: Seconds | None) -> CorridorStatus:
    slow, alarm = corridor.slow_above_s, corridor.alarm_above_s
    if time is None:
        return "unknown"
    if alarm is not None and time > alarm:
        return "alarm"
    if slow is not None and time > slow:
        return "slow"
    return "unbounded" if slow is None and alarm is None else "free"
