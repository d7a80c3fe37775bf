"""Which vehicle sits in which slot of the matcher's memory."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Array = npt.NDArray
_FIRST_SLOTS = 64


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


class Seats(NamedTuple):
    """A roster as plain values: who sits in each slot, and the free slots, the next one last."""

    ids: list[str | None]
    fleets: list[str | None]
    free_slots: list[int]


class Roster:
    """The vehicles under way, each in a slot of its own until it is forgotten."""

    def __init__(self) -> None:
        self.take_up(
            Seats([None] * _FIRST_SLOTS, [None] * _FIRST_SLOTS, [*range(_FIRST_SLOTS)][::-1])
        )

    def __len__(self) -> int:
        return len(self._slot_of)

    @property
    def slot_count(self) -> int:
        """Slots taken or free."""
        return len(self._ids)

    def take_up(self, seats: Seats) -> None:
        """Become the roster that `seats` gave."""
        self._ids = np.array(seats.ids, object)
        self._fleet_names: list[str] = []
        self._fleet_codes = np.array([self._code_of(fleet or "") for fleet in seats.fleets])
        self._free_slots = list(seats.free_slots)
        self._slot_of = {name: slot for slot, name in enumerate(seats.ids) if name is not None}

    def seats(self) -> Seats:
        """Give the roster as plain values."""
        fleets: list[str | None] = [self._fleet_names[code] for code in self._fleet_codes]
        return Seats(self._ids.tolist(), fleets, list(self._free_slots))

    def slots_of(self, ids: pa.Array, fleets: pa.Array) -> tuple[Array, Array]:
        """Give each row's slot, new ones for vehicles not yet known, and whether it is a bus."""
        names = ids.to_numpy(zero_copy_only=False).tolist()
        encoded = fleets.dictionary_encode()
        fleet_names = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        known = self._slot_of
        try:
            slots = np.fromiter(map(known.__getitem__, names), np.int32, len(names))
        except KeyError:
            for row, name in enumerate(names):
                if name not in known:
                    self._seat(name, fleet_names[codes[row]])
            slots = np.fromiter(map(known.__getitem__, names), np.int32, len(names))
        is_bus = np.array([name == "bus" for name in fleet_names], np.uint8)
        return slots, is_bus[codes]

    def forget(self, slot: int) -> None:
        """Free a slot."""
        vehicle = self._ids[slot]
        if vehicle is not None:
            del self._slot_of[vehicle]
        self._ids[slot] = None
        self._free_slots.append(slot)

    def named(self, slots: list[Array]) -> Named:
        """Give the ids and fleets of some rows' vehicles, each vehicle once."""
        place = np.zeros(len(self._ids), np.int32)
        for some in slots:
            place[some] = 1
        used = np.flatnonzero(place)
        place[used] = np.arange(len(used), dtype=np.int32)
        fleets = pa.array(self._fleet_names, pa.string())
        return Named(
            pa.array(self._ids[used], pa.string()),
            fleets.take(pa.array(self._fleet_codes[used])),
            place,
        )

    def _code_of(self, fleet: str) -> int:
        if fleet not in self._fleet_names:
            self._fleet_names.append(fleet)
        return self._fleet_names.index(fleet)

    def _seat(self, vehicle: str, fleet: str) -> None:
        if not self._free_slots:
            old = len(self._ids)
            more = max(_FIRST_SLOTS, old // 2)
            self._ids = np.concatenate([self._ids, np.full(more, None, object)])
            self._fleet_codes = np.concatenate([self._fleet_codes, np.zeros(more, np.int64)])
            self._free_slots = list(range(old + more - 1, old - 1, -1))
        slot = self._free_slots.pop()
        self._slot_of[vehicle] = slot
        self._ids[slot] = vehicle
        self._fleet_codes[slot] = self._code_of(fleet)
