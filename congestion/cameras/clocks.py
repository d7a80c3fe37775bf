"""How far each camera's clock is off, from the plates it shares with the cameras around it."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np

from congestion.cameras.clock_settings import CameraClockSettings
from ingest.kernels.arrays import Floats, Int64s
from ingest.saved_state import GROWS, SAME, SavedState, pack, unpack
from ingest.units import Seconds

_CLASS_S = 10.0
"""Width of a class of times between two cameras. Unit: s. Source: chosen, a sixth of the least
offset that is found."""
_MOST_S = 900.0
"""Times farther than this from those of a free city are of a stop, and not counted. Unit: s.
Source: chosen, a quarter of an hour."""
_CLASSES = int(2 * _MOST_S / _CLASS_S)
_WINDOW = 6
"""The commonest time is that of the densest window of so many classes. Unit: classes. Source:
chosen, a minute."""
_SWEEPS = 30
"""After so many sweeps over the cameras the offsets are taken as they are. Unit: count. Source:
chosen, a few are enough."""
_SETTLED_S = 1.0
"""Offsets that move by less in a sweep have settled. Unit: s. Source: chosen, below what is
found."""
_AGREED = 3
"""So many neighbours bear out an offset of a camera that has them on one side only. Unit: count.
Source: chosen, two may share a jam."""
_AGREEMENT_S = 30.0
"""They must agree as nearly as this. Unit: s. Source: chosen, a red."""


class _CameraClocksState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    cameras: Annotated[list[str], SAME]
    pairs: Annotated[Int64s, GROWS]  # p x 2, cameras by their place
    times: Annotated[Floats, GROWS]  # p x classes
    offset_s: Floats


class CameraClocks:
    """Remembers how long vehicles seemed to take between cameras, and the offsets that explain it.

    Between right clocks the commonest time beyond that in a free city is about the same everywhere:
    some seconds at signals. A clock that is ahead makes all times towards it longer and all times
    from it shorter by its offset; a jam before the camera only does the former. The offset of each
    camera in turn is the median of those by its neighbours, until nothing moves; the city's median
    offset is 0. Vehicles may come in any order within a step.
    """

    def __init__(self, cameras: Sequence[str], settings: CameraClockSettings | None = None) -> None:
        self._settings = settings or CameraClockSettings()
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
        pairs, beyond_s, weights = self._commonest()
        offsets = np.zeros(len(self.cameras))
        if len(pairs):
            beyond_s = beyond_s - _median(beyond_s, weights)
            _settle(pairs, beyond_s, weights, offsets)
        is_off = np.abs(offsets) >= self._settings.least_offset_s
        for camera in np.flatnonzero(is_off).tolist():
            is_off[camera] = _is_borne_out(camera, pairs, beyond_s - offsets[pairs[:, 1]], offsets)
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

    def _commonest(self) -> tuple[Int64s, Floats, Floats]:
        """Give the pairs that can be compared, their commonest time, and the vehicles behind it."""
        settings = self._settings
        pairs, beyond_s, weights = [], [], []
        for pair in sorted(self._times):
            times = self._times[pair]
            dense = np.convolve(times, np.ones(_WINDOW), "valid")
            first = int(dense.argmax())
            count = float(dense[first])
            if count < settings.least_vehicles or count < settings.least_share * times.sum():
                continue
            middles = (first + np.arange(_WINDOW) + 0.5) * _CLASS_S - _MOST_S
            pairs.append(pair)
            beyond_s.append(float(middles @ times[first : first + _WINDOW]) / count)
            weights.append(count)
        return np.array(pairs, np.int64).reshape(-1, 2), np.array(beyond_s), np.array(weights)


def _settle(pairs: Int64s, beyond_s: Floats, weights: Floats, offsets: Floats) -> None:
    """Give each camera, in place, the median of its offsets by its neighbours, in turn."""
    at = np.concatenate([pairs[:, 1], pairs[:, 0]])
    of = np.concatenate([pairs[:, 0], pairs[:, 1]])
    by = np.concatenate([beyond_s, -beyond_s])
    weight = np.concatenate([weights, weights])
    rows = {camera: np.flatnonzero(at == camera) for camera in np.unique(at).tolist()}
    # The cameras with most neighbours come first: their offsets are the surest.
    order = sorted(rows, key=lambda camera: (-len(rows[camera]), camera))
    for _ in range(_SWEEPS):
        before = offsets.copy()
        for camera in order:
            mine = rows[camera]
            offsets[camera] = _median(offsets[of[mine]] + by[mine], weight[mine])
        offsets[order] -= np.median(offsets[order])
        if np.abs(offsets - before).max() < _SETTLED_S:
            return


def _is_borne_out(camera: int, pairs: Int64s, left: Floats, offsets: Floats) -> bool:
    """Tell whether the times towards a camera and those from it bear an offset out.

    `left` is each pair's commonest time less the offset of the camera driven to. An offset that
    half of the pairs on one side contradict is due to traffic. A camera at the edge of the city has
    pairs on one side only: then `_AGREED` of them must show vehicles that are too quick by the
    same, for no traffic makes them so.
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
