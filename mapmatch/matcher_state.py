"""What the matcher remembers, as bytes that outlive its process."""

import msgspec
import numpy as np

from mapmatch.kernels.layout import PENDING, SLOT, Memory
from mapmatch.memory import records
from mapmatch.network import Network
from mapmatch.roster import Seats

SNAPSHOT_VERSION = 5


class _State(msgspec.Struct, frozen=True, array_like=True):
    version: int
    segment_count: int
    slot_bytes: int  # of one record: another layout is another version
    pending_bytes: int
    ids: list[str | None]
    fleets: list[str | None]
    free_slots: list[int]
    slots: bytes
    pool: bytes
    free: bytes
    free_count: int


def dump(memory: Memory, seats: Seats, network: Network) -> bytes:
    """Give the bytes that `load` takes."""
    return msgspec.msgpack.encode(
        _State(
            SNAPSHOT_VERSION,
            network.segment_count,
            SLOT.itemsize,
            PENDING.itemsize,
            *seats,
            memory.slots.tobytes(),
            memory.pool.tobytes(),
            memory.free.tobytes(),
            int(memory.free_count[0]),
        )
    )


def load(data: bytes, memory: Memory, network: Network) -> tuple[Memory, Seats]:
    """Give the memory and the seats in the bytes; model and scratch stay those of `memory`.

    Raises ValueError where the bytes are of another kind, version, layout or network.
    """
    try:
        state = msgspec.msgpack.decode(data, type=_State)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a matcher snapshot: {error}") from error
    found = (state.version, state.slot_bytes, state.pending_bytes, state.segment_count)
    expected = (SNAPSHOT_VERSION, SLOT.itemsize, PENDING.itemsize, network.segment_count)
    if found != expected:
        raise ValueError(
            f"matcher snapshot of version, record sizes and segments {found}, expected {expected}"
        )
    slots = records(SLOT, len(state.slots) // SLOT.itemsize)
    slots[:] = np.frombuffer(state.slots, SLOT)
    pool = records(PENDING, len(state.pool) // PENDING.itemsize)
    pool[:] = np.frombuffer(state.pool, PENDING)
    kept = memory._replace(
        slots=slots,
        due=np.where(slots["is_active"] == 1, 0.0, np.inf),
        pool=pool,
        free=np.frombuffer(state.free, np.int32).copy(),
        free_count=np.array([state.free_count], np.int64),
    )
    return kept, Seats(state.ids, state.fleets, state.free_slots)
