"""The online matcher: frames of fixes in; answered fixes, progress, traversals and breaks out."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mapmatch.kernels.layout import FIX, Records
from mapmatch.kernels.online import step
from mapmatch.matcher_settings import MatcherSettings, model_of
from mapmatch.matcher_state import Vehicles, dump, load
from mapmatch.memory import new_memory, records, with_pool, with_slots
from mapmatch.network import Network
from mapmatch.paths import PathTable, build_path_table
from mapmatch.projection import LocalPlane
from mapmatch.records import (
    BREAK_REASONS,
    BREAKS,
    MATCHED,
    PROGRESS,
    TRAVERSALS,
    UNMATCHED_REASONS,
    MatchOutput,
)

Array = npt.NDArray
_TIME = pa.timestamp("ms", tz="UTC")
_NOWHERE = -1e9
"""Metres; where a fix without a place on the plane is put, far from any road."""


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
    ) -> None:
        self.settings = settings or MatcherSettings()
        self._network = network
        self._plane = LocalPlane(network)
        self._paths = paths or build_path_table(network)
        self._city = self._paths.city(network)
        self._memory = new_memory(model_of(self.settings, network.grid_padding_m), slots=64)
        self._slot_of: dict[str, int] = {}
        self._ids: list[str | None] = [None] * 64
        self._fleets: list[str] = [""] * 64
        self._free_slots = list(range(63, -1, -1))
        self._segment_ids = pa.array(network.segment_ids, pa.string())

    @property
    def vehicle_count(self) -> int:
        """Vehicles remembered."""
        return len(self._slot_of)

    def match(self, batch: pa.RecordBatch, watermark: float) -> MatchOutput:
        """Take a batch of clean fixes (FIXES, with an optional int64 column `row`), then let event
        time reach the watermark (seconds since 1970 UTC); gives all that is settled by then.
        """
        return self._step(self._fixes(batch), watermark, is_last=False)

    def finish(self) -> MatchOutput:
        """Settle all fixes, close all routes and forget all vehicles."""
        return self._step(records(FIX, 0), float("inf"), is_last=True)

    def snapshot(self) -> bytes:
        """Give everything remembered, as bytes that `restore` takes."""
        vehicles = Vehicles(self._ids, self._fleets, self._free_slots)
        return dump(self._memory, vehicles, self._network)

    def restore(self, data: bytes) -> None:
        """Take up what `snapshot` gave. Raises ValueError on bytes of another kind or network."""
        self._memory, vehicles = load(data, self._memory, self._network)
        self._ids, self._fleets, self._free_slots = vehicles
        self._slot_of = {name: slot for slot, name in enumerate(self._ids) if name is not None}

    def warm_up(self) -> None:
        """Compile all kernels."""
        self._step(records(FIX, 0), float("-inf"), is_last=False)

    def _fixes(self, batch: pa.RecordBatch) -> Records:
        fixes = records(FIX, batch.num_rows)
        if not batch.num_rows:
            return fixes
        fixes["slot"], fixes["is_bus"] = self._slots_of(batch)
        millis = batch.column("event_time").cast(_TIME).cast(pa.int64())
        fixes["time"] = millis.to_numpy(zero_copy_only=False) / 1000.0
        x, y = self._plane.to_metres(
            batch.column("longitude").to_numpy(zero_copy_only=False),
            batch.column("latitude").to_numpy(zero_copy_only=False),
        )
        is_placed = np.isfinite(x) & np.isfinite(y)
        fixes["x"], fixes["y"] = np.where(is_placed, x, _NOWHERE), np.where(is_placed, y, _NOWHERE)
        fixes["speed_mps"] = _floats(batch, "speed_kmh") / 3.6
        fixes["heading_rad"] = np.radians(_floats(batch, "heading_deg"))
        fixes["tag"] = -1
        if "row" in batch.schema.names:
            fixes["tag"] = batch.column("row").to_numpy(zero_copy_only=False)
        return fixes

    def _step(self, fixes: Records, now: float, *, is_last: bool) -> MatchOutput:
        needed, free = len(fixes) + 1, int(self._memory.free_count[0])
        if free < needed:
            size = len(self._memory.pool)
            self._memory = with_pool(self._memory, size + max(needed - free, size // 2))
        parts: list[MatchOutput] = []
        total = len(self._ids)
        expired = np.empty(total, np.int32)
        fix, slot = 0, 0
        gone: list[int] = []
        while True:
            fix, slot, count = step(
                self._city, self._memory, fix, fixes, slot, total, now, is_last, expired
            )
            gone.extend(expired[:count].tolist())
            parts.append(self._written())
            if fix == len(fixes) and slot == total:
                break
        for slot in gone:
            self._forget(slot)
        return parts[0] if len(parts) == 1 else joined(parts)

    def _forget(self, slot: int) -> None:
        vehicle = self._ids[slot]
        if vehicle is not None:
            del self._slot_of[vehicle]
        self._ids[slot] = None
        self._free_slots.append(slot)

    def _slots_of(self, batch: pa.RecordBatch) -> tuple[Array, Array]:
        """Give each row's slot, new ones for vehicles not yet known, and whether it is a bus."""
        encoded = batch.column("vehicle_id").dictionary_encode()
        codes = encoded.indices.to_numpy()
        fleets = batch.column("fleet").dictionary_encode()
        names = fleets.dictionary.to_pylist()
        fleet_codes = fleets.indices.to_numpy(zero_copy_only=False)
        _, first_rows = np.unique(codes, return_index=True)
        ids = encoded.dictionary.to_pylist()
        slot_of = self._slot_of
        table = np.empty(len(ids), np.int32)
        for code, vehicle in enumerate(ids):
            slot = slot_of.get(vehicle)
            if slot is None:
                slot = self._new_slot(vehicle, names[fleet_codes[first_rows[code]]])
            table[code] = slot
        is_bus = np.array([name == "bus" for name in names], np.uint8)
        return table[codes], is_bus[fleet_codes]

    def _new_slot(self, vehicle: str, fleet: str) -> int:
        if not self._free_slots:
            old = len(self._ids)
            capacity = old + max(64, old // 2)
            self._memory = with_slots(self._memory, capacity)
            self._ids.extend([None] * (capacity - old))
            self._fleets.extend([""] * (capacity - old))
            self._free_slots = list(range(capacity - 1, old - 1, -1))
        slot = self._free_slots.pop()
        self._slot_of[vehicle] = slot
        self._ids[slot] = vehicle
        self._fleets[slot] = fleet
        return slot

    def _written(self) -> MatchOutput:
        """Turn what the kernels wrote into batches."""
        rows, written = self._memory, self._memory.written
        matched, progress, traversals, breaks = (int(n) for n in written)
        used = np.unique(
            np.concatenate(
                [
                    np.ascontiguousarray(rows.matched["slot"][:matched]),
                    np.ascontiguousarray(rows.progress["slot"][:progress]),
                    np.ascontiguousarray(rows.traversals["slot"][:traversals]),
                    np.ascontiguousarray(rows.breaks["slot"][:breaks]),
                ]
            )
        )
        place = np.zeros(len(self._ids), np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        ids = pa.array([self._ids[s] for s in used.tolist()], pa.string())
        fleets = pa.array([self._fleets[s] for s in used.tolist()], pa.string())

        def named(names: pa.Array, slots: Array) -> pa.Array:
            return names.take(pa.array(place[slots]))

        output = MatchOutput(
            self._matched(named, ids, matched),
            pa.RecordBatch.from_arrays(
                [
                    named(ids, np.ascontiguousarray(rows.progress["slot"][:progress])),
                    named(fleets, np.ascontiguousarray(rows.progress["slot"][:progress])),
                    pa.array(np.ascontiguousarray(rows.progress["segment"][:progress])),
                    pa.array(np.ascontiguousarray(rows.progress["enter"][:progress])),
                    pa.array(np.ascontiguousarray(rows.progress["exit"][:progress])),
                    pa.array(np.ascontiguousarray(rows.progress["enter_offset"][:progress])),
                    pa.array(np.ascontiguousarray(rows.progress["exit_offset"][:progress])),
                ],
                schema=PROGRESS,
            ),
            pa.RecordBatch.from_arrays(
                [
                    named(ids, np.ascontiguousarray(rows.traversals["slot"][:traversals])),
                    self._segment_ids.take(
                        pa.array(np.ascontiguousarray(rows.traversals["segment"][:traversals]))
                    ),
                    _times(np.ascontiguousarray(rows.traversals["enter"][:traversals])),
                    _times(np.ascontiguousarray(rows.traversals["exit"][:traversals])),
                    pa.array(
                        np.ascontiguousarray(rows.traversals["is_complete"][:traversals]).astype(
                            bool
                        )
                    ),
                    named(fleets, np.ascontiguousarray(rows.traversals["slot"][:traversals])),
                    pa.array(np.ascontiguousarray(rows.traversals["enter_offset"][:traversals])),
                    pa.array(np.ascontiguousarray(rows.traversals["exit_offset"][:traversals])),
                ],
                schema=TRAVERSALS,
            ),
            pa.RecordBatch.from_arrays(
                [
                    named(ids, np.ascontiguousarray(rows.breaks["slot"][:breaks])),
                    _times(np.ascontiguousarray(rows.breaks["since"][:breaks])),
                    _times(np.ascontiguousarray(rows.breaks["time"][:breaks])),
                    pa.array(BREAK_REASONS, pa.string()).take(
                        pa.array(np.ascontiguousarray(rows.breaks["reason"][:breaks]))
                    ),
                ],
                schema=BREAKS,
            ),
        )
        written[:] = 0
        return output

    def _matched(
        self, named: Callable[[pa.Array, Array], pa.Array], ids: pa.Array, count: int
    ) -> pa.RecordBatch:
        rows = self._memory
        segments = np.ascontiguousarray(rows.matched["segment"][:count])
        is_unmatched = segments < 0
        longitude, latitude = self._plane.to_degrees(
            np.ascontiguousarray(rows.matched["x"][:count]),
            np.ascontiguousarray(rows.matched["y"][:count]),
        )
        return pa.RecordBatch.from_arrays(
            [
                named(ids, np.ascontiguousarray(rows.matched["slot"][:count])),
                _times(np.ascontiguousarray(rows.matched["time"][:count])),
                self._segment_ids.take(pa.array(segments, mask=is_unmatched)),
                pa.array(np.ascontiguousarray(rows.matched["offset"][:count]), mask=is_unmatched),
                pa.array(longitude, mask=is_unmatched),
                pa.array(latitude, mask=is_unmatched),
                pa.array(UNMATCHED_REASONS, pa.string()).take(
                    pa.array(
                        np.ascontiguousarray(rows.matched["reason"][:count]), mask=~is_unmatched
                    )
                ),
                pa.array(np.ascontiguousarray(rows.matched["tag"][:count])),
            ],
            schema=MATCHED,
        )


def _floats(batch: pa.RecordBatch, name: str) -> Array:
    """Give a float column with NaN where it is null or absent."""
    if name not in batch.schema.names:
        return np.full(batch.num_rows, np.nan, np.float32)
    return batch.column(name).to_numpy(zero_copy_only=False).astype(np.float32)


def _times(seconds: Array) -> pa.Array:
    is_missing = np.isnan(seconds)
    millis = np.rint(np.where(is_missing, 0.0, seconds) * 1000.0).astype(np.int64)
    return pa.array(millis, mask=is_missing).cast(pa.timestamp("ms")).cast(_TIME)


def joined(parts: list[MatchOutput]) -> MatchOutput:
    """Give several outputs as one."""
    return MatchOutput(
        *(
            pa.concat_batches([getattr(part, name) for part in parts])
            for name in ("matched", "progress", "traversals", "breaks")
        )
    )
