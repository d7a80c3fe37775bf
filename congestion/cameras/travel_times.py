"""Travel times from camera to camera, by plate hash."""

from statistics import median
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.cameras.clocks import CameraClocks
from congestion.cameras.paths import CameraPath, CameraPaths
from congestion.cameras.travel_time_settings import TravelTimeSettings
from congestion.records import CameraClock, PathTime
from congestion.region import Region
from ingest.approaches import UNKNOWN, Approach
from ingest.kernels.arrays import Floats
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import Seconds

_CLOCKS_EVERY_S = 300.0
"""How often the clocks are judged anew. Unit: s. Source: chosen, a clock goes wrong for hours."""
_FIRST_RATIO = 1.3
"""A path's mean time before the first vehicle, over its free time. Unit: ratio. Source: chosen,
some delay at signals."""


class _Pair(msgspec.Struct):
    """Mean and variance of log time between two approaches, and how many strays came in a row.

    `strays` is positive for strays that were too slow, negative for those that were too quick.
    """

    log_mean: float
    variance: float
    strays: int = 0


class _TravelTimesState(SavedState, frozen=True):
    SCHEMA_VERSION = 3

    approaches: Annotated[list[Approach], SAME]
    seen: dict[str, list[tuple[int, float]]]
    pairs: list[tuple[int, int, _Pair]]
    clocks: bytes


class TravelTimes:
    """Remembers where each plate was seen, the usual times between cameras, and their clocks.

    Minutes come in order. A plate is forgotten `longest_s` after it was seen. A misread or unread
    plate matches nothing. Times are by the cameras' clocks until a clock is known to be off.
    """

    def __init__(self, region: Region, settings: TravelTimeSettings | None = None) -> None:
        self._settings = settings or TravelTimeSettings()
        self._region = region
        self._paths = CameraPaths(region)
        cameras = sorted({approach.camera_id for approach in region.approaches})
        self._clocks = CameraClocks(cameras, self._settings.clocks)
        self._camera = [cameras.index(approach.camera_id) for approach in region.approaches]
        self._seen: dict[str, list[tuple[int, float]]] = {}
        self._pairs: dict[tuple[int, int], _Pair] = {}
        self._ways: dict[tuple[int, int], CameraPath | None] = {}
        self._quickest: dict[tuple[int, int], tuple[bool, float] | None] = {}

    def clocks_off(self) -> list[CameraClock]:
        """Give the cameras whose clocks are off."""
        return [CameraClock(camera, offset) for camera, offset in self._clocks.off().items()]

    def step(self, minute_start: Seconds, events: pa.Table) -> list[PathTime]:
        """Take a minute's events and give the believed times of the vehicles that arrived."""
        passes = events.filter(
            pc.and_(pc.equal(events["kind"], "pass"), pc.is_valid(events["plate_hash"]))
        )
        times: dict[tuple[int, int], list[float]] = {}
        for approach, second, plate in self._in_order(passes):
            seen = self._seen.setdefault(plate, [])
            self._compare_clocks(approach, second, seen)
            found = self._time(approach, second, seen)
            if found is not None:
                pair, seconds = found
                if self._is_usual(pair, seconds):
                    times.setdefault(pair, []).append(seconds)
            seen.append((approach, second))
        self._forget(minute_start - self._settings.longest_s)
        if minute_start % _CLOCKS_EVERY_S == 0.0:
            self._clocks.estimate()
        return [self._path_time(minute_start, pair, found) for pair, found in sorted(times.items())]

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._clocks = restored(self._clocks, state.clocks)
        self._seen = state.seen
        self._pairs = {(come, go): pair for come, go, pair in state.pairs}

    def _state(self) -> _TravelTimesState:
        pairs = [(come, go, pair) for (come, go), pair in sorted(self._pairs.items())]
        approaches = list(self._region.approaches)
        return _TravelTimesState(approaches, self._seen, pairs, self._clocks.snapshot())

    def _in_order(self, passes: pa.Table) -> list[tuple[int, float, str]]:
        places = self._region.approach_index.places(passes).tolist()
        seconds = passes["event_time"].cast(pa.int64()).to_numpy() / 1000.0
        columns = (
            places,
            seconds.tolist(),
            pc.fill_null(passes["lane"], -1).to_pylist(),
            pc.fill_null(passes["speed_kmh"], -1.0).to_pylist(),
            passes["plate_hash"].to_pylist(),
        )
        known = [row for row in zip(*columns, strict=True) if row[0] != UNKNOWN]
        # Who passes at once comes by lane and speed. A plate's hash would order them otherwise in
        # each run, since its key is drawn anew.
        known.sort(key=lambda row: (row[1], row[0], row[2], row[3]))
        return [(place, second, plate) for place, second, _, _, plate in known]

    def _way(self, come: int, go: int) -> CameraPath | None:
        if (come, go) not in self._ways:
            segments = self._region.camera_segment
            self._ways[come, go] = self._paths.path(int(segments[come]), int(segments[go]))
        return self._ways[come, go]

    def _compare_clocks(self, approach: int, second: float, seen: list[tuple[int, float]]) -> None:
        """Compare this camera's clock with that of every camera that saw the plate.

        The vehicle is taken to have driven the way that is the quicker one in a free city.
        """
        camera = self._camera[approach]
        for other, then in seen:
            before = self._camera[other]
            quickest = None if before == camera else self._quickest_way(other, approach)
            if quickest is not None:
                is_there, free_s = quickest
                if is_there:
                    self._clocks.add(before, camera, second - then - free_s)
                else:
                    self._clocks.add(camera, before, then - second - free_s)

    def _quickest_way(self, one: int, other: int) -> tuple[bool, float] | None:
        """Give whether the way from one approach to the other is the quicker, and what that takes.

        The way back if it is not; None where neither is near.
        """
        if (one, other) not in self._quickest:
            come, go = (int(self._region.camera_segment[place]) for place in (one, other))
            there, back = self._paths.free_s(come, go), self._paths.free_s(go, come)
            found = None
            if there is not None and (back is None or there < back):
                found = True, there
            elif back is not None:
                found = False, back
            self._quickest[one, other] = found
        return self._quickest[one, other]

    def _time(
        self, approach: int, second: float, seen: list[tuple[int, float]]
    ) -> tuple[tuple[int, int], float] | None:
        """Give the time since the last camera that saw this plate before, by right clocks."""
        now = second - self._clocks.offset_s[self._camera[approach]]
        thens = [(t - self._clocks.offset_s[self._camera[other]], other) for other, t in seen]
        before = [(t, other) for t, other in thens if t < now]
        if not before:
            return None
        then, come = max(before)
        way = self._way(come, approach)
        seconds = float(now - then)
        if way is None or not (
            self._settings.least_share * way.free_s <= seconds <= self._settings.longest_s
        ):
            return None
        return (come, approach), seconds

    def _is_usual(self, pair: tuple[int, int], seconds: float) -> bool:
        """Tell whether a time lies in its pair's window, and carry the window on."""
        settings, log_time = self._settings, float(np.log(seconds))
        known = self._pairs.get(pair)
        if known is None:
            way = self._way(*pair)
            assert way is not None
            known = _Pair(float(np.log(_FIRST_RATIO * way.free_s)), settings.first_sigma**2)
            self._pairs[pair] = known
        sigma = max(settings.least_sigma, known.variance**0.5)
        beyond = (log_time - known.log_mean) / (settings.window_sigmas * sigma)
        if abs(beyond) > 1.0:
            side = 1 if beyond > 0 else -1
            known.strays = known.strays + side if known.strays * side > 0 else side
            if abs(known.strays) < settings.turns_after:
                return False
        known.strays = 0
        change = settings.smoothing * (log_time - known.log_mean)
        known.variance = (1.0 - settings.smoothing) * (
            known.variance + change * (log_time - known.log_mean)
        )
        known.log_mean += change
        return True

    def _forget(self, before: Seconds) -> None:
        for plate in [p for p, seen in self._seen.items() if seen[0][1] < before]:
            recent = [sight for sight in self._seen[plate] if sight[1] >= before]
            if recent:
                self._seen[plate] = recent
            else:
                del self._seen[plate]

    def _path_time(self, minute: Seconds, pair: tuple[int, int], found: list[float]) -> PathTime:
        way = self._way(*pair)
        assert way is not None
        middle = median(found)
        return PathTime(
            minute_start=minute,
            from_approach=str(self._region.approaches[pair[0]]),
            to_approach=str(self._region.approaches[pair[1]]),
            segment_ids=tuple(self._region.segment_ids[s] for s in way.segments.tolist()),
            length_m=way.length_m,
            travel_time_s=middle,
            vehicle_count=len(found),
            segment_times_s=tuple(spread(middle, way.segment_free_s).round(1).tolist()),
        )


def spread(path_time_s: Seconds, expected_s: Floats) -> Floats:
    """Give each segment of a path its share of the time, as its expected time is of the path's."""
    return path_time_s * expected_s / float(expected_s.sum())
