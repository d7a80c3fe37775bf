"""Which segments are next to each other on the network, by permitted movements, not U-turns."""

from ingest.kernels.arrays import Flags, Int32s
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


def segments_around(network: Network, segment: int, hops: int) -> set[int]:
    """Give the segments at most so many movements away in either direction, and the segment."""
    near, edge = {segment}, {segment}
    for _ in range(hops):
        beyond = {n for s in edge for n in segments_after(network, s) + segments_before(network, s)}
        edge = beyond - near
        near |= edge
    return near


def segments_backing_up(network: Network, head: int, is_jammed: Flags) -> set[int]:
    """Give the head and the jammed segments that reach it through jammed ones."""
    queue, frontier = {head}, [head]
    while frontier:
        before = segments_before(network, frontier.pop())
        fresh = [s for s in before if is_jammed[s] and s not in queue]
        queue.update(fresh)
        frontier += fresh
    return queue
