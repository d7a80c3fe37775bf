"""The way of a patrol to a case: the streets, and how long they take at the speeds of now."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from incidents.dispatch.patrols import BESIDE_M, LEAST_MPS, REACH_M, Patrol
from incidents.dispatch.settings import DispatchSettings
from incidents.kernels.travel import times_to
from incidents.nearby_roads import NearbyRoads, RoadNear
from incidents.records import Alert
from ingest.kernels.arrays import Floats
from ingest.units import Metres, Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane


class Street(msgspec.Struct, frozen=True):
    """A part of a way on one street."""

    road_name: str
    length_m: Metres


class Way(msgspec.Struct, frozen=True):
    """Which segments to drive, along which streets, and how long it takes."""

    eta_s: Seconds
    segment_ids: list[str]
    streets: list[Street]


class Ways:
    """Finds ways on a network; remembers nothing between them."""

    def __init__(self, network: Network, settings: DispatchSettings | None = None) -> None:
        self._network, self._settings = network, settings or DispatchSettings()
        self._plane, self._nearby = LocalPlane(network), NearbyRoads(network)

    def way(self, patrol: Patrol, case: Alert, speed_mps: Floats) -> Way | None:
        """Give the quickest way by permitted turns at these speeds (n, NaN where not known).

        None where the patrol is on no road, or no way leads there in time.
        """
        network = self._network
        target = network.index_of(case.segment_id)
        starts = self._starts(patrol)
        if target is None or not starts:
            return None
        usual = np.where(np.isnan(speed_mps), network.free_speed_mps, speed_mps)
        through_s = network.length_m / np.maximum(usual * self._settings.siren_factor, LEAST_MPS)
        share = min(case.offset_m / max(float(network.length_m[target]), 1.0), 1.0)
        time_s = self._times(target, share, through_s, starts)
        found = [self._from(start, target, case.offset_m, through_s, time_s) for start in starts]
        eta_s, start, is_direct = min(found, key=lambda one: (round(one[0], 3), not one[2]))
        if not math.isfinite(eta_s):
            return None
        path = [target] if is_direct else self._path(start.segment, target, through_s, time_s)
        return Way(
            round(eta_s),
            [network.segment_ids[segment] for segment in path],
            self._streets(path, start, case.offset_m),
        )

    def _starts(self, patrol: Patrol) -> list[RoadNear]:
        x, y = self._plane.to_metres(np.array([patrol.longitude]), np.array([patrol.latitude]))
        near = self._nearby.near(float(x[0]), float(y[0]), REACH_M)
        return [road for road in near if road.away_m <= near[0].away_m + BESIDE_M]

    def _times(
        self, target: int, share: float, through_s: Floats, starts: Sequence[RoadNear]
    ) -> Floats:
        network, count = self._network, len(self._network.predecessors)
        time_s, rest_s = np.zeros(network.segment_count), np.full(network.segment_count, np.inf)
        for start in starts:
            left = 1.0 - start.offset_m / max(float(network.length_m[start.segment]), 1.0)
            rest_s[start.segment] = float(through_s[start.segment]) * left
        times_to(
            network.predecessor_offsets, network.predecessors, through_s, target, share,
            self._settings.farthest_s, rest_s, 0.0, np.zeros(count + 1),
            np.zeros(count + 1, np.int32), time_s,
        )  # fmt: skip
        return time_s

    def _from(
        self, start: RoadNear, target: int, offset_m: Metres, through_s: Floats, time_s: Floats
    ) -> tuple[float, RoadNear, bool]:
        """Give how long it takes from a point, and whether it is just along its own segment."""
        length_m = max(float(self._network.length_m[start.segment]), 1.0)
        through = float(through_s[start.segment])
        if start.segment == target and start.offset_m <= offset_m:
            return through * (offset_m - start.offset_m) / length_m, start, True
        rest = through * (1.0 - start.offset_m / length_m)
        return rest + float(time_s[start.segment]), start, False

    def _path(self, start: int, target: int, through_s: Floats, time_s: Floats) -> list[int]:
        """Follow the times downhill; a case ahead on the target itself ends the way."""
        network, path = self._network, [start]
        while path[-1] != target or len(path) == 1:
            low, high = network.successor_offsets[path[-1] : path[-1] + 2]
            onward: npt.NDArray[np.int32] = network.successors[low:high]
            if target in onward and time_s[path[-1]] <= through_s[target] + 1e-6:
                return [*path, target]
            path.append(int(onward[np.argmin(through_s[onward] + time_s[onward])]))
        return path

    def _streets(self, path: list[int], start: RoadNear, offset_m: Metres) -> list[Street]:
        network = self._network
        lengths = network.length_m[path].astype(np.float64)
        lengths[-1] = offset_m
        lengths[0] -= start.offset_m
        streets: list[Street] = []
        for segment, length in zip(path, lengths.tolist(), strict=True):
            name = network.names[segment]
            if streets and streets[-1].road_name == name:
                length += streets.pop().length_m
            streets.append(Street(name, round(max(length, 0.0))))
        return streets
