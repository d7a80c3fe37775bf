"""Refuses a fix that cannot be true beside those of its vehicle before it."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.checks.check import HIGHEST_SPEED_KMH
from ingest.checks.vehicle_slots import VehicleSlots
from ingest.frames import FIXES
from ingest.kernels import cleaning as kernel
from ingest.refusals import Reason
from ingest.units import Metres, MetresPerSecond, Seconds

SNAPSHOT_VERSION = 1

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
    """When a fix cannot be true beside those of its vehicle before it."""

    late_s: Annotated[Seconds, msgspec.Meta(ge=0.0, le=86_400.0)] = 60.0
    """How far behind the announced watermark a fix may still come. Unit: s. Source: chosen, nearly
    twice the longest delay in the recordings of shanghai-core (34 s)."""
    skew_s: Annotated[Seconds, msgspec.Meta(ge=0.0, le=86_400.0)] = 30.0
    """How far a vehicle's clock may run ahead of its fix's arrival. Unit: s. Source: chosen; a
    receiver with a fix knows the time, so more is a clock that was never set."""
    highest_speed: Annotated[MetresPerSecond, msgspec.Meta(gt=0.0, le=1000.0)] = 60.0
    """A fix further from the last than slack_m and this speed allow has jumped. Unit: m/s. Source:
    chosen; 216 km/h, faster than a bus or a taxi drives."""
    slack_m: Annotated[Metres, msgspec.Meta(ge=0.0, le=100_000.0)] = 400.0
    """Metres beyond highest_speed that are not a jump. Unit: m. Source: chosen; two positions that
    are each off by an outlier between tall buildings, 200 m."""
    relocate_count: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    """So many jumped fixes in a row that agree with one another move the vehicle. Unit: count.
    Source: chosen; two may be one outlier that lasts, three are a vehicle that is there."""
    forget_s: Annotated[Seconds, msgspec.Meta(gt=0.0, le=86_400.0)] = 1800.0
    """A vehicle without a used fix for so long starts afresh. Unit: s. Source: chosen; in half an
    hour it may be anywhere in the city."""


@dataclass(frozen=True)
class CleanFixes:
    """What came of one batch.

    `batch` holds the used rows in their order. `reasons` (dictionary of strings, one a row that
    came in) is null where the row is used. `blanked_count` rows are used without their speed or
    heading, which could not be true.
    """

    batch: pa.RecordBatch
    reasons: pa.DictionaryArray
    blanked_count: int

    def refused_counts(self) -> dict[str, int]:
        """Give how many rows were refused for each reason."""
        counts = np.bincount(self.reasons.indices.drop_null().to_numpy(), minlength=1)
        words = self.reasons.dictionary.to_pylist()
        return {words[place]: int(counts[place]) for place in np.flatnonzero(counts)}


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
        is_used = codes == kernel.USED
        used = batch if is_used.all() else batch.filter(pa.array(is_used))
        indices = pa.array(np.maximum(codes - 1, 0), mask=is_used)
        reasons = pa.DictionaryArray.from_arrays(indices, _REASON_WORDS)
        blanked, blanked_count = _blank_implausible(used)
        return CleanFixes(blanked, reasons, blanked_count)

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
