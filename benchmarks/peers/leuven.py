"""Leuven map matching (PyPI leuvenmapmatching, Python) on the same network and fixes."""

import time
from pathlib import Path

import pyarrow as pa

from benchmarks.peers.answers import PeerAnswers
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

# What did best on bj_a10_10s and bj_a10_30s together, of noise of distances 0.3 to 10 times that of
# positions, of states between fixes 1 to 4 times, of 5 to 12 states kept, and of 50 and 100 m from
# a road.
TIMES_NOISE = {"dist_noise": 3.0, "obs_noise_ne": 2.0, "max_dist": 10.0}
STATES_KEPT = 5
LEAST_DIST_M, MOST_DIST_M = 50.0, 100.0


class Leuven:
    """Leuven's distance matcher on one network. Raises ImportError where it is not installed.

    Its roads are straight lines from node to node, one from each to each; those of the Beijing
    network are such. It is slow (some 300 to 600 fixes a second) and, at one fix a second, its
    routes go to and fro where vehicles stand: it is given sets of sparser fixes only.
    """

    fix_limit: int | None = 24_000

    def __init__(self, network: Network, cache: Path) -> None:
        from leuvenmapmatching.map.inmem import InMemMap
        from leuvenmapmatching.matcher.distance import DistanceMatcher

        self._matcher = DistanceMatcher
        self._plane = LocalPlane(network)
        began = time.perf_counter()
        ends = list(zip(network.from_node.tolist(), network.to_node.tolist(), strict=True))
        self._ids = dict(zip(ends, network.segment_ids, strict=True))
        nodes = zip(network.node_y.tolist(), network.node_x.tolist(), strict=True)
        graph: dict[int, tuple[tuple[float, float], list[int]]] = {
            node: (place, []) for node, place in enumerate(nodes)
        }
        for start, end in self._ids:
            graph[start][1].append(end)
        self._roads = InMemMap(
            "roads", use_latlon=False, use_rtree=True, index_edges=True, graph=graph
        )
        self.build_s = time.perf_counter() - began

    def match(self, fixes: pa.Table, error_m: float) -> tuple[pa.Table, pa.Table, float]:
        """Give matched fixes, routes, and the seconds of processor time that matching took.

        Only its own call is timed, with reading its answer.
        """
        frame = fixes.select(["vehicle_id", "event_time", "longitude", "latitude"]).to_pandas()
        frame["x"], frame["y"] = self._plane.to_metres(frame.longitude, frame.latitude)
        given = PeerAnswers()
        settings, seconds = _settings(error_m), 0.0
        for _, rows in frame.groupby("vehicle_id", sort=False):
            path = list(zip(rows.y.tolist(), rows.x.tolist(), strict=True))
            began = time.process_time()
            segments, route = self._follow(path, settings)
            seconds += time.process_time() - began
            given.add(rows, segments, route)
        return *given.tables(), seconds

    def _follow(
        self, path: list[tuple[float, float]], settings: dict[str, float]
    ) -> tuple[list[str | None], list[str]]:
        """Match a trace, beginning again behind each fix where it lost the way."""
        segments: list[str | None] = [None] * len(path)
        route: list[str] = []
        first = 0
        while first < len(path):
            matcher = self._matcher(self._roads, non_emitting_states=True, **settings)
            matcher.match(path[first:])
            states = matcher.lattice_best or []
            for state in states:
                segment = self._ids[state.edge_m.l1, state.edge_m.l2]
                if state.is_emitting():
                    segments[first + state.obs] = segment
                if not route or route[-1] != segment:
                    route.append(segment)
            last = max((state.obs for state in states), default=0)
            first += last + 1
        return segments, route


def _settings(error_m: float) -> dict[str, float]:
    settings = {name: error_m * times for name, times in TIMES_NOISE.items()}
    return settings | {
        "obs_noise": error_m,
        "max_dist": min(max(settings["max_dist"], LEAST_DIST_M), MOST_DIST_M),
        "max_lattice_width": STATES_KEPT,
    }
