"""Queues whose head waits for their own members: closed loops, in which nobody gets away."""

from collections.abc import Iterator

import numpy as np

from congestion.queues.find import Queues
from ingest.kernels.arrays import Flags
from ingest.units import Metres
from mapmatch.network import NONE, Network

LONGEST_M = 1500.0
"""A longer way round is not looked for. Unit: m. Source: chosen, around a large block."""
MOST_SEGMENTS = 12
"""Nor one of more segments. Unit: count. Source: chosen."""
LEAST_SEGMENTS = 3
"""A loop has at least so many that are seen to stand. Unit: count. Source: chosen, a triangle."""
MOST_UNSEEN = 2
"""So many in a row may be unseen: what lies between two that stand stands too. Unit: count. Source:
chosen, one block without sensors."""


def find_loops(
    network: Network, queues: Queues, stands: Flags, is_known: Flags
) -> dict[int, tuple[int, ...]]:
    """Give by head the loop of each queue that is closed: its segments downstream, head first.

    From the head a way leads on over segments that stand, or unseen between such, back into the
    queue. The shortest is given. `stands` and `is_known`, measured in the last minutes, are of n
    segments.
    """
    found: dict[int, tuple[int, ...]] = {}
    for queue, head in enumerate(queues.roots.tolist()):
        if not is_known[head] or not stands[head]:
            continue
        members = set(queues.members_of(queue).tolist())
        loop = _way_round(network, queues, head, members, stands, is_known)
        if loop is not None:
            found[head] = loop
    return found


def _way_round(
    network: Network,
    queues: Queues,
    head: int,
    members: set[int],
    stands: Flags,
    is_known: Flags,
) -> tuple[int, ...] | None:
    """Give the shortest closed way from a head into its own queue and down to it, None if none."""
    ways: list[tuple[Metres, tuple[int, ...], int]] = [(0.0, (head,), 0)]
    while ways:
        ways.sort()
        metres, way, unseen = ways.pop(0)
        for ahead in _onward(network, way[-1]):
            if ahead in members and (ahead != head or len(way) >= LEAST_SEGMENTS):
                loop = (*way, *_down(queues, ahead, head))
                if _is_loop(network, loop, stands, is_known):
                    return loop
            run = 0 if is_known[ahead] else unseen + 1
            is_held = stands[ahead] if is_known[ahead] else run <= MOST_UNSEEN
            reach = metres + float(network.length_m[ahead])
            if not is_held or ahead in way or ahead in members or reach > LONGEST_M:
                continue
            if len(way) < MOST_SEGMENTS:
                ways.append((reach, (*way, ahead), run))
    return None


def _onward(network: Network, segment: int) -> Iterator[int]:
    low, high = network.successor_offsets[segment], network.successor_offsets[segment + 1]
    for ahead in network.successors[low:high].tolist():
        if ahead != network.reverse_segment[segment]:
            yield ahead


def _down(queues: Queues, segment: int, head: int) -> tuple[int, ...]:
    """Give a queue's members from one down to the one behind its head."""
    way, at = list[int](), segment
    while at != head:
        way.append(at)
        at = int(queues.parent_of[at])
    return tuple(way)


def _is_loop(network: Network, loop: tuple[int, ...], stands: Flags, is_known: Flags) -> bool:
    """Tell whether enough of a closed way is seen to stand, and it goes round something."""
    of = np.array(loop)
    seen = int((stands & is_known)[of].sum())
    back = set(network.reverse_segment[of].tolist()) - {NONE}
    is_round = not back & set(loop) and float(network.length_m[of].sum()) <= LONGEST_M
    return is_round and seen >= LEAST_SEGMENTS and 2 * seen >= len(loop)
