"""Refuses a fix that cannot be true beside those of its vehicle before it."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.checks.cleaning_settings import CleaningSettings
from ingest.frames import FIXES
from ingest.kernels import cleaning as kernel
from ingest.kernels.arrays import Floats, Int32s
from ingest.recorded.arrivals import AHEAD_S
from ingest.refusals import Reason
from ingest.saved_state import GROWS, SavedState, pack, restored, unpack
from ingest.units import Seconds
from ingest.vehicle_slots import VehicleSlots

SWEEP_EVERY_S = 600.0
"""How often vehicles long unseen are looked for. Unit: s. Source: chosen; it is a pass over all."""

_REASONS: dict[int, Reason] = {
    kernel.LATE: Reason.LATE,
    kernel.CLOCK_SKEW: Reason.CLOCK_SKEW,
    kernel.DUPLICATE: Reason.DUPLICATE,
    kernel.SAME_TIME: Reason.SAME_TIME,
    kernel.OUT_OF_ORDER: Reason.OUT_OF_ORDER,
    kernel.JUMP: Reason.JUMP,
    kernel.TWO_DEVICES: Reason.TWO_DEVICES,
}
_REASON_WORDS = pa.array([_REASONS[code].value for code in sorted(_REASONS)])


@dataclass(frozen=True)
class CleanFixes:
    """What came of one batch.

    `batch` holds the used rows in their order. `reasons` (dictionary of strings, one a row that
    came in) is null where the row is used.
    """

    batch: pa.RecordBatch
    reasons: pa.DictionaryArray

    def refused_counts(self) -> dict[str, int]:
        """Give how many rows were refused for each reason."""
        counts = np.bincount(self.reasons.indices.drop_null().to_numpy(), minlength=1)
        words = self.reasons.dictionary.to_pylist()
        return {words[place]: int(counts[place]) for place in np.flatnonzero(counts)}


class _FixCleanerState(SavedState, frozen=True):
    """What is known of each slot's vehicle, and the last two watermarks.

    `last` and `other` (n x 3) are a time (s), a longitude and a latitude (deg), the time NaN where
    there is none; `other_counts` is n x 2.
    """

    SCHEMA_VERSION = 2

    vehicles: bytes
    last: Annotated[Floats, GROWS]
    other: Annotated[Floats, GROWS]
    other_counts: Annotated[Int32s, GROWS]
    announced: float
    current: float
    swept_to: float


class FixCleaner:
    """Says which fixes of each vehicle are used; takes them in the order of arrival.

    Remembers of each vehicle the last used fix and the last that jumped, and the last two
    watermarks. Forgets a vehicle some minutes after the watermark is `late_s + forget_s` past its
    last used fix. The answer depends on each vehicle's rows in their order and on the watermarks,
    not on where batches end: a fix is late against the watermark that came before its own batch's.
    """

    def __init__(self, settings: CleaningSettings | None = None) -> None:
        self._settings = settings or CleaningSettings()
        self._vehicles = VehicleSlots()
        self._last = self._other = np.empty((0, 3))
        self._other_counts = np.empty((0, 2), np.int32)
        self._make_room()
        self._announced = -np.inf
        self._current = -np.inf
        self._swept_to = -np.inf

    def __len__(self) -> int:
        return len(self._vehicles)

    def clean(self, batch: pa.RecordBatch, watermark: Seconds | None = None) -> CleanFixes:
        """Give the used fixes of a validated batch and why the others are not.

        `watermark` travels with the batch; None where its maker promises nothing.
        Raises ValueError where an id, a time or a position is null (validation refuses those).
        """
        self._advance(watermark)
        codes = np.empty(batch.num_rows, np.int8)
        if batch.num_rows:
            self._walk(batch, codes)
        is_used = codes == kernel.USED
        used = batch if is_used.all() else batch.filter(pa.array(is_used))
        indices = pa.array(np.maximum(codes - 1, 0), mask=is_used)
        reasons = pa.DictionaryArray.from_arrays(indices, _REASON_WORDS)
        return CleanFixes(used, reasons)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        vehicles = restored(self._vehicles, state.vehicles)
        sizes = {len(state.last), len(state.other), len(state.other_counts)}
        if sizes != {vehicles.slot_count}:
            raise ValueError(f"arrays of {sizes} rows, expected {vehicles.slot_count}")
        self._vehicles = vehicles
        self._last, self._other = state.last, state.other
        self._other_counts = state.other_counts
        self._announced, self._current = state.announced, state.current
        self._swept_to = state.swept_to

    def _state(self) -> _FixCleanerState:
        return _FixCleanerState(
            self._vehicles.snapshot(), self._last, self._other, self._other_counts,
            self._announced, self._current, self._swept_to,
        )  # fmt: skip

    def warm_up(self) -> None:
        """Compile the kernel."""
        row = {"vehicle_id": "warm-up", "fleet": "taxi", "event_time": 0, "arrival_time": 0}
        row |= {"longitude": 0.0, "latitude": 0.0}
        FixCleaner(self._settings).clean(pa.RecordBatch.from_pylist([row], schema=FIXES))

    def _advance(self, watermark: float | None) -> None:
        if watermark is None or watermark <= self._current:
            return
        # Before the first watermark none was announced: what is late by hours is late all the same.
        before = self._current if np.isfinite(self._current) else watermark - AHEAD_S
        self._announced, self._current = before, watermark
        # No fix that is not late can come within forget_s of these, so forgetting them is unseen.
        settings = self._settings
        self._forget_before(self._announced - settings.late_s - settings.forget_s)

    def _forget_before(self, time: Seconds) -> None:
        """Forget vehicles whose last used fix is older, now and then.

        A vehicle without a used fix is forgotten too: all its fixes were refused by rules that need
        no memory.
        """
        if time - self._swept_to < SWEEP_EVERY_S:
            return
        self._swept_to = time
        slots = self._vehicles.taken()
        old = slots[~(self._last[slots, 0] >= time)]
        self._vehicles.forget(old.tolist())
        self._last[old], self._other[old], self._other_counts[old] = np.nan, np.nan, 0

    def _make_room(self) -> None:
        """Give every slot its rows."""
        new = self._vehicles.slot_count - len(self._last)
        if new:
            self._last = np.concatenate([self._last, np.full((new, 3), np.nan)])
            self._other = np.concatenate([self._other, np.full((new, 3), np.nan)])
            more = np.zeros((new, 2), np.int32)
            self._other_counts = np.concatenate([self._other_counts, more])

    def _walk(self, batch: pa.RecordBatch, codes: NDArray[np.int8]) -> None:
        for name in ("vehicle_id", "event_time", "arrival_time", "longitude", "latitude"):
            if batch.column(name).null_count:
                raise ValueError(f"fixes column {name!r} holds nulls, expected none")
        slots, _ = self._vehicles.slots_of(batch.column("vehicle_id"))
        self._make_room()
        settings = self._settings
        kernel.clean_fixes(
            slots,
            _seconds(batch, "event_time"),
            _seconds(batch, "arrival_time"),
            _degrees(batch, "longitude"),
            _degrees(batch, "latitude"),
            float(self._announced - settings.late_s),
            settings.skew_s,
            settings.highest_speed,
            settings.slack_m,
            settings.forget_s,
            settings.relocate_count,
            self._last,
            self._other,
            self._other_counts,
            codes,
        )


def _seconds(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    return np.ascontiguousarray(batch.column(name).view(pa.int64()).to_numpy() / 1000.0)


def _degrees(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    return np.array(batch.column(name).to_numpy(), np.float64)
