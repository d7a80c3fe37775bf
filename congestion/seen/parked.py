"""Which vehicles are parked, off duty or at a rank: their standing is not that of the traffic."""

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.region import Region
from congestion.seen.parked_settings import ParkedSettings
from congestion.seen.pieces import Pieces, places_in
from congestion.seen.standing import Stands
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds
from mapmatch.network import NONE

_PASSING_SHARE = 0.4
"""A vehicle that drives past at less than this share of the limit may be part of the same queue.
Unit: share. Source: chosen, slower traffic is at level 4 or 5 of the profile `hcm`."""
_PASSED_A_STANDING = 2
"""So many vehicles must have passed for each one that stands on the segment, since those behind a
block stand together. Unit: count. Source: chosen, more than one lane of them."""


class Rank(msgspec.Struct):
    """How many taxis parked in turn on one piece of road, which one last, and when."""

    count: int
    last_vehicle: str
    last_time: float


@dataclass(frozen=True)
class Parked:
    """The vehicles that are parked, where and since when; `is_new` where they were not before."""

    vehicle_ids: pa.Array
    segment: Int64s  # local to the region
    offset_m: Floats
    since: Floats
    is_bus: Flags
    is_new: Flags

    def __len__(self) -> int:
        return len(self.segment)

    def without(self, rows: Pieces, local: npt.NDArray[np.int32]) -> Pieces:
        """Give progress without that of the parked vehicles where they stand."""
        if not len(self) or not len(rows):
            return rows
        place = places_in(rows.names, self.vehicle_ids)[rows.vehicle]
        at = np.append(self.segment, NONE)[place]
        return rows.where((place == NONE) | (at != local[rows.segment]))


class _ParkedVehiclesState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    passed: dict[str, tuple[float, float, bool]]
    ranks: list[tuple[tuple[int, int], Rank]]


class ParkedVehicles:
    """Remembers how many passed each vehicle that stands, which are parked, and the ranks.

    A vehicle is forgotten once it has moved. One that was never seen to move may have been there
    all night: if it stands alone it says nothing of traffic. Minutes come in order.
    """

    def __init__(self, region: Region, settings: ParkedSettings | None = None) -> None:
        self._settings = settings or ParkedSettings()
        self._region = region
        self._passed: dict[str, tuple[float, float, bool]] = {}  # since, passers, is parked
        self._ranks: dict[tuple[int, int], Rank] = {}

    def step(
        self,
        minute_start: Seconds,
        progress: Pieces,
        stands: Stands,
        is_occupied: Flags,
    ) -> Parked:
        """Take a minute and give who is parked in it.

        `stands` are the `stands` of StandingVehicles after the minute. `is_occupied` marks those of
        n segments on which a queue stood on a detector.
        """
        settings = self._settings
        long = stands.until - stands.since >= settings.rank_s
        here = long & (stands.until > minute_start) & (stands.segment >= 0)
        found = stands.at(np.flatnonzero(here))
        segment, offset = found.segment.astype(np.int64), found.offset_m
        since, until = found.since, found.until
        names = found.vehicle_id.tolist()
        passed = self._passers(progress, segment, offset)
        before = [self._passed.get(name, (since[i], 0.0, False)) for i, name in enumerate(names)]
        stays = np.array([known[0] for known in before]) == since
        passed += np.where(stays, np.array([known[1] for known in before]), 0.0)
        was = np.array([known[2] for known in before], np.bool_) & stays
        is_bus = self._buses(names, progress)
        stood = until - since
        beside = np.bincount(segment[~was], minlength=len(self._region))[segment]
        is_alone = (beside == 1) & ~is_occupied[segment]
        enough = np.maximum(settings.least_passed, _PASSED_A_STANDING * beside)
        by_passers = (stood >= settings.passed_s) & (passed >= enough)
        at_rank = np.array(
            [not is_bus[i] and self._is_at_rank(segment[i], offset[i]) for i in range(len(names))],
            np.bool_,
        )
        is_clear = self._region.length_m[segment] - offset > settings.least_to_end_m
        is_clear |= stood >= settings.junction_s
        is_parked = by_passers | at_rank | (is_alone & (stood >= settings.alone_s))
        is_parked = was | (is_parked & is_clear) | (is_alone & ~found.has_moved)
        self._passed = {
            name: (float(since[i]), float(passed[i]), bool(is_parked[i]))
            for i, name in enumerate(names)
        }
        fresh = is_parked & ~was
        for i in np.flatnonzero(fresh & ~is_bus & (by_passers | at_rank)).tolist():
            self._learn(int(segment[i]), float(offset[i]), names[i], minute_start)
        self._forget(minute_start)
        ids = pa.array([name for i, name in enumerate(names) if is_parked[i]], pa.string())
        return Parked(
            ids,
            *(column[is_parked] for column in (segment, offset, since, is_bus, fresh)),
        )

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._passed, self._ranks = state.passed, dict(state.ranks)

    def _state(self) -> _ParkedVehiclesState:
        return _ParkedVehiclesState(self._passed, list(self._ranks.items()))

    def _passers(self, progress: Pieces, segment: Int64s, offset: Floats) -> Floats:
        """Give how many rows of progress drive past each place."""
        passed = np.zeros(len(segment))
        if not len(segment) or not len(progress):
            return passed
        at = self._region.local[progress.segment]
        holds = np.zeros(len(self._region) + 1, np.bool_)  # the last is NONE's
        holds[segment] = True
        rows = np.flatnonzero(holds[at])
        of = progress.enter_s, progress.exit_s, progress.enter_m, progress.exit_m
        begin, end, enter, leave = (values[rows].astype(np.float64) for values in of)
        least_mps = _PASSING_SHARE * self._region.limit_mps[at[rows]]
        drives = leave - enter >= least_mps * np.maximum(end - begin, 1e-3)
        rows, enter, leave = rows[drives], enter[drives], leave[drives]
        order = np.argsort(segment, kind="stable")
        first = np.searchsorted(segment[order], at[rows], "left")
        count = np.searchsorted(segment[order], at[rows], "right") - first
        row = np.repeat(np.arange(len(rows)), count)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        stand = order[first[row] + nth]
        goes_past = (enter[row] < offset[stand]) & (offset[stand] <= leave[row])
        np.add.at(passed, stand[goes_past], 1.0)
        return passed

    def _buses(self, vehicles: list[str], progress: Pieces) -> Flags:
        if not vehicles or not len(progress):
            return np.zeros(len(vehicles), np.bool_)
        is_bus = np.zeros(len(progress.names) + 1, np.bool_)  # the last is NONE's
        is_bus[progress.vehicle[progress.is_bus]] = True
        return is_bus[places_in(pa.array(vehicles, pa.string()), progress.names)]

    def _is_rank(self, rank: Rank) -> bool:
        return rank.count >= self._settings.rank_vehicles

    def _is_at_rank(self, segment: int, offset_m: float) -> bool:
        cell = int(offset_m // self._settings.rank_m)
        near = (self._ranks.get((int(segment), c)) for c in (cell - 1, cell, cell + 1))
        return any(rank is not None and self._is_rank(rank) for rank in near)

    def _learn(self, segment: int, offset_m: float, vehicle: str, time: Seconds) -> None:
        rank = self._ranks.setdefault(
            (segment, int(offset_m // self._settings.rank_m)), Rank(0, "", time)
        )
        rank.count += vehicle != rank.last_vehicle
        rank.last_vehicle, rank.last_time = vehicle, time

    def _forget(self, now: Seconds) -> None:
        before = now - self._settings.forget_rank_s
        for place in [at for at, rank in self._ranks.items() if rank.last_time < before]:
            del self._ranks[place]
