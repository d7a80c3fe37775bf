"""Which vehicle has which slot: the number under which arrays hold what is known of it."""

from collections.abc import Iterable
from itertools import repeat
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.kernels.arrays import Int32s, Int64s
from ingest.saved_state import GROWS, SavedState, pack, unpack

_NO_SLOT = -1
_LEAST_SLOTS = 64
"""Slots at first, and by which their number grows at least. Unit: count. Source: chosen."""


class _VehicleSlotsState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    ids: list[str | None]
    free: Annotated[Int32s, GROWS]


class VehicleSlots:
    """Remembers the slot of each vehicle until it is forgotten, and which slots are free.

    A slot that becomes free is the next to be given; where none is free, their number grows by
    half. Slots begin at 0, and arrays of `slot_count` rows have a row for each.
    """

    def __init__(self) -> None:
        self._ids = np.full(_LEAST_SLOTS, None, object)
        self._free = list(range(_LEAST_SLOTS))[::-1]
        self._slot_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._slot_of)

    @property
    def slot_count(self) -> int:
        """Slots, taken or free."""
        return len(self._ids)

    @property
    def ids(self) -> npt.NDArray[np.object_]:
        """The vehicle in each slot, None where it is free."""
        return self._ids

    def taken(self) -> Int64s:
        """Give the slots that a vehicle has, in no order."""
        return np.fromiter(self._slot_of.values(), np.int64, len(self._slot_of))

    def slots_of(self, vehicle_ids: pa.Array) -> tuple[Int64s, list[int]]:
        """Give each row's slot, and the rows in which a vehicle comes that had none before."""
        names = vehicle_ids.to_numpy(zero_copy_only=False).tolist()
        known = self._slot_of
        slots = np.fromiter(map(known.get, names, repeat(_NO_SLOT)), np.int64, len(names))
        new_rows = []
        for row in np.flatnonzero(slots == _NO_SLOT).tolist():
            if names[row] not in known:
                self._give(names[row])
                new_rows.append(row)
            slots[row] = known[names[row]]
        return slots, new_rows

    def forget(self, slots: Iterable[int]) -> None:
        """Free the slots of some vehicles, the last of them to be given first."""
        for slot in slots:
            del self._slot_of[self._ids[slot]]
            self._ids[slot] = None
            self._free.append(slot)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._ids = np.array([*state.ids, None], object)[:-1]
        self._free = state.free.tolist()
        self._slot_of = {name: slot for slot, name in enumerate(state.ids) if name is not None}

    def _state(self) -> _VehicleSlotsState:
        return _VehicleSlotsState(self._ids.tolist(), np.array(self._free, np.int32))

    def _give(self, vehicle_id: str) -> None:
        if not self._free:
            old = len(self._ids)
            more = max(_LEAST_SLOTS, old // 2)
            self._ids = np.concatenate([self._ids, np.full(more, None, object)])
            self._free = list(range(old + more - 1, old - 1, -1))
        slot = self._free.pop()
        self._slot_of[vehicle_id] = slot
        self._ids[slot] = vehicle_id
