"""Hot spots: queues that last, each with a life from opening to clearing."""

from typing import Literal

import msgspec

from congestion.queues.find import Queues
from congestion.queues.history import QueueMinute
from congestion.queues.hotspot_settings import HotSpotSettings
from ingest.kernels.arrays import Flags
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Metres, Seconds

Change = Literal["open", "updated", "cleared"]


BLIND_S = 600.0
"""After so long without a minute in which anything was seen nobody knows whether a queue is the one
of before. Unit: s. Source: chosen, twice the minutes in which a hot spot opens."""


class HotSpot(msgspec.Struct, frozen=True):
    """A queue that lasts; segments by their index in the network, head first."""

    root: int
    onset: Seconds  # start of the first minute of the queue
    minute: Seconds
    change: Change
    members: tuple[int, ...]
    length_m: Metres
    delay_veh_h: float  # lost since the onset
    loop: tuple[int, ...] = ()  # where it has closed into a loop for minutes: the loop's members


class _Life(msgspec.Struct):
    root: int
    onset: float
    stepped: float  # the last minute
    minutes_long: int = 0
    minutes_short: int = 0
    published_length_m: float = 0.0  # 0: not yet published
    delay_veh_h: float = 0.0
    members: tuple[int, ...] = ()
    minutes_closed: int = 0  # in a row in which it was a loop
    minutes_cut: int = 0  # in a row since it was one
    loop: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.published_length_m > 0.0


class _HotSpotsState(SavedState, frozen=True):
    SCHEMA_VERSION = 5

    lives: list[_Life]


class HotSpots:
    """Remembers the life of every queue under way; forgets one once it is cleared.

    A queue is the same from minute to minute while its head stays, or moves to a segment that was
    in it, and no more than BLIND_S are left out between. Minutes must come in order.
    """

    def __init__(self, settings: HotSpotSettings | None = None) -> None:
        self._settings = settings or HotSpotSettings()
        self._lives: list[_Life] = []

    def step(self, minute: QueueMinute, is_unsure: Flags | None = None) -> list[HotSpot]:
        """Take a minute's queues; give the hot spots that opened, changed or cleared in it.

        `is_unsure` marks those of n segments whose sensors may be wrong; None: of none they are.
        """
        queues = minute.queues
        published: list[HotSpot] = []
        taken: set[int] = set()
        lives: list[_Life] = []
        now = minute.minute_start
        old = [life for life in self._lives if now - life.stepped > BLIND_S]
        published += [_spot(life, now, "cleared", 0.0) for life in old if life.is_open]
        for life in self._lives:
            if life in old:
                continue
            queue = _find(life, queues, taken)
            if queue is not None:
                taken.add(queue)
            if self._carry_on(life, minute, queue, published, is_unsure):
                lives.append(life)
        for queue in range(len(queues)):
            if queue not in taken and queues.length_m[queue] >= self._settings.clear_length_m:
                life = _Life(int(queues.roots[queue]), float(minute.onset[queue]), now)
                self._carry_on(life, minute, queue, published, is_unsure)
                lives.append(life)
        self._lives = lives
        return published

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_HotSpotsState(self._lives))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._lives = unpack(data, _HotSpotsState(self._lives)).lives

    def _carry_on(
        self,
        life: _Life,
        now: QueueMinute,
        queue: int | None,
        published: list[HotSpot],
        is_unsure: Flags | None,
    ) -> bool:
        """Carry one life on by a minute and add what is published; give whether it goes on."""
        settings, queues, minute = self._settings, now.queues, now.minute_start
        length, life.stepped = 0.0, minute
        if queue is not None:
            length = float(queues.length_m[queue])
            life.root = int(queues.roots[queue])
            life.members = tuple(queues.members_of(queue).tolist())
            life.delay_veh_h += float(now.delay_veh_h[queues.members_of(queue)].sum())
        is_news = self._follow_loop(life, now, queue)
        life.minutes_long = life.minutes_long + 1 if length >= settings.open_length_m else 0
        life.minutes_short = life.minutes_short + 1 if length < settings.clear_length_m else 0
        is_open = life.is_open
        if life.minutes_short >= (settings.clear_minutes if is_open else 1):
            if is_open:
                published.append(_spot(life, minute, "cleared", length))
            return False
        open_minutes = settings.open_minutes
        if is_unsure is not None and is_unsure[list(life.members)].all():
            open_minutes += settings.unsure_minutes
        if not is_open and life.minutes_long >= open_minutes:
            published.append(_spot(life, minute, "open", length))
            life.published_length_m = length
        elif is_open and length > 0.0:
            change = abs(length - life.published_length_m) / life.published_length_m
            if change >= settings.update_share or is_news:
                published.append(_spot(life, minute, "updated", length))
                life.published_length_m = length
        return True

    def _follow_loop(self, life: _Life, now: QueueMinute, queue: int | None) -> bool:
        """Follow whether a life's queue closes into a loop; give whether that is news."""
        was, least = life.loop, self._settings.loop_minutes
        ring = () if queue is None else now.loops.get(life.root, ())
        life.minutes_closed = life.minutes_closed + 1 if ring else 0
        life.minutes_cut = 0 if ring else life.minutes_cut + 1
        if life.minutes_closed >= least:
            life.loop = ring
        elif life.minutes_cut >= self._settings.clear_minutes:
            life.loop = ()
        return bool(was) != bool(life.loop)


def _find(life: _Life, queues: Queues, taken: set[int]) -> int | None:
    for segment in (life.root, *life.members):
        queue = queues.queue_of(segment)
        if queue is not None and queue not in taken:
            return queue
    return None


def _spot(life: _Life, minute: Seconds, change: Change, length_m: Metres) -> HotSpot:
    return HotSpot(
        root=life.root,
        onset=life.onset,
        minute=minute,
        change=change,
        members=life.members,
        length_m=length_m,
        delay_veh_h=life.delay_veh_h,
        loop=life.loop,
    )
