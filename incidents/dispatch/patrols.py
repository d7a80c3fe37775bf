"""Who should go to a case: the patrol that is there first, on the speeds of now."""

import math
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec import Meta

from incidents.case_records import AssignedPatrol, Name
from incidents.dispatch.settings import DispatchSettings
from incidents.kernels.travel import times_to
from incidents.nearby_roads import NearbyRoads, RoadNear
from incidents.records import Alert
from ingest.kernels.arrays import Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import KMH, Seconds
from mapmatch.network import NONE, Network
from mapmatch.projection import LocalPlane
from mapmatch.segment_places import SegmentPlaces

REACH_M = 60.0
"""A patrol farther from every road is on none. Unit: m. Source: chosen, four times the noise of a
fix between houses."""
BESIDE_M = 15.0
"""It may be on each road that is so little farther than the nearest. Unit: m. Source: chosen, the
other carriageway."""
LEAST_MPS = 0.5
"""No road is slower: a jam moves. Unit: m/s. Source: chosen, half a slow walk."""

FORGET_S = 86_400.0
"""A patrol that has said nothing for so long is forgotten. Unit: s. Source: chosen, three shifts.
"""

Status = Literal["free", "assigned", "busy", "off"]


class Patrol(msgspec.Struct, frozen=True):
    """Where a patrol is and what it does, as it last said (s since 1970 UTC, degrees WGS-84)."""

    patrol_id: Name
    event_time: Seconds
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    status: Status
    unit: Name | None = None
    skills: tuple[str, ...] = ()


class Way(NamedTuple):
    """A patrol and how long it takes to a case."""

    patrol: Patrol
    eta_s: float


class _Line(NamedTuple):
    """The r patrols that can be sent at a time, and the roads that they may be on.

    Roads are CSR over patrols: `first` (r) says where a patrol's begin, `segment` which they are
    and `share` (0..1) how far along it is.
    """

    now: Seconds
    patrols: list[Patrol]
    first: npt.NDArray[np.int64]
    segment: npt.NDArray[np.int64]
    share: Floats


class _PatrolsState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    patrols: dict[str, Patrol]


class Patrols:
    """Remembers where every patrol last was, and the speeds of the last minute.

    Fixes may come in any order; the newest of a patrol counts. One that has said nothing for
    `silent_s` is not proposed, and is forgotten after a day.
    """

    def __init__(self, network: Network, settings: DispatchSettings | None = None) -> None:
        self._network, self._settings = network, settings or DispatchSettings()
        self._plane, self._nearby = LocalPlane(network), NearbyRoads(network)
        self._places = SegmentPlaces(network.segment_ids)
        self._patrols: dict[str, Patrol] = {}
        self._roads: dict[str, list[RoadNear]] = {}  # that each patrol may be on
        self._line: _Line | None = None
        self._speed_mps: Floats = network.free_speed_mps.astype(np.float64)
        n, movements = network.segment_count, len(network.predecessors)
        self._time_s, self._rest_s = np.zeros(n), np.full(n, np.inf)
        self.reached_count = 0  # segments that the searches so far came to
        self._heap_s = np.zeros(movements + 1)
        self._heap_segment = np.zeros(movements + 1, np.int32)

    def take(self, patrol: Patrol) -> None:
        """Take what a patrol says."""
        known = self._patrols.get(patrol.patrol_id)
        if known is None or known.event_time <= patrol.event_time:
            self._patrols[patrol.patrol_id] = patrol
            self._roads[patrol.patrol_id] = self._roads_of(patrol)
            self._line = None

    def pass_minute(self, now: Seconds, states: Sequence[pa.RecordBatch]) -> None:
        """Take the speeds of a minute, and forget who has been silent for a day."""
        for batch in states:
            places = self._places.of(batch["segment_id"])
            rows = np.flatnonzero(places != NONE)
            at = places[rows]
            speeds = batch["speed_kmh"].to_numpy(zero_copy_only=False)[rows] / KMH
            self._speed_mps[at] = np.where(np.isnan(speeds), self._speed_mps[at], speeds)
        for patrol in list(self._patrols.values()):
            if now - patrol.event_time > FORGET_S:
                del self._patrols[patrol.patrol_id], self._roads[patrol.patrol_id]
        self._line = None

    @property
    def known(self) -> list[Patrol]:
        """Give what every patrol that is not forgotten said last."""
        return list(self._patrols.values())

    def is_ready(self, patrol_id: str, now: Seconds) -> bool:
        """Tell whether a patrol can be sent: free, and heard of lately."""
        patrol = self._patrols.get(patrol_id)
        is_free = patrol is not None and patrol.status == "free"
        return is_free and patrol is not None and self._is_heard(patrol, now)

    def why_gone(self, patrol_id: str, now: Seconds) -> str | None:
        """Say why a patrol that was sent is not going: silent for long, or off; None where it may.

        Of one that never spoke nothing is known.
        """
        patrol = self._patrols.get(patrol_id)
        if patrol is None:
            return None
        if patrol.status == "off":
            return f"patrol {patrol_id} is off"
        if self._is_heard(patrol, now):
            return None
        silent_min = (now - patrol.event_time) / 60.0
        return f"nothing heard of patrol {patrol_id} for {silent_min:.0f} min"

    def propose(self, case: Alert, now: Seconds) -> AssignedPatrol | None:
        """Give the patrol that should go to a case, and in a line why; None where none can."""
        line = self._line_up(now)
        segment = self._network.index_of(case.segment_id)
        if segment is None or not line.patrols:
            return None
        ways = self._ways(line, segment, case.offset_m)
        if not ways:
            return None
        ways.sort(key=lambda way: (self._cost_s(way, case), way.patrol.patrol_id))
        return AssignedPatrol(
            ways[0].patrol.patrol_id, float(round(ways[0].eta_s)), self._why(ways, case)
        )

    def warm_up(self) -> None:
        """Compile the search."""
        self._search(0, 0.5, self._network.length_m / self._speed_mps, 0.0, 0.0)

    def snapshot(self) -> bytes:
        """Give everything remembered; the speeds come with the next minute."""
        return pack(_PatrolsState(self._patrols))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._patrols = unpack(data, _PatrolsState(self._patrols)).patrols
        self._roads = {k: self._roads_of(patrol) for k, patrol in self._patrols.items()}
        self._speed_mps, self._line = self._speed_mps.copy(), None

    def _roads_of(self, patrol: Patrol) -> list[RoadNear]:
        """Give the roads that a patrol may be on, of either direction."""
        x, y = self._plane.to_metres(np.array([patrol.longitude]), np.array([patrol.latitude]))
        near = self._nearby.near(float(x[0]), float(y[0]), REACH_M)
        return [road for road in near if road.away_m <= near[0].away_m + BESIDE_M]

    def _is_heard(self, patrol: Patrol, now: Seconds) -> bool:
        return now - patrol.event_time <= self._settings.silent_s

    def _line_up(self, now: Seconds) -> _Line:
        """Give the patrols that can be sent and are on a road, once for all cases of a time."""
        if self._line is None or self._line.now != now:
            ready = [
                patrol
                for patrol_id, patrol in self._patrols.items()
                if self.is_ready(patrol_id, now) and self._roads[patrol_id]
            ]
            roads = [self._roads[patrol.patrol_id] for patrol in ready]
            flat = [road for those in roads for road in those]
            segment = np.array([road.segment for road in flat], np.int64)
            self._line = _Line(
                now,
                ready,
                np.cumsum([0, *(len(those) for those in roads)])[:-1],
                segment,
                np.array([road.offset_m for road in flat])
                / np.maximum(self._network.length_m[segment], 1.0),
            )
        return self._line

    def _ways(self, line: _Line, segment: int, offset_m: float) -> list[Way]:
        """Give how long patrols take to a point, of those that may be the first choice.

        Of the roads that a patrol may be on the quickest counts. Left out is who cannot come in
        time, or comes so late that unit and training cannot make up for it.
        """
        network, settings = self._network, self._settings
        through_s = network.length_m / np.maximum(
            self._speed_mps * settings.siren_factor, LEAST_MPS
        )
        share = offset_m / max(float(network.length_m[segment]), 1.0)
        whole_s, passed = through_s[line.segment], line.share
        slack_s = settings.other_unit_s + settings.unskilled_s
        is_before = (line.segment == segment) & (passed <= share)
        straight_s = np.where(is_before, whole_s * (share - passed), np.inf)
        self._rest_s[:] = np.inf
        np.minimum.at(self._rest_s, line.segment, whole_s * (1.0 - passed))
        limit_s = min(settings.farthest_s, float(straight_s.min()) + slack_s)
        self._search(segment, share, through_s, limit_s, slack_s)
        eta_s = np.minimum(whole_s * (1.0 - passed) + self._time_s[line.segment], straight_s)
        best_s = np.minimum.reduceat(eta_s, line.first)
        latest_s = best_s.min() + slack_s
        return [
            Way(patrol, eta)
            for patrol, eta in zip(line.patrols, best_s.tolist(), strict=True)
            if eta <= latest_s and math.isfinite(eta)
        ]

    def _search(
        self, segment: int, share: float, through_s: Floats, limit_s: Seconds, slack_s: Seconds
    ) -> None:
        """Set the seconds from the end of each segment to a point, as far as it matters."""
        network = self._network
        self.reached_count += times_to(
            network.predecessor_offsets, network.predecessors, through_s, segment, share, limit_s,
            self._rest_s, slack_s, self._heap_s, self._heap_segment, self._time_s,
        )  # fmt: skip

    def _cost_s(self, way: Way, case: Alert) -> float:
        """Give what a patrol's way counts for: its time, and more where another unit must help."""
        is_own = not case.unit_path or way.patrol.unit in case.unit_path
        lacks = case.severity >= 3 and case.cause not in way.patrol.skills
        settings = self._settings
        return (
            way.eta_s
            + (0.0 if is_own else settings.other_unit_s)
            + (settings.unskilled_s if lacks and way.patrol.skills else 0.0)
        )

    def _why(self, ways: Sequence[Way], case: Alert) -> str:
        """Say why the first of the ways is proposed."""
        first = ways[0]
        said = [f"{first.eta_s:.0f} s away at the speeds of now"]
        if case.unit_path and first.patrol.unit is not None:
            said.append("of its unit" if first.patrol.unit in case.unit_path else "of another unit")
        if case.cause in first.patrol.skills:
            said.append(f"trained for {case.cause}")
        others = "no other near"
        if len(ways) > 1:
            others = f"next {ways[1].patrol.patrol_id}: {ways[1].eta_s:.0f} s"
        return f"{', '.join(said)}; {others}"
