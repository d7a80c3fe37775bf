"""Fixes of a vehicle against those before it: the ones that cannot be true get a reason."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.checks.vehicle_slots import VehicleSlots
from ingest.frames import FIXES
from ingest.kernels import cleaning as kernel
from ingest.refusals import Reason
from ingest.units import Metres, MetresPerSecond, Seconds

SNAPSHOT_VERSION = 1
HIGHEST_SPEED_KMH = 250.0

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


class CleaningSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a fix cannot be true.

    `late_s`: how far behind the announced watermark a fix may still come, if it is in order for
    its vehicle. `skew_s`: how far a vehicle's clock may run ahead of its arrival. `highest_speed`
    and `slack_m`: a fix further than slack + speed * time from the last one jumped; the slack
    covers two positions both off by an urban outlier. `relocate_count`: so many jumped fixes in a
    row that agree move the vehicle. `forget_s`: a vehicle unheard of for so long starts afresh.
    """

    late_s: Annotated[Seconds, msgspec.Meta(ge=0.0, le=86_400.0)] = 60.0
    skew_s: Annotated[Seconds, msgspec.Meta(ge=0.0, le=86_400.0)] = 30.0
    highest_speed: Annotated[MetresPerSecond, msgspec.Meta(gt=0.0, le=1000.0)] = 60.0
    slack_m: Annotated[Metres, msgspec.Meta(ge=0.0, le=100_000.0)] = 400.0
    relocate_count: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    forget_s: Annotated[Seconds, msgspec.Meta(gt=0.0, le=86_400.0)] = 1800.0


@dataclass(frozen=True)
class CleanFixes:
    """What came of one batch.

    `batch` holds the used rows in their order, `kept_rows` (int64) their places in the batch that
    came in, `reasons` (dictionary of strings, one per row that came in) is null where used.
    `blanked_count` rows were used without a speed or heading that could not be true.
    """

    batch: pa.RecordBatch
    kept_rows: NDArray[np.int64]
    reasons: pa.DictionaryArray
    blanked_count: int

    def refused_counts(self) -> dict[str, int]:
        """Give how many rows were refused for each reason."""
        counts = np.bincount(self.reasons.indices.drop_null().to_numpy(), minlength=1)
        words = self.reasons.dictionary.to_pylist()
        return {words[place]: int(counts[place]) for place in np.flatnonzero(counts)}


class FixCleaner:
    """Tells which fixes of each vehicle are used, taken in arrival order.

    Remembers per vehicle the last used fix and the last that jumped, and the last two watermarks.
    Forgets a vehicle some time after the watermark is `late_s + forget_s` past its last used fix.
    The answer depends on the rows of each vehicle in their order and on the watermarks, not on
    where batches end: a fix is late against the watermark announced before its own batch's.
    """

    def __init__(self, settings: CleaningSettings | None = None) -> None:
        self._settings = settings or CleaningSettings()
        self._vehicles = VehicleSlots()
        self._announced = -np.inf
        self._current = -np.inf

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
        kept_rows = np.flatnonzero(codes == kernel.USED)
        if len(kept_rows) < batch.num_rows:
            used = batch.filter(pa.array(codes == kernel.USED))
        else:
            used = batch
        indices = pa.array(np.maximum(codes - 1, 0), mask=codes == kernel.USED)
        reasons = pa.DictionaryArray.from_arrays(indices, _REASON_WORDS)
        blanked, blanked_count = _blank_implausible(used)
        return CleanFixes(blanked, kept_rows, reasons, blanked_count)

    def snapshot(self) -> bytes:
        """Give everything remembered, as bytes that `restore` takes."""
        state = _State(SNAPSHOT_VERSION, self._announced, self._current, self._vehicles.dump())
        return msgspec.msgpack.encode(state)

    def restore(self, data: bytes) -> None:
        """Take up what `snapshot` gave. Raises ValueError on bytes of another kind or version."""
        try:
            state = msgspec.msgpack.decode(data, type=_State)
        except msgspec.MsgspecError as error:
            raise ValueError(f"not a cleaner snapshot: {error}") from error
        if state.version != SNAPSHOT_VERSION:
            raise ValueError(f"cleaner snapshot version {state.version}, not {SNAPSHOT_VERSION}")
        self._vehicles = VehicleSlots.load(state.vehicles)
        self._announced, self._current = state.announced, state.current

    def warm_up(self) -> None:
        """Compile the kernel."""
        row = {"vehicle_id": "warm-up", "fleet": "taxi", "event_time": 0, "arrival_time": 0}
        row |= {"longitude": 0.0, "latitude": 0.0}
        FixCleaner(self._settings).clean(pa.RecordBatch.from_pylist([row], schema=FIXES))

    def _advance(self, watermark: float | None) -> None:
        if watermark is None or watermark <= self._current:
            return
        self._announced, self._current = self._current, watermark
        # No fix that is not late can come within forget_s of these, so forgetting them is unseen.
        settings = self._settings
        self._vehicles.forget_before(self._announced - settings.late_s - settings.forget_s)

    def _walk(self, batch: pa.RecordBatch, codes: NDArray[np.int8]) -> None:
        for name in ("vehicle_id", "event_time", "arrival_time", "longitude", "latitude"):
            if batch.column(name).null_count:
                raise ValueError(f"fixes column {name!r} holds nulls, expected none")
        slots = self._vehicles.slots_of(batch.column("vehicle_id"))
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
            self._vehicles.last,
            self._vehicles.other,
            self._vehicles.other_counts,
            codes,
        )


class _State(msgspec.Struct, array_like=True):
    version: int
    announced: float
    current: float
    vehicles: bytes


def _blank_implausible(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
    """Give the batch with NaN for speeds and headings that cannot be, and how many rows had one."""
    is_blanked = np.zeros(batch.num_rows, np.bool_)
    for name, highest in (("speed_kmh", HIGHEST_SPEED_KMH), ("heading_deg", 360.0)):
        column = batch.column(name)
        values = (column.fill_null(np.nan) if column.null_count else column).to_numpy()
        bad = (values < 0.0) | (values > highest)
        if column.null_count or bad.any():
            index = batch.schema.get_field_index(name)
            blanked = pa.array(np.where(bad, np.float32(np.nan), values), column.type)
            batch = batch.set_column(index, batch.schema.field(index), blanked)
            is_blanked |= bad
    return batch, int(is_blanked.sum())


def _seconds(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    return np.ascontiguousarray(batch.column(name).view(pa.int64()).to_numpy() / 1000.0)


def _degrees(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    return np.array(batch.column(name).to_numpy(), np.float64)
