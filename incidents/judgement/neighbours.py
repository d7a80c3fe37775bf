"""Which segments are next to each other on the network, by permitted movements, not U-turns."""

from ingest.kernels.arrays import Flags
from mapmatch.network import NONE, Network


def segments_after(network: Network, segment: int) -> list[int]:
    """Give the segments downstream of one."""
    low, high = network.successor_offsets[segment], network.successor_offsets[segment + 1]
    back = network.reverse_segment[segment]
    return [int(s) for s in network.successors[low:high] if back == NONE or s != back]


def segments_before(network: Network, segment: int) -> list[int]:
    """Give the segments upstream of one."""
    low, high = network.predecessor_offsets[segment], network.predecessor_offsets[segment + 1]
    back = network.reverse_segment[segment]
    return [int(s) for s in network.predecessors[low:high] if back == NONE or s != back]


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
