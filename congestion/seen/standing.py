"""Which vehicles stand, where and for how long."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from congestion.kernels.probes import follow_stands
from congestion.records import Sighting
from congestion.region import Region
from congestion.seen.vehicle_order import together
from congestion.settings import EstimatorSettings
from ingest.kernels.arrays import Flags, Floats, Int32s
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds
from mapmatch.network import NONE

_STANDS = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("fleet", pa.string()),
        ("segment", pa.int32()),
        ("offset_m", pa.float64()),
        ("since", pa.float64()),
        ("until", pa.float64()),
        ("has_moved", pa.bool_()),
    ]
)


class _StandingVehiclesState(SavedState, frozen=True):
    SCHEMA_VERSION = 3

    stands: pa.Table


class StandingVehicles:
    """Remembers where each vehicle came to rest, and whether it was ever seen to move.

    It forgets one unseen for `forget_vehicle_s`.
    Rows of a vehicle must come in time order, minute after minute.
    """

    def __init__(self, region: Region, settings: EstimatorSettings) -> None:
        self._region = region
        self._settings = settings
        self._stands = _STANDS.empty_table().combine_chunks()

    def step(self, belated: pa.Table, progress: pa.Table) -> list[Sighting]:
        """Take a minute's progress and belated pieces; give the vehicles that have stood for long.

        Both are sorted by vehicle, then time.
        """
        rows = together(belated, progress)
        if rows.num_rows == 0:
            return []
        count = self.follow(rows)
        fresh = self._stands.slice(self._stands.num_rows - count)
        return self._sightings(fresh.filter(_stood_s(fresh, self._settings.standing_s)))

    def follow(self, rows: pa.Table) -> int:
        """Take progress sorted by vehicle, then time; give of how many vehicles it is.

        Their stands are the last ones afterwards.
        """
        segment = self._region.local[rows["segment"].to_numpy()]
        names = rows["vehicle_id"].combine_chunks().dictionary_encode()
        code = names.indices.to_numpy()
        starts = np.flatnonzero(np.r_[True, code[1:] != code[:-1]])
        vehicles = names.dictionary
        place = pc.index_in(vehicles, value_set=self._stands["vehicle_id"]).fill_null(NONE)
        known = np.asarray(place.to_numpy(), np.int64)
        at = self._known("segment", known, NONE).astype(np.int32)
        offset, since, until = (
            self._known(name, known, 0.0) for name in ("offset_m", "since", "until")
        )
        enter_m, exit_m = (
            rows[name].to_numpy().astype(np.float64) for name in ("enter_offset_m", "exit_offset_m")
        )
        first = segment[starts], exit_m[starts]  # where a new vehicle was first seen
        before = np.where(known == NONE, first[0], at), np.where(known == NONE, first[1], offset)
        # Copies, since Arrow's own arrays cannot be written and kernels have one signature.
        follow_stands(
            np.r_[starts, len(code)].astype(np.int32),
            segment,
            np.array(rows["enter_time"].to_numpy()),
            np.array(rows["exit_time"].to_numpy()),
            exit_m,
            self._settings.standing_reach_m,
            self._settings.standing_gap_s,
            at,
            offset,
            since,
            until,
        )
        reach_m = self._settings.standing_reach_m
        has_moved = (at != before[0]) | (np.abs(offset - before[1]) >= reach_m)
        has_moved |= (known == NONE) & (np.abs(exit_m[starts] - enter_m[starts]) >= reach_m)
        has_moved |= self._known("has_moved", known, 0.0) > 0
        fleets = rows["fleet"].combine_chunks().take(pa.array(starts))
        self._remember(vehicles, fleets, known, [at, offset, since, until, has_moved])
        return len(vehicles)

    def standing_at(self, time: Seconds) -> list[Sighting]:
        """Give who came to rest here and still stands, as far as is known at a time.

        Those that were seen within `tick_fresh_s`, stood for `tick_standing_s` and have not been
        forgotten; in the order of segments, the foremost first.
        """
        settings, stands = self._settings, self._stands
        since, until = stands["since"].to_numpy(), stands["until"].to_numpy()
        stood = until - since >= settings.tick_standing_s
        stood &= until >= time - settings.tick_fresh_s
        stood &= since >= time - settings.forget_vehicle_s
        if stood.any():
            stood &= stands["has_moved"].to_numpy() & (stands["segment"].to_numpy() >= 0)
        if not stood.any():
            return []
        stands = stands.filter(pa.array(stood))
        order = [("segment", "ascending"), ("offset_m", "descending"), ("vehicle_id", "ascending")]
        return self._sightings(stands.sort_by(order))

    def _known(self, name: str, places: npt.NDArray[np.int64], nothing: float) -> Floats:
        """Give a column of the stands at some indices, `nothing` where the index is NONE."""
        column = np.append(self._stands[name].to_numpy(), nothing)
        return np.array(column[places], np.float64)  # an index of NONE is the last

    def _remember(
        self,
        vehicles: pa.Array,
        fleets: pa.Array,
        known: npt.NDArray[np.int64],
        columns: list[Floats | Int32s | Flags],
    ) -> None:
        """Store vehicles in the place of what was remembered of them."""
        stays = np.ones(self._stands.num_rows, np.bool_)
        stays[known[known != NONE]] = False
        fresh = pa.table([vehicles, fleets, *(pa.array(c) for c in columns)], schema=_STANDS)
        others = self._stands.filter(pa.array(stays))
        self._stands = pa.concat_tables([others, fresh]).combine_chunks()

    @property
    def stands(self) -> pa.Table:
        """Where each vehicle came to rest: vehicle_id, fleet, segment, offset_m, since, until.

        Column has_moved: it has moved if it was seen elsewhere before it came to rest.
        """
        return self._stands

    def forget_before(self, time: Seconds) -> None:
        """Forget the vehicles last seen before a time."""
        is_seen = self._stands["until"].to_numpy() >= time
        if not is_seen.all():
            self._stands = self._stands.filter(pa.array(is_seen))

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_StandingVehiclesState(self._stands))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._stands = unpack(data, _StandingVehiclesState(self._stands)).stands

    def _sightings(self, stands: pa.Table) -> list[Sighting]:
        names, columns = self._region.segment_ids, stands.drop_columns("has_moved")
        return [
            Sighting(
                source="probe",
                kind="standing_vehicle",
                seen_by=vehicle,
                segment_id=names[segment],
                offset_m=round(offset_m, 1),
                since=since,
                until=until,
                fleet=fleet,
            )
            for vehicle, fleet, segment, offset_m, since, until in zip(
                *(column.to_pylist() for column in columns.columns), strict=True
            )
        ]


def _stood_s(stands: pa.Table, least_s: Seconds) -> pa.ChunkedArray:
    """Tell who stood for so long."""
    return pc.greater_equal(pc.subtract(stands["until"], stands["since"]), least_s)
