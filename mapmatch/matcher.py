"""The online matcher: frames of fixes in; answered fixes, progress, traversals and breaks out."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.saved_state import pack, restored, unpack
from ingest.units import KMH
from mapmatch.answers import TIME, answers, joined, provisional
from mapmatch.kernels.layout import FIX, Records
from mapmatch.kernels.online import step
from mapmatch.kernels.open_fixes import read_open
from mapmatch.matcher_model import model_of
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.matcher_state import memory_of, state_of
from mapmatch.memory import aside_of, new_memory, records, with_pool, with_slots
from mapmatch.network import Network
from mapmatch.paths import PathTable, paths_of
from mapmatch.projection import LocalPlane
from mapmatch.records import BusLinePlacement, MatchOutput
from mapmatch.roster import Roster

Array = npt.NDArray
_NOWHERE = -1e9
"""Metres; where a fix without a place on the plane is put, far from any road."""
_SQUARE_M = 1000.0
"""Metres; the side of the squares in which fixes are taken together."""


class OnlineMatcher:
    """Matches fixes of many vehicles as they come.

    Remembers for each vehicle its undecided fixes, its route under way and how noisy it is; forgets
    a vehicle that is silent for `restart_after_s` of event time. Takes the fixes of one vehicle in
    time order, mixed with others in any way: what is answered does not depend on how fixes are cut
    into batches, nor on other vehicles. A fix must not be older than a watermark given before.
    """

    def __init__(
        self,
        network: Network,
        paths: PathTable | None = None,
        settings: MatcherSettings | None = None,
        bus_lines: BusLinePlacement | None = None,
        kernel: Callable[..., tuple[int, int, int]] = step,
        *,
        tells_fixes: bool = True,
    ) -> None:
        """Make the matcher; a bus off the `bus_lines` (see place_bus_lines) is less likely.

        `kernel` is what matches; a benchmark gives one that takes the time as well. Whoever asks
        only for progress and traversals has it not tell the fixes: `matched` is empty then.
        """
        self._kernel, self._tells_fixes = kernel, tells_fixes
        self.settings = settings or MatcherSettings()
        self._network = network
        self._plane = LocalPlane(network)
        self._paths = paths or paths_of(network)
        self._graph = self._paths.graph(network)
        if bus_lines is not None and bus_lines.segment_count:
            self._graph.segments["is_on_line"] = bus_lines.is_on_line
        self._roster = Roster()
        model = model_of(self.settings, network.grid_padding_m)
        self._memory = new_memory(model, slots=self._roster.slot_count)
        self._aside = aside_of(self._memory)
        self._segment_ids = pa.array(network.segment_ids, pa.string())

    @property
    def vehicle_count(self) -> int:
        """Vehicles remembered."""
        return len(self._roster)

    def match(self, batch: pa.RecordBatch, watermark: float) -> MatchOutput:
        """Take a batch of clean fixes (FIXES, with an optional int64 column `row`), then let event
        time reach the watermark (seconds since 1970 UTC); gives all that is settled by then.
        """
        return self._step(self._fixes(batch), watermark, is_last=False)

    def finish(self) -> MatchOutput:
        """Settle all fixes, close all routes and forget all vehicles."""
        return self._step(records(FIX, 0), float("inf"), is_last=True)

    def provisional(self) -> pa.RecordBatch:
        """Give the progress that `finish` would give if it came now; nothing is settled by it.

        A vehicle's rows (PROGRESS, flagged provisional) begin where its settled progress ends,
        follow the route that is likeliest by what is known now, and end at its newest fix.
        """
        memory, total, slot = self._memory, len(self._memory.slots), 0
        parts = []
        while slot < total:
            slot = read_open(self._graph, memory, self._aside, slot, total)
            parts.append(provisional(memory, self._roster))
        return pa.concat_batches(parts)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(state_of(self._memory, self._roster.snapshot(), self._network))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, state_of(self._memory, b"", self._network))
        roster = restored(self._roster, state.roster)
        self._memory = memory_of(state, self._memory, roster.slot_count)
        self._roster = roster

    def warm_up(self) -> None:
        """Compile all kernels."""
        self._step(records(FIX, 0), float("-inf"), is_last=False)
        self.provisional()

    def _fixes(self, batch: pa.RecordBatch) -> Records:
        fixes = records(FIX, batch.num_rows)
        if not batch.num_rows:
            return fixes
        slots, is_bus = self._roster.slots_of(batch.column("vehicle_id"), batch.column("fleet"))
        if self._roster.slot_count > len(self._memory.slots):
            self._memory = with_slots(self._memory, self._roster.slot_count)
        millis = batch.column("event_time").cast(TIME).cast(pa.int64())
        x, y = self._plane.to_metres(
            batch.column("longitude").to_numpy(zero_copy_only=False),
            batch.column("latitude").to_numpy(zero_copy_only=False),
        )
        is_placed = np.isfinite(x) & np.isfinite(y)
        x, y = np.where(is_placed, x, _NOWHERE), np.where(is_placed, y, _NOWHERE)
        order = _by_place(slots, x, y)
        plain = fixes.view(np.ndarray)
        plain["slot"], plain["is_bus"] = slots[order], is_bus[order]
        plain["time"] = millis.to_numpy(zero_copy_only=False)[order] / 1000.0
        plain["x"], plain["y"] = x[order], y[order]
        plain["speed_mps"] = _floats(batch, "speed_kmh")[order] / KMH
        plain["heading_rad"] = np.radians(_floats(batch, "heading_deg")[order])
        plain["tag"] = -1
        if "row" in batch.schema.names:
            plain["tag"] = batch.column("row").to_numpy(zero_copy_only=False)[order]
        return fixes

    def _step(self, fixes: Records, now: float, *, is_last: bool) -> MatchOutput:
        needed, free = len(fixes) + 1, int(self._memory.free_count[0])
        if free < needed:
            size = len(self._memory.pool)
            self._memory = with_pool(self._memory, size + max(needed - free, size // 2))
        parts: list[MatchOutput] = []
        total = len(self._memory.slots)
        expired = np.empty(total, np.int32)
        fix, slot = 0, 0
        gone: list[int] = []
        while True:
            fix, slot, count = self._kernel(
                self._graph, self._memory, fix, fixes, slot, total, now, is_last, expired
            )
            gone.extend(expired[:count].tolist())
            parts.append(self._answers())
            if fix == len(fixes) and slot == total:
                break
        self._roster.forget(gone)
        return parts[0] if len(parts) == 1 else joined(parts)

    def _answers(self) -> MatchOutput:
        return answers(
            self._memory, self._roster, self._segment_ids, self._plane,
            tells_fixes=self._tells_fixes,
        )  # fmt: skip


def _by_place(slots: Array, x: Array, y: Array) -> Array:
    """Give an order of n fixes (slot, metres) in which neighbouring vehicles follow one another.

    Fixes so ordered find in the processor's cache the roads and routes of those before them. All
    of a vehicle's count as being where its first is, and keep their order.
    """
    column, row = ((metres // _SQUARE_M).astype(np.int64) & 255 for metres in (x, y))
    square = (row << 8 | column).astype(np.uint16)
    of_slot = np.empty(slots.max() + 1, np.uint16)
    of_slot[slots[::-1]] = square[::-1]
    return np.argsort(of_slot[slots], kind="stable")


def _floats(batch: pa.RecordBatch, name: str) -> Array:
    """Give a float column with NaN where it is null or absent."""
    if name not in batch.schema.names:
        return np.full(batch.num_rows, np.nan, np.float32)
    return batch.column(name).to_numpy(zero_copy_only=False).astype(np.float32)
