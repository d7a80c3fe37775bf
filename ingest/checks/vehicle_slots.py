"""Which row of the cleaner's arrays belongs to which vehicle."""

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_FIRST_SIZE = 1024


class VehicleSlots:
    """Flat arrays of state with one row per vehicle; rows of forgotten vehicles are used again.

    `last` (n, 3) and `other` (n, 3) are float64: time (s), longitude and latitude (deg), NaN time
    where there is none; `other_counts` (n, 2) is int32. What they mean is the kernel's.
    """

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self._allocate(_FIRST_SIZE)
        self._swept_to = -np.inf

    def __len__(self) -> int:
        return len(self._slots)

    def slots_of(self, vehicle_ids: pa.Array) -> NDArray[np.int64]:
        """Give the slot of each row's vehicle, new ones for vehicles not seen before."""
        encoded = vehicle_ids.dictionary_encode()
        slots = self._slots
        names = encoded.dictionary.to_pylist()
        places = np.array([slots.setdefault(name, len(slots)) for name in names], np.int64)
        if len(slots) > len(self.last):
            self._grow(len(slots))
        return places[encoded.indices.to_numpy()]

    def forget_before(self, time: float) -> None:
        """Forget vehicles whose last used fix is older than the time (s), now and then.

        A vehicle without a used fix is forgotten too: all its fixes were refused by rules that need
        no memory. The sweep costs a pass over all vehicles, so it is made once in ten minutes.
        """
        if time - self._swept_to < 600.0:
            return
        self._swept_to = time
        keep = np.flatnonzero(self.last[: len(self._slots), 0] >= time)
        if len(keep) == len(self._slots):
            return
        names = list(self._slots)
        self._keep([names[slot] for slot in keep.tolist()], keep)

    def dump(self) -> bytes:
        """Give the state as bytes that `load` takes."""
        count = len(self._slots)
        arrays = (self.last, self.other, self.other_counts)
        state = _Dump(self._swept_to, list(self._slots), *(a[:count].tobytes() for a in arrays))
        return msgspec.msgpack.encode(state)

    @classmethod
    def load(cls, data: bytes) -> "VehicleSlots":
        """Give the slots that `dump` wrote. Raises ValueError where the bytes do not fit."""
        try:
            state = msgspec.msgpack.decode(data, type=_Dump)
        except msgspec.MsgspecError as error:
            raise ValueError(f"not a dump of vehicle slots: {error}") from error
        slots, count = cls(), len(state.names)
        slots._slots = {name: slot for slot, name in enumerate(state.names)}
        slots._swept_to = state.swept_to
        slots._allocate(max(_FIRST_SIZE, count))
        slots.last[:count] = np.frombuffer(state.last).reshape(count, 3)
        slots.other[:count] = np.frombuffer(state.other).reshape(count, 3)
        slots.other_counts[:count] = np.frombuffer(state.other_counts, np.int32).reshape(count, 2)
        return slots

    def _allocate(self, size: int) -> None:
        self.last = np.full((size, 3), np.nan)
        self.other = np.full((size, 3), np.nan)
        self.other_counts = np.zeros((size, 2), np.int32)

    def _grow(self, count: int) -> None:
        self._keep(list(self._slots), np.arange(len(self.last)), max(count, 2 * len(self.last)))

    def _keep(self, names: list[str], rows: NDArray[np.int64], size: int = 0) -> None:
        old = self.last, self.other, self.other_counts
        self._slots = {name: slot for slot, name in enumerate(names)}
        self._allocate(max(size, _FIRST_SIZE, len(rows)))
        for new, before in zip((self.last, self.other, self.other_counts), old, strict=True):
            new[: len(rows)] = before[rows]


class _Dump(msgspec.Struct, array_like=True):
    swept_to: float
    names: list[str]
    last: bytes
    other: bytes
    other_counts: bytes
