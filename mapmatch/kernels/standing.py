"""A vehicle that stands: its fixes are one place seen many times, weighed together."""

import numpy as np

from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.candidates import project, standing_cost
from mapmatch.kernels.layout import MatchGraph, Memory

MOST_TAUS = 6.0
"""A stand longer than so many times tau says no more about the place. Unit: none. Source: chosen; a
queue may creep."""
LEAST_SHARE = 0.08
"""What the newest fix counts for in the mean at least. Unit: share. Source: chosen; a dozen fixes
make up the mean, for a queue may creep."""


@inlined_part
def begin_standing(mem: Memory, slot: int, x: float, y: float) -> None:
    """Say that the newest layer's fix was taken standing."""
    vehicle = mem.slots[slot]
    vehicle.mean_x = x
    vehicle.mean_y = y
    vehicle.mean_span = 0.0
    vehicle.mean_count = 1


@inlined_part
def _cost(
    graph: MatchGraph, mem: Memory, segment: int, x: float, y: float, half: float
) -> tuple[float, float, float]:
    """Give what standing at a segment costs where fixes have mean x, y; its offset and distance."""
    offset, across, _, _, beyond = project(graph, segment, x, y)
    cost = half * (across * across + beyond * beyond) + standing_cost(mem, offset)
    return cost, offset, across


@part
def stand_on(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    time: float,
    x: float,
    y: float,
    sigma: float,
    tau: float,
) -> None:
    """Take one more fix of a vehicle that stands: weigh the newest layer's states by the mean.

    The mean of fixes over T seconds whose error persists for tau has a variance of about
    sigma^2 / (1 + T / (2 tau)) (first-order Markov process).
    """
    vehicle = mem.slots[slot]
    span = min(time - vehicle.layer_time, MOST_TAUS * tau)
    half_before = 0.5 * (1.0 + vehicle.mean_span / (2.0 * tau)) / (sigma * sigma)
    half = 0.5 * (1.0 + span / (2.0 * tau)) / (sigma * sigma)
    old_x, old_y = float(vehicle.mean_x), float(vehicle.mean_y)
    share = max(1.0 / (vehicle.mean_count + 1.0), LEAST_SHARE)
    mean_x, mean_y = old_x + share * (x - old_x), old_y + share * (y - old_y)
    record = np.int64(vehicle.layer_record)
    best = 1e300
    for k in range(vehicle.layer_count):
        segment = np.int64(vehicle.segment[k])
        if vehicle.age[k] == 0.0:
            before, _, _ = _cost(graph, mem, segment, old_x, old_y, half_before)
            cost, offset, across = _cost(graph, mem, segment, mean_x, mean_y, half)
            vehicle.score[k] += cost - before
            vehicle.offset[k] = offset
            vehicle.across[k] = across
            vehicle.state_x[k] = mean_x
            vehicle.state_y[k] = mean_y
            if record >= 0:
                mem.pool[record].offset[k] = offset
        best = min(best, float(vehicle.score[k]))
    for k in range(vehicle.layer_count):
        vehicle.score[k] -= best
    vehicle.mean_x = mean_x
    vehicle.mean_y = mean_y
    vehicle.mean_span = span
    vehicle.mean_count += 1
