"""Which segments are next to each other on the network, by permitted movements, not U-turns."""

import numpy as np

from ingest.kernels.arrays import Flags, Floats, Int32s
from mapmatch.network import NONE, Network


def segments_after(network: Network, segment: int) -> list[int]:
    """Give the segments downstream of one."""
    return _known(network, segment, "after", network.successor_offsets, network.successors)


def segments_before(network: Network, segment: int) -> list[int]:
    """Give the segments upstream of one."""
    return _known(network, segment, "before", network.predecessor_offsets, network.predecessors)


def _known(network: Network, segment: int, side: str, offsets: Int32s, of: Int32s) -> list[int]:
    """Give the segments on one side; those of a segment once asked for are kept as they were."""
    known: dict[int, list[int]] = network.beside.setdefault(side, {})
    found = known.get(segment)
    if found is None:
        back = network.reverse_segment[segment]
        near = of[offsets[segment] : offsets[segment + 1]].tolist()
        found = known[segment] = [s for s in near if back == NONE or s != back]
    return found


def segments_around(network: Network, segment: int, hops: int) -> Int32s:
    """Give the segment and those at most so many movements away in either direction.

    Those of a segment once asked for are kept as they were; not to be written into.
    """
    known: dict[int, Int32s] = network.beside.setdefault(f"around {hops}", {})
    found = known.get(segment)
    if found is not None:
        return found
    near, edge = {segment}, {segment}
    for _ in range(hops):
        beyond = {n for s in edge for n in segments_after(network, s) + segments_before(network, s)}
        edge = beyond - near
        near |= edge
    found = known[segment] = np.array(sorted(near), np.int32)
    return found


def segments_backing_up(network: Network, head: int, jammed: Flags | Floats) -> set[int]:
    """Give the head and the jammed segments, not 0, that reach it through jammed ones."""
    queue, frontier = {head}, [head]
    while frontier:
        before = segments_before(network, frontier.pop())
        fresh = [s for s in before if jammed[s] and s not in queue]
        queue.update(fresh)
        frontier += fresh
    return queue
