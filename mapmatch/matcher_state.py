"""The kernels' memory as a saved state."""

from typing import Annotated

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Int32s
from ingest.saved_state import GROWS, SAME, SavedState
from mapmatch.kernels.layout import PENDING, SLOT, Memory, Records
from mapmatch.memory import records
from mapmatch.network import Network

Bytes = npt.NDArray[np.uint8]


class MatcherState(SavedState, frozen=True):
    """What the matcher remembers; records are rows of bytes, so another layout has other rows.

    Not compressed: of 100,000 vehicles that would take longer than everything else together.
    """

    SCHEMA_VERSION = 10
    IS_COMPRESSED = False

    segment_count: Annotated[int, SAME]
    roster: bytes
    slots: Annotated[Bytes, GROWS]
    pool: Annotated[Bytes, GROWS]
    free: Annotated[Int32s, GROWS]
    free_count: int


def state_of(memory: Memory, roster: bytes, network: Network) -> MatcherState:
    """Give the state of a memory and a roster's snapshot."""
    return MatcherState(
        network.segment_count, roster, _rows(memory.slots), _rows(memory.pool), memory.free,
        int(memory.free_count[0]),
    )  # fmt: skip


def memory_of(state: MatcherState, memory: Memory, slot_count: int) -> Memory:
    """Give the memory of a state; model and scratch stay those of `memory`.

    Raises ValueError where it has not one record a slot, or its free records are not its own.
    """
    if len(state.slots) != slot_count:
        raise ValueError(f"matcher's memory of {len(state.slots)} slots, expected {slot_count}")
    size = len(state.pool)
    if len(state.free) != size or not 0 <= state.free_count <= size:
        raise ValueError(f"matcher's memory of {size} records, {state.free_count} of them free")
    slots = records(SLOT, len(state.slots))
    _rows(slots)[:] = state.slots
    pool = records(PENDING, size)
    _rows(pool)[:] = state.pool
    return memory._replace(
        slots=slots,
        due=np.where(slots["is_active"] == 1, 0.0, np.inf),
        pool=pool,
        free=state.free.copy(),
        free_count=np.array([state.free_count], np.int64),
    )


def _rows(of: Records) -> Bytes:
    """Give records as rows of bytes, not copied."""
    return of.view(np.ndarray).view(np.uint8).reshape(len(of), of.dtype.itemsize)
