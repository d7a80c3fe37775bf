"""Who is next to whom on the network, U-turns left out."""

import numpy as np
import numpy.typing as npt

from mapmatch.network import NONE, Network


class Neighbours:
    """The segments before and after each segment by permitted movements that are no U-turns."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def after(self, segment: int) -> list[int]:
        """Give the segments downstream of one."""
        network = self._network
        low, high = network.successor_offsets[segment], network.successor_offsets[segment + 1]
        back = network.reverse_segment[segment]
        return [int(s) for s in network.successors[low:high] if back == NONE or s != back]

    def before(self, segment: int) -> list[int]:
        """Give the segments upstream of one."""
        network = self._network
        low, high = network.predecessor_offsets[segment], network.predecessor_offsets[segment + 1]
        back = network.reverse_segment[segment]
        return [int(s) for s in network.predecessors[low:high] if back == NONE or s != back]

    def around(self, segment: int, hops: int) -> set[int]:
        """Give the segments at most so many movements away, whichever way driven, itself too."""
        near, edge = {segment}, {segment}
        for _ in range(hops):
            edge = {n for s in edge for n in self.after(s) + self.before(s)} - near
            near |= edge
        return near

    def backing_up(self, head: int, is_jammed: npt.NDArray[np.bool_]) -> set[int]:
        """Give the head and the jammed segments that reach it through jammed ones."""
        queue, frontier = {head}, [head]
        while frontier:
            fresh = [s for s in self.before(frontier.pop()) if is_jammed[s] and s not in queue]
            queue.update(fresh)
            frontier += fresh
        return queue
