"""Which detectors can be believed: each one's readings tested against itself and others."""

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.observation import Heard
from congestion.packing import pack, unpack
from congestion.records import DetectorFault, Fault
from congestion.region import Region

Seconds = Annotated[float, "s"]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Ratio = Annotated[float, msgspec.Meta(ge=1, le=100)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FAULTS: tuple[Fault | None, ...] = (
    None, "no_data", "stuck_on", "stuck_off", "chatter", "constant", "too_short", "too_long",
)  # fmt: skip
"""Verdicts by code. `too_short`: vehicles seem half as long as elsewhere (counted double, or
occupancy told too low); `too_long`: occupancy told too high, or vehicles missed."""
NO_DATA, STUCK_ON, STUCK_OFF, CHATTER, CONSTANT, TOO_SHORT, TOO_LONG = range(1, 8)


class HealthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long and how far a detector may be strange (daily tests of Chen et al. 2003, made live).

    A stuck detector is told from a jam by its neighbours in the other lanes: beside moving traffic
    `stuck_minutes` are enough, else `stuck_alone_minutes`. It is stuck off when by its own earlier
    flow `missing_vehicles` should have passed while other lanes moved; what should have passed
    while none did counts `missing_alone_share`. Effective lengths (occupancy times speed over flow)
    are compared, as a share, with the median of all detectors (buses are over twice as
    long as cars, so much is allowed), and with the detector's own until then.
    """

    silent_minutes: Minutes = 10
    stuck_minutes: Minutes = 20
    stuck_alone_minutes: Minutes = 40
    stuck_occupancy: Share = 0.95
    missing_vehicles: Vehicles = 18.0
    missing_alone_share: Share = 0.3
    # Nobody follows closer than 1.5 s for a whole minute (HCM: 1.9 s at saturation).
    chatter_count: Vehicles = 40.0
    chatter_minutes: Minutes = 3
    constant_minutes: Minutes = 8
    least_length_share: Share = 0.65
    length_change: Ratio = 1.65
    most_length_share: Ratio = 2.8
    length_samples: Vehicles = 6.0


# Arrays of d each: minutes in a row that something was so; running means; the verdict.
_MEMORY = (
    "silent", "stuck_on", "constant", "chatter", "missing", "flow", "heard",
    "last_occupancy", "log_length", "own_log_length", "length_samples", "verdict", "since",
)  # fmt: skip
_FLOW_MINUTES = 60.0
_LENGTH_MEMORY = 10.0
_OWN_LENGTH_MEMORY = 500.0
_OWN_AFTER = 8.0
_OWN_SPREAD, _OWN_DOUBT = 1.2, 0.1
# Free traffic only: in a queue a standing vehicle makes every length too long.
_LENGTH_SPEED_MPS, _LENGTH_OCCUPANCY = 30.0 / 3.6, 0.25
_MOVING_MPS, _MOVING_OCCUPANCY = 15.0 / 3.6, 0.5
_ENOUGH_LENGTHS = 20


class DetectorHealth:
    """Remembers for each detector of a region how it has behaved; minutes must come in order."""

    def __init__(self, region: Region, settings: HealthSettings | None = None) -> None:
        self._settings = settings or HealthSettings()
        self._region = region
        self._ids = list(region.detector_place)
        self._now: dict[str, Floats] = {
            name: np.zeros(len(region.detector_segment)) for name in _MEMORY
        }

    @property
    def is_healthy(self) -> Flags:
        """Which detectors may be used."""
        return np.asarray(self._now["verdict"] == 0)

    def step(self, minute_start: Seconds, heard: Heard) -> list[DetectorFault]:
        """Take what was heard in a minute; give the faults that began or ended with it."""
        now, settings = self._now, self._settings
        spoke = np.isfinite(heard.counts)
        if not spoke.any():
            return []  # the feed is silent, not its detectors
        counts = np.where(spoke, heard.counts, 0.0)
        occupancies = np.where(spoke, heard.occupancies, 0.0)
        is_empty = spoke & (counts == 0) & (occupancies < 0.02)
        is_held = spoke & (occupancies >= settings.stuck_occupancy) & (counts <= 1)
        is_same = spoke & (occupancies > 0.0) & (occupancies == now["last_occupancy"]) & ~is_held
        _run(now["silent"], ~spoke, np.ones(len(spoke), np.bool_))
        _run(now["stuck_on"], is_held, spoke)
        _run(now["constant"], is_same, spoke)
        _run(now["chatter"], counts > settings.chatter_count, spoke)
        has_moving_lanes = self._moving_lanes(counts, occupancies, heard.speeds) > 0
        missed = now["flow"] * np.where(has_moving_lanes, 1.0, settings.missing_alone_share)
        now["missing"] = np.where(is_empty, now["missing"] + missed, now["missing"] * ~spoke)
        now["heard"] += spoke
        step = 1.0 / np.minimum(now["heard"] + 1.0, _FLOW_MINUTES)
        # A flow that has stopped is remembered, or a stuck detector would soon look usual.
        is_usual = spoke & (now["missing"] < settings.missing_vehicles / 6.0)
        now["flow"] += np.where(is_usual, step * (counts - now["flow"]), 0.0)
        now["last_occupancy"] = np.where(spoke, occupancies, now["last_occupancy"])
        self._measure_lengths(counts, occupancies, heard.speeds)
        return self._tell(minute_start, self._verdicts(has_moving_lanes))

    def snapshot(self) -> bytes:
        """Give what restore() needs."""
        return pack(self._now)

    def restore(self, data: bytes) -> None:
        """Take over a snapshot. Raises ValueError where it is of other detectors."""
        arrays = unpack(data)
        known = len(self._region.detector_segment)
        if set(arrays) != set(_MEMORY) or len(arrays["verdict"]) != known:
            raise ValueError(f"detector health of other detectors or version, expected {known}")
        self._now = arrays

    def _measure_lengths(self, counts: Floats, occupancies: Floats, speeds: Floats) -> None:
        now = self._now
        with np.errstate(invalid="ignore"):
            is_free = (counts >= 1) & (occupancies > 0) & (occupancies < _LENGTH_OCCUPANCY)
            is_free &= speeds > _LENGTH_SPEED_MPS
        length = occupancies[is_free] * 60.0 * speeds[is_free] / counts[is_free]
        now["length_samples"][is_free] += 1.0
        samples, log_length = now["length_samples"][is_free], np.log(length)
        recent, own = now["log_length"][is_free], now["own_log_length"][is_free]
        recent += (log_length - recent) / np.minimum(samples, _LENGTH_MEMORY)
        # What differs from the detector's own past must not become its past before it is told.
        is_usual = np.abs(recent - own) < np.log(_OWN_SPREAD)
        trust = np.where(is_usual | (samples < _OWN_AFTER), 1.0, _OWN_DOUBT)
        own += trust * (log_length - own) / np.minimum(samples, _OWN_LENGTH_MEMORY)
        now["log_length"][is_free], now["own_log_length"][is_free] = recent, own

    def _moving_lanes(self, counts: Floats, occupancies: Floats, speeds: Floats) -> Floats:
        """Give for each detector how many others of its segment see moving traffic."""
        with np.errstate(invalid="ignore"):
            moves = (counts > 0) & (speeds > _MOVING_MPS) & (occupancies < _MOVING_OCCUPANCY)
        at = self._region.detector_segment
        return np.asarray(np.bincount(at, moves, len(self._region))[at] - moves)

    def _verdicts(self, has_moving_lanes: Flags) -> npt.NDArray[np.int64]:
        now, settings = self._now, self._settings
        stuck = np.where(has_moving_lanes, settings.stuck_minutes, settings.stuck_alone_minutes)
        measured = now["length_samples"] >= settings.length_samples
        shares = np.ones(len(measured))
        if measured.sum() >= _ENOUGH_LENGTHS:
            shares = np.exp(now["log_length"] - np.median(now["log_length"][measured]))
        change = np.exp(now["log_length"] - now["own_log_length"])
        change[now["length_samples"] < _OWN_AFTER] = 1.0
        most = settings.length_change
        return np.select(
            [
                now["silent"] >= settings.silent_minutes,
                now["stuck_on"] >= stuck,
                now["missing"] >= settings.missing_vehicles,
                now["chatter"] >= settings.chatter_minutes,
                now["constant"] >= settings.constant_minutes,
                measured & ((shares < settings.least_length_share) | (change < 1.0 / most)),
                measured & ((shares > settings.most_length_share) | (change > most)),
            ],
            [NO_DATA, STUCK_ON, STUCK_OFF, CHATTER, CONSTANT, TOO_SHORT, TOO_LONG],
            0,
        )

    def _tell(self, minute_start: Seconds, verdicts: npt.NDArray[np.int64]) -> list[DetectorFault]:
        now, told = self._now, []
        for d in np.flatnonzero(verdicts != now["verdict"]).tolist():
            segment_id = self._region.segment_ids[self._region.detector_segment[d]]
            before, after = FAULTS[int(now["verdict"][d])], FAULTS[int(verdicts[d])]
            if before is not None:
                since = float(now["since"][d])
                told.append(DetectorFault(self._ids[d], segment_id, before, since, minute_start))
            if after is not None:
                told.append(DetectorFault(self._ids[d], segment_id, after, minute_start, None))
                now["since"][d] = minute_start
        now["verdict"] = verdicts.astype(np.float64)
        return told


def _run(length: Floats, holds: Flags, counts: Flags) -> None:
    """Carry on, in place, for how many minutes in a row something held; unheard ones stay."""
    length[:] = np.where(counts, np.where(holds, length + 1.0, 0.0), length)
