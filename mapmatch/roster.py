"""The vehicles under way, each with its fleet, by its slot in the matcher's memory."""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.kernels.arrays import Int64s
from ingest.saved_state import GROWS, SavedState, pack, restored, unpack
from ingest.vehicle_slots import VehicleSlots

Array = npt.NDArray


class Named(NamedTuple):
    """Ids and fleets of the vehicles that some rows are of; `place` is by slot."""

    ids: pa.Array
    fleets: pa.Array
    place: Array

    def id_of(self, slots: Array) -> pa.Array:
        """Give the vehicle of each slot."""
        return self.ids.take(pa.array(self.place[slots]))

    def fleet_of(self, slots: Array) -> pa.Array:
        """Give the fleet of each slot's vehicle."""
        return self.fleets.take(pa.array(self.place[slots]))


class _RosterState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    vehicles: bytes
    fleet_names: list[str]
    fleet_codes: Annotated[Int64s, GROWS]


class Roster:
    """Remembers the slot of each vehicle under way and the fleet it first came with.

    A vehicle is forgotten when the matcher says so; its slot is then given again.
    """

    def __init__(self) -> None:
        self._vehicles = VehicleSlots()
        self._fleet_names: list[str] = []
        self._fleet_codes = np.zeros(self.slot_count, np.int64)

    def __len__(self) -> int:
        return len(self._vehicles)

    @property
    def slot_count(self) -> int:
        """Slots taken or free."""
        return self._vehicles.slot_count

    def slots_of(self, ids: pa.Array, fleets: pa.Array) -> tuple[Int64s, Array]:
        """Give each row's slot, new ones for vehicles not yet known, and whether it is a bus."""
        slots, new_rows = self._vehicles.slots_of(ids)
        encoded = fleets.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        if new_rows:
            grown = np.zeros(self.slot_count, np.int64)
            grown[: len(self._fleet_codes)] = self._fleet_codes
            own_codes = np.array([self._code_of(name) for name in names], np.int64)
            grown[slots[new_rows]] = own_codes[codes[new_rows]]
            self._fleet_codes = grown
        is_bus = np.array([name == "bus" for name in names], np.uint8)
        return slots, is_bus[codes]

    def forget(self, slots: Iterable[int]) -> None:
        """Free the slots of some vehicles."""
        self._vehicles.forget(slots)

    def named(self, slots: list[Array]) -> Named:
        """Give the ids and fleets of some rows' vehicles, each vehicle once."""
        place = np.zeros(self.slot_count, np.int32)
        for some in slots:
            place[some] = 1
        used = np.flatnonzero(place)
        place[used] = np.arange(len(used), dtype=np.int32)
        fleets = pa.array(self._fleet_names, pa.string())
        return Named(
            pa.array(self._vehicles.ids[used], pa.string()),
            fleets.take(pa.array(self._fleet_codes[used])),
            place,
        )

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        vehicles = restored(self._vehicles, state.vehicles)
        if len(state.fleet_codes) != vehicles.slot_count:
            expected = vehicles.slot_count
            raise ValueError(f"fleets of {len(state.fleet_codes)} slots, expected {expected}")
        self._vehicles = vehicles
        self._fleet_names, self._fleet_codes = state.fleet_names, state.fleet_codes

    def _state(self) -> _RosterState:
        return _RosterState(self._vehicles.snapshot(), self._fleet_names, self._fleet_codes)

    def _code_of(self, fleet: str) -> int:
        if fleet not in self._fleet_names:
            self._fleet_names.append(fleet)
        return self._fleet_names.index(fleet)
