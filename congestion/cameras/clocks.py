"""How far each camera's clock is off, from the plates it shares with the cameras around it."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np

from ingest.kernels.arrays import Floats, Int64s
from ingest.saved_state import GROWS, SAME, SavedState, pack, unpack
from ingest.units import Seconds

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_Count = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

# Times between two cameras beyond what a free city needs, in classes of 10 s to 15 minutes.
_CLASS_S, _MOST_S = 10.0, 900.0
_CLASSES = int(2 * _MOST_S / _CLASS_S)
_WINDOW = 6
_SWEEPS = 30
# So many cameras that say the same of one which they all lie on one side of, and how nearly.
_AGREED, _AGREEMENT_S = 3, 30.0


class ClockSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a clock is called off.

    Two cameras say something of each other once the densest minute of their vehicles' times holds
    `least_vehicles` and `least_share` of all. A clock is off from `least_offset_s` on: less is
    within what signals and distance leave open.
    """

    least_vehicles: _Count = 8.0
    least_share: _Share = 0.25
    least_offset_s: _Seconds = 60.0
    memory_vehicles: _Count = 200.0


class _CameraClocksState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    cameras: Annotated[list[str], SAME]
    pairs: Annotated[Int64s, GROWS]  # p x 2, cameras by their place
    times: Annotated[Floats, GROWS]  # p x classes
    offset_s: Floats


class CameraClocks:
    """Remembers how long vehicles seemed to take between cameras, and the offsets that explain it.

    Between right clocks the commonest time beyond the free one is about the same everywhere, some
    seconds at signals; a clock that is `o` ahead makes all times towards it longer by `o`, and all
    from it shorter, where a jam before the camera does the first only. Each camera's offset is the
    median of what its neighbours say, in turn until nothing moves, the city's median offset being
    0. Order of vehicles within a step is free.
    """

    def __init__(self, cameras: Sequence[str], settings: ClockSettings | None = None) -> None:
        self._settings = settings or ClockSettings()
        self.cameras = tuple(cameras)
        self._times: dict[tuple[int, int], Floats] = {}
        self.offset_s = np.zeros(len(self.cameras))

    def add(self, come: int, go: int, beyond_s: Seconds) -> None:
        """Take one vehicle's time from camera `come` to `go` beyond that in a free city."""
        if not -_MOST_S <= beyond_s < _MOST_S:
            return
        times = self._times.setdefault((come, go), np.zeros(_CLASSES))
        times[int((beyond_s + _MOST_S) // _CLASS_S)] += 1.0
        if times.sum() > self._settings.memory_vehicles:
            times *= 0.5

    def estimate(self) -> None:
        """Bring the offsets up to date."""
        pairs, said, weights = self._told()
        offsets = np.zeros(len(self.cameras))
        if len(pairs):
            said = said - _median(said, weights)
            _settle(pairs, said, weights, offsets)
        is_off = np.abs(offsets) >= self._settings.least_offset_s
        for camera in np.flatnonzero(is_off).tolist():
            is_off[camera] = _is_borne_out(camera, pairs, said - offsets[pairs[:, 1]], offsets)
        self.offset_s = np.where(is_off, offsets, 0.0)

    def off(self) -> dict[str, Seconds]:
        """Give the cameras whose clocks are off, by how much (ahead: positive)."""
        return {self.cameras[i]: float(self.offset_s[i]) for i in np.flatnonzero(self.offset_s)}

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        pairs = [(int(a), int(b)) for a, b in state.pairs.tolist()]
        self._times = dict(zip(pairs, state.times, strict=True))
        self.offset_s = state.offset_s

    def _state(self) -> _CameraClocksState:
        keys = sorted(self._times)
        times = np.array([self._times[key] for key in keys]).reshape(len(keys), _CLASSES)
        pairs = np.array(keys, np.int64).reshape(len(keys), 2)
        return _CameraClocksState(list(self.cameras), pairs, times, self.offset_s)

    def _told(self) -> tuple[Int64s, Floats, Floats]:
        """Give the pairs that say something, their commonest time, and the vehicles behind it."""
        settings = self._settings
        pairs, said, weights = [], [], []
        for pair in sorted(self._times):
            times = self._times[pair]
            dense = np.convolve(times, np.ones(_WINDOW), "valid")
            first = int(dense.argmax())
            count = float(dense[first])
            if count < settings.least_vehicles or count < settings.least_share * times.sum():
                continue
            middles = (first + np.arange(_WINDOW) + 0.5) * _CLASS_S - _MOST_S
            pairs.append(pair)
            said.append(float(middles @ times[first : first + _WINDOW]) / count)
            weights.append(count)
        return np.array(pairs, np.int64).reshape(-1, 2), np.array(said), np.array(weights)


def _settle(pairs: Int64s, said: Floats, weights: Floats, offsets: Floats) -> None:
    """Let each camera, in place, take the median of what its neighbours make of it."""
    at = np.concatenate([pairs[:, 1], pairs[:, 0]])
    of = np.concatenate([pairs[:, 0], pairs[:, 1]])
    by = np.concatenate([said, -said])
    weight = np.concatenate([weights, weights])
    rows = {camera: np.flatnonzero(at == camera) for camera in np.unique(at).tolist()}
    # Those with most neighbours first: they are the surest.
    order = sorted(rows, key=lambda camera: (-len(rows[camera]), camera))
    for _ in range(_SWEEPS):
        before = offsets.copy()
        for camera in order:
            mine = rows[camera]
            offsets[camera] = _median(offsets[of[mine]] + by[mine], weight[mine])
        offsets[order] -= np.median(offsets[order])
        if np.abs(offsets - before).max() < 1.0:
            return


def _is_borne_out(camera: int, pairs: Int64s, left: Floats, offsets: Floats) -> bool:
    """Tell whether the times towards a camera and those from it bear an offset out.

    `left` is what is said beyond the offset of the camera driven to. An offset that half of what
    one side says contradicts is traffic. Where one side says nothing (a camera at the edge of the
    city) `_AGREED` on the other must say that vehicles are too quick by the same: no traffic makes
    them so, and those who drove the other way round were not all as long on their way.
    """
    offset = offsets[camera]
    towards = (left + offsets[pairs[:, 0]])[pairs[:, 1] == camera] + offset
    onwards = offset - (left + offsets[pairs[:, 0]])[pairs[:, 0] == camera]
    if not len(towards) or not len(onwards):
        is_too_quick = offset < 0 if len(towards) else offset > 0
        side = np.r_[towards, onwards]
        agree = np.abs(side - offset) <= _AGREEMENT_S
        return bool(is_too_quick) and len(side) >= _AGREED and bool(agree.all())
    return all(np.median(side / offset) > 0.5 for side in (towards, onwards))


def _median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, 0.5 * reached[-1])])
