"""Drives made on a network: where vehicles truly were each second, for fixes of any interval.

Routes are the quickest by times that differ from vehicle to vehicle, so that they are likely ways
and seldom the quickest by the network's own. No setting of a matcher goes into them.
"""

from heapq import heappop, heappush

import numpy as np
import pandas as pd

from benchmarks.matching_grid import Motion
from ingest.kernels.arrays import Floats
from mapmatch.network import NONE, Network
from mapmatch.projection import LocalPlane

VEHICLES, DRIVEN_S = 60, 1800
SEED = 21
TASTE = 0.3
"""How far a vehicle's time for a segment is from the free time when it chooses its route, standard
deviation of the logarithm. Source: chosen; detours of some tens of per cent are common."""
PACE = (0.6, 1.0)
"""Share of the free speed that a vehicle drives, least and most. Source: chosen, ordinary
traffic."""
PACE_SPREAD = 0.15
"""The same from segment to segment, standard deviation of the logarithm. Source: chosen."""
WAITS = {True: (0.5, 5.0, 45.0), False: (0.1, 2.0, 10.0)}
"""At a node with a signal, and at one without: the share of vehicles that wait, and the least and
most seconds. Source: chosen."""
HALTS_M = (5.0, 40.0)
"""How far before a segment's end vehicles wait, least and most; never before its middle. Unit: m.
Source: chosen, queues of up to five cars behind the stop line."""
U_TURN_S = 60.0
"""What turning round counts for when a route is chosen. Unit: s. Source: chosen, so that few do."""
START = pd.Timestamp("2026-09-15T00:00:00Z")


def drives_on(network: Network) -> tuple[Motion, pd.DataFrame]:
    """Give the motion of VEHICLES vehicles, and the segments each drove (vehicle_id, link_id)."""
    parts, routes = [], []
    for number in range(VEHICLES):
        random = np.random.default_rng([SEED, number])
        route, driven = _drive(network, random)
        name = f"d{number:02}"
        parts.append(_motion(network, name, route, driven))
        links = [network.segment_ids[segment] for segment in route]
        routes.append(pd.DataFrame({"vehicle_id": name, "link_id": links}))
    return Motion(pd.concat(parts), LocalPlane(network)), pd.concat(routes)


def _drive(network: Network, random: np.random.Generator) -> tuple[list[int], list[Floats]]:
    """Give a route of DRIVEN_S and more, and how each segment was driven.

    That is when the vehicle was where: seconds and metres from the segment's start (2 x 4), as it
    comes in, halts before the end, starts again, and goes out.
    """
    free_s = network.length_m / network.free_speed_mps
    liked_s = free_s * random.lognormal(0.0, TASTE, network.segment_count)
    liked_s[network.is_bus_only] = np.inf
    pace = random.uniform(*PACE)
    weights = np.where(network.is_bus_only, 0.0, network.length_m)
    while True:
        route = [int(random.choice(network.segment_count, p=weights / weights.sum()))]
        driven: list[Floats] = []
        now = 0.0
        while now < DRIVEN_S:
            if len(driven) == len(route):
                leg = _way(network, liked_s, route[-1], random)
                if not leg:
                    break  # a dead end or an island
                route += leg
            segment = route[len(driven)]
            metres = float(network.length_m[segment])
            driving_s = free_s[segment] / pace * random.lognormal(0.0, PACE_SPREAD)
            share, least, most = WAITS[bool(network.node_has_signal[network.to_node[segment]])]
            wait_s = random.uniform(least, most) if random.random() < share else 0.0
            halt = max(metres - random.uniform(*HALTS_M), metres / 2.0)
            halted = now + driving_s * halt / metres
            started, out = halted + wait_s, now + driving_s + wait_s
            driven.append(np.array([[now, halted, started, out], [0.0, halt, halt, metres]]))
            now = out
        else:
            return route[: len(driven)], driven


def _way(network: Network, liked_s: Floats, begin: int, random: np.random.Generator) -> list[int]:
    """Give the liked segments from behind one to another that can be reached, drawn."""
    best, came = {begin: 0.0}, {begin: NONE}
    heap, settled = [(0.0, begin)], []
    while heap:
        cost, segment = heappop(heap)
        if cost > best[segment]:
            continue
        settled.append(segment)
        low, high = network.successor_offsets[segment], network.successor_offsets[segment + 1]
        for following in network.successors[low:high].tolist():
            turn = U_TURN_S if network.reverse_segment[segment] == following else 0.0
            total = cost + float(liked_s[following]) + turn
            if total < best.get(following, np.inf):
                best[following], came[following] = total, segment
                heappush(heap, (total, following))
    if len(settled) == 1:
        return []
    way = [settled[int(random.integers(1, len(settled)))]]
    while came[way[-1]] != begin:
        way.append(came[way[-1]])
    return way[::-1]


def _motion(network: Network, name: str, route: list[int], driven: list[Floats]) -> pd.DataFrame:
    """Give a vehicle's place each second."""
    seconds = np.arange(DRIVEN_S, dtype=float)
    at = np.searchsorted([when[0] for when, _ in driven], seconds, side="right") - 1
    places = np.empty((DRIVEN_S, 2))
    for second, k in enumerate(at.tolist()):
        low, high = network.vertex_offsets[route[k]], network.vertex_offsets[route[k] + 1]
        offset = np.interp(float(second), *driven[k])
        metres = network.vertex_distance_m[low:high]
        places[second, 0] = np.interp(offset, metres, network.vertex_x[low:high])
        places[second, 1] = np.interp(offset, metres, network.vertex_y[low:high])
    moments = START + pd.to_timedelta(seconds, unit="s")
    return pd.DataFrame(
        {
            "vehicle_id": name, "fleet": "taxi", "event_time": moments, "arrival_time": moments,
            "x": places[:, 0], "y": places[:, 1],
            "link_id": [network.segment_ids[route[k]] for k in at],
        }
    )  # fmt: skip
