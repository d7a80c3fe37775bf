"""The way around a queue at the speeds of now, from before its tail to behind its root."""

import math

import msgspec
import numpy as np

from incidents.kernels.travel import times_to
from incidents.records import Alert
from incidents.response.around import LEAST_MPS
from ingest.kernels.arrays import Floats
from ingest.units import Metres, Seconds
from mapmatch.network import Network

LONGEST_S = 3600.0
"""A longer way around is none. Unit: s. Source: chosen, an hour."""


class Detour(msgspec.Struct, frozen=True):
    """Which segments to drive around, how long that takes, and how long the queue takes."""

    segment_ids: list[str]
    road_names: list[str]  # in the order driven
    length_m: Metres
    time_s: Seconds
    queue_time_s: Seconds


def detour(network: Network, case: Alert, speed_mps: Floats) -> Detour | None:
    """Give the quickest way around a case by permitted turns, None where there is none.

    `speed_mps` (n) is NaN where not known: then the road counts as free. The way begins before the
    queue, where traffic still comes from the same street if it does, and ends behind its root.
    """
    found = [network.index_of(s) for s in [case.segment_id, *case.queue_segment_ids]]
    queue = list(dict.fromkeys(s for s in found if s is not None))
    if not queue:
        return None
    through_s = _through_s(network, speed_mps)
    queue_time_s = float(through_s[queue].sum())
    free = through_s.copy()
    free[queue] = np.inf
    best: tuple[float, list[int]] | None = None
    starts = _before(network, queue)
    for target in _onward(network, queue[0], queue):
        time_s = _times(network, free, target, starts, best[0] if best else LONGEST_S)
        for start in starts:
            path = _path(network, start, target, free, time_s)
            if path and (best is None or time_s[start] < best[0]):
                best = float(time_s[start]), path
    if best is None or not math.isfinite(best[0]):
        return None
    path = best[1]
    names = [network.names[s] for s in path]
    streets = [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
    return Detour(
        [network.segment_ids[s] for s in path], streets,
        round(float(network.length_m[path].sum())), round(best[0]), round(queue_time_s),
    )  # fmt: skip


def driving_time_s(network: Network, segments: list[int], speed_mps: Floats) -> Seconds:
    """Give how long a way takes at speeds (n, m/s; a road whose speed is NaN counts as free)."""
    return float(_through_s(network, speed_mps)[segments].sum())


def _through_s(network: Network, speed_mps: Floats) -> Floats:
    speed = np.where(np.isnan(speed_mps), network.free_speed_mps, speed_mps)
    return network.length_m / np.maximum(speed, LEAST_MPS)


def _onward(network: Network, root: int, queue: list[int]) -> list[int]:
    """Give the segments behind the root, those of its street alone where there are any."""
    low, high = network.successor_offsets[root : root + 2]
    behind = [s for s in network.successors[low:high].tolist() if s not in queue]
    behind = [s for s in behind if network.to_node[s] != network.from_node[root]]
    same = [s for s in behind if network.names[s] and network.names[s] == network.names[root]]
    return same or behind


def _before(network: Network, queue: list[int]) -> list[int]:
    """Give the segments that lead into the queue from outside, those of its street first."""
    before: list[int] = []
    for segment in queue:
        low, high = network.predecessor_offsets[segment : segment + 2]
        for s in network.predecessors[low:high].tolist():
            is_turn_back = network.from_node[s] == network.to_node[segment]
            if s not in queue and s not in before and not is_turn_back:
                before.append(s)
    streets = {network.names[s] for s in queue} - {""}
    same = [s for s in before if network.names[s] in streets]
    return same or before


def _times(
    network: Network, through_s: Floats, target: int, starts: list[int], limit_s: Seconds
) -> Floats:
    """Give the seconds to the end of the target from those segments' ends that come first."""
    count, time_s = len(network.predecessors), np.zeros(network.segment_count)
    rest_s = np.full(network.segment_count, np.inf)
    rest_s[starts] = 0.0
    times_to(
        network.predecessor_offsets, network.predecessors, through_s, target, 1.0, limit_s,
        rest_s, 0.0, np.zeros(count + 1), np.zeros(count + 1, np.int32), time_s,
    )  # fmt: skip
    return time_s


def _path(
    network: Network, start: int, target: int, through_s: Floats, time_s: Floats
) -> list[int]:
    """Give the segments after the start down to the target, none where no way leads there."""
    path: list[int] = []
    at = start
    while math.isfinite(time_s[at]):
        low, high = network.successor_offsets[at : at + 2]
        onward = network.successors[low:high]
        if target in onward and time_s[at] <= through_s[target] + 1e-6:
            return [*path, target]
        at = int(onward[np.argmin(through_s[onward] + time_s[onward])])
        path.append(at)
    return []
