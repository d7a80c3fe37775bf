"""Ticks of regions that wait for the other regions', to be decided in the order of time."""

from typing import Annotated

from ingest.saved_state import SAME, SavedState, pack, unpack
from ingest.units import Seconds
from streams.stages.city_minute import CityTick
from streams.stages.minute_header import TickHeader


class _WaitingTicksState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    region_count: Annotated[int, SAME]
    latest: dict[int, float]
    waiting: list[TickHeader]


class WaitingTicks:
    """Remembers each region's last tick, and the ticks that are not decided. Each is taken once."""

    def __init__(self, region_count: int) -> None:
        self._region_count = region_count
        self._latest: dict[int, float] = {}
        self._waiting: dict[float, list[TickHeader]] = {}

    def add(self, header: TickHeader) -> bool:
        """Take a region's tick; tells whether it is no repeat."""
        latest = self._latest.get(header.region)
        if latest is not None and header.tick <= latest:
            return False
        self._latest[header.region] = header.tick
        self._waiting.setdefault(header.tick, []).append(header)
        return True

    def whole(self, until: Seconds) -> list[CityTick]:
        """Give the ticks that all regions have sent, of times before `until`, and forget them."""
        if len(self._latest) < self._region_count:
            return []
        last = min(self._latest.values())
        return self._take([t for t in self._waiting if t <= last and self._time(t) < until])

    def before(self, until: Seconds) -> list[CityTick]:
        """Give all ticks of event times before `until`, and forget them."""
        return self._take([tick for tick in self._waiting if self._time(tick) < until])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._latest, self._waiting = state.latest, {}
        for header in state.waiting:
            self._waiting.setdefault(header.tick, []).append(header)

    def _time(self, tick: Seconds) -> Seconds:
        return max(header.event_time for header in self._waiting[tick])

    def _take(self, ticks: list[Seconds]) -> list[CityTick]:
        found = []
        for tick in sorted(ticks):
            time = self._time(tick)
            parts = sorted(self._waiting.pop(tick), key=lambda header: header.region)
            found.append(CityTick(tick, time, [s for part in parts for s in part.sightings]))
        return found

    def _state(self) -> _WaitingTicksState:
        waiting = [header for parts in self._waiting.values() for header in parts]
        return _WaitingTicksState(self._region_count, self._latest, waiting)
