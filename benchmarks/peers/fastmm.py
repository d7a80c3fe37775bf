"""fastmm (PyPI, C++) on the same network and fixes, for benchmarks/matching.py."""

import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.peers.answers import PeerAnswers
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

# Its own advice: a table of routes 2 to 3 times as long as what is driven between two fixes (30 s
# at 80 km/h), and a tolerance of some tens of metres where vehicles stand.
DELTA_M = 2000.0
RADIUS_M = 50.0
REVERSE_M = 40.0


class Fastmm:
    """fastmm's matcher on one network. Raises ImportError where it is not installed."""

    fix_limit: int | None = None

    def __init__(self, network: Network, cache: Path) -> None:
        import fastmm

        self._fastmm = fastmm
        self._plane = LocalPlane(network)
        self._ids = network.segment_ids
        roads = fastmm.Network()
        for segment in range(network.segment_count):
            low, high = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
            xs, ys = network.vertex_x[low:high].tolist(), network.vertex_y[low:high].tolist()
            roads.add_edge(
                segment,
                source=int(network.from_node[segment]),
                target=int(network.to_node[segment]),
                geom=list(zip(xs, ys, strict=True)),
            )
        roads.finalize()
        self._roads = roads  # its matcher does not keep it alive
        began = time.perf_counter()
        self._matcher = fastmm.FastMapMatch(
            roads, fastmm.TransitionMode.SHORTEST, max_distance_between_candidates=DELTA_M,
            cache_dir=cache,
        )  # fmt: skip
        self.build_s = time.perf_counter() - began

    def match(self, fixes: pa.Table, error_m: float) -> tuple[pa.Table, pa.Table, float]:
        """Give matched fixes, routes, and the seconds of processor time that matching took.

        Only its own call is timed, not turning its answer into rows.
        """
        frame = fixes.select(["vehicle_id", "event_time", "longitude", "latitude"]).to_pandas()
        frame["x"], frame["y"] = self._plane.to_metres(frame.longitude, frame.latitude)
        given = PeerAnswers()
        seconds = 0.0
        for _, rows in frame.groupby("vehicle_id", sort=False):
            times = (rows.event_time - rows.event_time.iloc[0]).dt.total_seconds()
            trace = self._fastmm.Trajectory.from_xyt_tuples(
                list(zip(rows.x.tolist(), rows.y.tolist(), times.tolist(), strict=True))
            )
            began = time.process_time()
            result = self._matcher.match(
                trace, max_candidates=8, candidate_search_radius=RADIUS_M, gps_error=error_m,
                reverse_tolerance=REVERSE_M,
            )  # fmt: skip
            seconds += time.process_time() - began
            segments, route = self._answer(result, len(rows))
            given.add(rows, segments, route)
        return *given.tables(), seconds

    def _answer(self, result: Any, count: int) -> tuple[list[str | None], list[str]]:
        segments: list[str | None] = [None] * count
        route: list[str] = []
        for part in result.subtrajectories:
            if part.error_code != self._fastmm.MatchErrorCode.SUCCESS:
                continue
            for piece in part.segments:
                edges = [self._ids[edge.edge_id] for edge in piece.edges]
                first = piece.p0.trajectory_index
                segments[first] = segments[first] or edges[0]
                segments[piece.p1.trajectory_index] = edges[-1]
                route += edges
        return segments, route
