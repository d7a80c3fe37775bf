"""Queues whose head waits for their own members: closed loops, in which nobody gets away."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from congestion.queues.find import Queues
from ingest.kernels.arrays import Flags, Floats
from ingest.units import Metres
from mapmatch.network import Network

LONGEST_M = 1500.0
"""A longer way round is not looked for. Unit: m. Source: chosen, around a large block."""
LEAST_M = 150.0
"""A shorter one is the inside of a junction, through which queues pass and round which nobody
drives. Unit: m. Source: chosen, above the rings within junctions (46 to 94 m in four districts) and
below any block (217 m)."""
MOST_SEGMENTS = 12
"""Nor one of more segments. Unit: count. Source: chosen."""
LEAST_SEGMENTS = 3
"""A loop has at least so many that are seen to stand. Unit: count. Source: chosen, a triangle."""
LEAST_FULL = 2
"""Or so many, where all that have detectors are full: who stands there cannot leave. Unit: count.
Source: five simulated mornings with locked blocks; it finds 0.87 of what they hold, not 0.42, and
nothing false there or on the recordings."""
FULL_OCCUPANCY, ROOM_OCCUPANCY = 0.8, 0.3
"""Detectors under which vehicles stand closely, and those that have room over them: such a street
holds nobody back. Unit: share. Source: chosen, well above and well below that of a queue that
creeps (0.4)."""
MOST_UNSEEN = 2
"""So many in a row may be unseen: what lies between two that stand stands too. Unit: count. Source:
chosen, one block without sensors."""


class _Seen(NamedTuple):
    """What is seen of n segments."""

    is_known: Flags  # measured in the last minutes
    stands: Flags  # and it stands, without room
    is_full: Flags  # and its detectors say so
    has_room: Flags  # its detectors say so
    is_doubtful: Flags  # measured, and it does not stand, or not full where there are detectors


def find_loops(
    network: Network,
    queues: Queues,
    stands: Flags,
    is_known: Flags,
    occupancy: Floats | None = None,
) -> dict[int, tuple[int, ...]]:
    """Give by head the loop of each queue that is closed: its segments downstream, head first.

    From the head a way leads on over segments that stand, or unseen between such, back into the
    queue. The shortest is given. `stands`, `is_known`, measured in the last minutes, and
    `occupancy`, that of the detectors, NaN where none tells it, are of n segments.
    """
    occupied = np.full(len(stands), np.nan) if occupancy is None else occupancy
    has_room = occupied < ROOM_OCCUPANCY
    holds = is_known & stands & ~has_room
    is_full = holds & (occupied >= FULL_OCCUPANCY)
    is_sure = is_full | (holds & np.isnan(occupied))
    seen = _Seen(is_known, holds, is_full, has_room, is_known & ~is_sure)
    found: dict[int, tuple[int, ...]] = {}
    for head in queues.roots.tolist():
        if holds[head]:
            loop = _way_round(network, queues, head, seen)
            if loop is not None:
                found[head] = loop
    return found


def _way_round(network: Network, queues: Queues, head: int, seen: _Seen) -> tuple[int, ...] | None:
    """Give the shortest closed way from a head into its own queue and down to it, None if none."""
    members = set(queues.members_of(queues.queue_of(head) or 0).tolist())
    ways: list[tuple[Metres, tuple[int, ...], int]] = [(0.0, (head,), 0)]
    while ways:
        ways.sort()
        metres, way, unseen = ways.pop(0)
        for ahead in _onward(network, way[-1]):
            if ahead in members and (ahead != head or len(way) >= LEAST_SEGMENTS):
                loop = (*way, *_down(queues, ahead, head))
                if _is_loop(network, loop, seen):
                    return loop
            run = 0 if seen.is_known[ahead] else unseen + 1
            is_held = seen.stands[ahead] if seen.is_known[ahead] else run <= MOST_UNSEEN
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


def _is_loop(network: Network, loop: tuple[int, ...], seen: _Seen) -> bool:
    """Tell whether enough of a closed way is seen to stand, and it goes round something."""
    of = np.array(loop)
    if seen.has_room[of].any() or set(network.reverse_segment[of].tolist()) & set(loop):
        return False
    count = int(seen.stands[of].sum())
    is_sure = bool(seen.is_full[of].any() and not seen.is_doubtful[of].any())
    least = LEAST_FULL if is_sure else LEAST_SEGMENTS
    is_block = LEAST_M <= float(network.length_m[of].sum()) <= LONGEST_M
    return is_block and count >= least and 2 * count >= len(loop)
