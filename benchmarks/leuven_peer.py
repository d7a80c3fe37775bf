"""Leuven map matching (PyPI leuvenmapmatching, Python) on the same network and fixes."""

import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from mapmatch.network import Network
from mapmatch.projection import LocalPlane

# Of 50 and 100 m, of 5 and 10 states kept, and of noise of states between fixes 1 to 4 times that
# of positions: what did best on bj_a10_10s and bj_a10_30s together.
MAX_DIST_M = 100.0
STATES_KEPT = 5
BETWEEN_NOISE = 2.0  # times the noise
# Noise of distances, in times that of positions, of 1 to 4 tried: its own default is best where
# fixes come each second, three times as much where they come each 10 s or 30 s.
DENSE_S = 5.0
DENSE_DISTANCE_NOISE, DISTANCE_NOISE = 1.0, 3.0


class Leuven:
    """Leuven's distance matcher on one network. Raises ImportError where it is not installed.

    Its roads are straight lines from node to node, one from each to each; those of the Beijing
    network are such. It is slow (some 300 to 600 fixes a second), so it is given few.
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
        graph = {node: (place, []) for node, place in enumerate(nodes)}
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
        matched: list[Any] = []
        driven: list[Any] = []
        seconds = 0.0
        for vehicle, rows in frame.groupby("vehicle_id", sort=False):
            interval_s = rows.event_time.diff().dt.total_seconds().median()
            times_noise = DENSE_DISTANCE_NOISE if interval_s < DENSE_S else DISTANCE_NOISE
            path = list(zip(rows.y.tolist(), rows.x.tolist(), strict=True))
            began = time.process_time()
            segments, route = self._follow(path, error_m, times_noise * error_m)
            seconds += time.process_time() - began
            matched += zip(rows.vehicle_id, rows.event_time, segments, strict=True)
            driven += [(vehicle, segment) for segment in route]
        names = ["vehicle_id", "event_time", "segment_id"]
        matched_table = pa.Table.from_pandas(pd.DataFrame(matched, columns=names))
        routes = pa.Table.from_pandas(pd.DataFrame(driven, columns=[names[0], names[2]]))
        return matched_table, routes, seconds

    def _follow(
        self, path: list[tuple[float, float]], error_m: float, distance_error_m: float
    ) -> tuple[list[str | None], list[str]]:
        """Match a trace, beginning again behind each fix where it lost the way."""
        segments: list[str | None] = [None] * len(path)
        route: list[str] = []
        first = 0
        while first < len(path):
            matcher = self._matcher(
                self._roads, obs_noise=error_m, obs_noise_ne=BETWEEN_NOISE * error_m,
                dist_noise=distance_error_m, max_dist=MAX_DIST_M,
                non_emitting_states=True, max_lattice_width=STATES_KEPT,
            )  # fmt: skip
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
