"""Which vehicles stand, where and for how long."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.kernels.probes import follow_stands
from congestion.records import Sighting
from congestion.region import Region
from congestion.seen.pieces import Pieces, together
from congestion.settings import EstimatorSettings
from ingest.kernels.arrays import Flags, Floats, Int32s, Int64s
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds
from ingest.vehicle_slots import VehicleSlots
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


@dataclass(frozen=True)
class Stands:
    """Where each of v vehicles came to rest; it has moved if it was seen elsewhere before that."""

    vehicle_id: npt.NDArray[np.object_]
    fleet: npt.NDArray[np.object_]
    segment: Int32s  # local to the region
    offset_m: Floats
    since: Floats
    until: Floats
    has_moved: Flags

    def __len__(self) -> int:
        return len(self.segment)

    def at(self, places: npt.NDArray) -> "Stands":
        """Give some of them."""
        return Stands(*(getattr(self, field.name)[places] for field in fields(self)))


class StandingVehicles:
    """Remembers where each vehicle came to rest, and whether it was ever seen to move.

    It forgets one unseen for `forget_vehicle_s`.
    Rows of a vehicle must come in time order, minute after minute.
    """

    def __init__(self, region: Region, settings: EstimatorSettings) -> None:
        self._region = region
        self._settings = settings
        self._take_up(_STANDS.empty_table())

    def _take_up(self, stands: pa.Table) -> None:
        """Remember the vehicles of a table and no others, each in a slot of its own."""
        self._vehicles = VehicleSlots()
        names = stands["vehicle_id"].combine_chunks()
        slots, _ = self._vehicles.slots_of(names)
        self._columns: dict[str, npt.NDArray] = {
            "fleet": np.empty(0, object), "segment": np.empty(0, np.int32),
            "offset_m": np.empty(0), "since": np.empty(0), "until": np.empty(0),
            "has_moved": np.empty(0, np.bool_), "turn": np.empty(0, np.int64),
        }  # fmt: skip
        self._make_room()
        for name in _STANDS.names[1:]:
            self._columns[name][slots] = stands[name].to_numpy()
        # The later a vehicle's rows were taken, the higher its turn.
        self._columns["turn"][slots] = np.arange(len(slots))
        self._next_turn = len(slots)

    def _make_room(self) -> None:
        """Give every slot a place in each column; that of a free one says that nobody stands."""
        more = self._vehicles.slot_count - len(self._columns["turn"])
        if more:
            self._columns = {
                name: np.concatenate([column, np.full(more, _FREE.get(name, 0), column.dtype)])
                for name, column in self._columns.items()
            }

    def step(self, belated: Pieces, progress: Pieces) -> list[Sighting]:
        """Take a minute's progress and belated pieces; give the vehicles that have stood for long.

        In the order of their names.
        """
        rows = together(belated, progress)
        if not len(rows):
            return []
        fresh = self.follow(rows)
        stood = fresh.until - fresh.since >= self._settings.standing_s
        return self._sightings(fresh.at(np.flatnonzero(stood)))

    def follow(self, rows: Pieces) -> Stands:
        """Take progress, and give where each of its vehicles came to rest."""
        starts = rows.starts
        slots, new = self._vehicles.slots_of(rows.names.take(pa.array(rows.vehicle[starts])))
        self._make_room()
        columns = self._columns
        is_new = np.zeros(len(slots), np.bool_)
        is_new[new] = True
        segment = self._region.local[rows.segment]
        enter_m, exit_m = rows.enter_m.astype(np.float64), rows.exit_m.astype(np.float64)
        at = np.where(is_new, np.int32(NONE), columns["segment"][slots])
        offset, since, until = (
            np.where(is_new, 0.0, columns[name][slots]) for name in ("offset_m", "since", "until")
        )
        first = segment[starts], exit_m[starts]  # where a new vehicle was first seen
        before = np.where(is_new, first[0], at), np.where(is_new, first[1], offset)
        follow_stands(
            np.r_[starts, len(rows)].astype(np.int32),
            segment,
            rows.enter_s,
            rows.exit_s,
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
        has_moved |= is_new & (np.abs(exit_m[starts] - enter_m[starts]) >= reach_m)
        has_moved |= ~is_new & columns["has_moved"][slots]
        fleet = np.array(rows.fleet_names, object)[rows.fleet[starts]]
        names = ("fleet", "segment", "offset_m", "since", "until", "has_moved")
        for name, values in zip(names, (fleet, at, offset, since, until, has_moved), strict=True):
            columns[name][slots] = values
        columns["turn"][slots] = self._next_turn + np.arange(len(slots))
        self._next_turn += len(slots)
        return self._stands(slots)

    def standing_at(self, time: Seconds) -> list[Sighting]:
        """Give who came to rest here and still stands, as far as is known at a time.

        Those that were seen within `tick_fresh_s`, stood for `tick_standing_s` and have not been
        forgotten; in the order of segments, the foremost first.
        """
        settings, columns = self._settings, self._columns
        since, until = columns["since"], columns["until"]
        stood = until - since >= settings.tick_standing_s
        stood &= until >= time - settings.tick_fresh_s
        stood &= since >= time - settings.forget_vehicle_s
        stood &= columns["has_moved"] & (columns["segment"] >= 0)
        slots = np.flatnonzero(stood)
        if not len(slots):
            return []
        stands = self._stands(slots)
        keys = zip(stands.segment.tolist(), (-stands.offset_m).tolist(), stands.vehicle_id,
                   range(len(slots)), strict=True)  # fmt: skip
        return self._sightings(stands.at(np.array([place for *_, place in sorted(keys)])))

    @property
    def stands(self) -> Stands:
        """Where each vehicle came to rest; those whose rows were taken last come last."""
        slots = self._vehicles.taken()
        return self._stands(slots[np.argsort(self._columns["turn"][slots])])

    def _stands(self, slots: Int64s) -> Stands:
        columns = [self._columns[name][slots] for name in _STANDS.names[1:]]
        return Stands(self._vehicles.ids[slots], *columns)

    def forget_before(self, time: Seconds) -> None:
        """Forget the vehicles last seen before a time."""
        old = np.flatnonzero(self._columns["until"] < time)
        if len(old):
            self._vehicles.forget(old.tolist())
            for name, column in self._columns.items():
                column[old] = _FREE.get(name, 0)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        stands = self.stands
        columns = [getattr(stands, field.name) for field in fields(stands)]
        return pack(_StandingVehiclesState(pa.table(columns, schema=_STANDS)))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._take_up(unpack(data, _StandingVehiclesState(_STANDS.empty_table())).stands)

    def _sightings(self, stands: Stands) -> list[Sighting]:
        names = self._region.segment_ids
        columns = (
            stands.vehicle_id, stands.fleet,
            *(c.tolist() for c in (stands.segment, stands.offset_m, stands.since, stands.until)),
        )  # fmt: skip
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
            for vehicle, fleet, segment, offset_m, since, until in zip(*columns, strict=True)
        ]


_FREE = {"fleet": None, "segment": NONE, "until": np.inf}
"""What stands in the columns of a free slot, 0 elsewhere."""
