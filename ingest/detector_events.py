"""On and off events of detectors: their schema, and what a run of minutes adds up to.

An on is a vehicle that came onto the sensor, an off one that left it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.kernels.arrays import Flags, Floats

Rows = npt.NDArray[np.int64]

DETECTOR_EVENTS = pa.schema(
    [
        ("detector_id", pa.string()),
        ("event_time", pa.timestamp("ms", tz="UTC")),
        ("is_on", pa.bool_()),
    ]
)
INTERVAL_S = 60
"""What a reading made of events is of. Unit: s. Source: chosen, the minute of states."""
INTERVAL_MS = 1000 * INTERVAL_S
_DOUBLED_MS = 100
"""Two ons, or two offs, of one sensor within this are one event sent twice. Unit: ms. Source:
chosen, half of the shortest time between two ons of 66,743 at two signals in Oregon (2024)."""
LONGEST_HOLD_MS = 15 * INTERVAL_MS
"""Where an on has no off for so long the off may as well be lost. Unit: ms. Source: chosen; a
vehicle stands on one spot through some reds of the longest signals (4 minutes). Whether the
detector hangs is for `congestion.detectors.health` to find, by its neighbours."""
_FASTEST_MPS = 70.0
"""No vehicle is faster. Unit: m/s. Source: chosen."""
_SLOWEST_MPS = 1.0
"""A slower vehicle is not timed: another may have come between. Unit: m/s. Source: chosen; two
sensors 5 m apart, one vehicle in 5 s."""
FORGET_MINUTES = 360
"""A sensor silent for so long is forgotten; until then its minutes are empty. Unit: min. Source:
chosen; a street at night."""


class Events(NamedTuple):
    """Events of sensors by number, sorted by sensor and time. `is_carried`: of a minute before."""

    sensor: Rows
    time_ms: Rows
    is_on: Flags
    is_carried: Flags

    def only(self, which: Flags | Rows) -> "Events":
        """Give the events for which it is true, or those at these places."""
        return Events(
            self.sensor[which], self.time_ms[which], self.is_on[which], self.is_carried[which]
        )


class Paired(NamedTuple):
    """Events in order, each once, with what follows each; times in ms since 1970 UTC."""

    events: Events
    is_last: Flags  # of its sensor
    next_ms: Rows  # time of the sensor's next event; of the last one undefined
    is_held: Flags  # ons that an off follows, or nothing yet
    is_unpaired: Flags  # ons that an on follows, offs that no on precedes
    doubled_count: int


def pair(events: Events) -> Paired:
    """Sort events, leave out those sent twice, and find which on goes with which off."""
    order = np.lexsort((events.is_on, events.time_ms, events.sensor))
    events = _off_after_on(events.only(order))
    same, kind = events.sensor[1:] == events.sensor[:-1], events.is_on[1:] == events.is_on[:-1]
    is_doubled = np.zeros(len(events.sensor), np.bool_)
    is_doubled[1:] = same & kind & (np.diff(events.time_ms) <= _DOUBLED_MS)
    events = events.only(~is_doubled)
    count = len(events.sensor)
    same = events.sensor[1:] == events.sensor[:-1]
    is_last, follows_on = np.ones(count, np.bool_), np.zeros(count, np.bool_)
    before_off = np.zeros(count, np.bool_)
    next_ms = np.zeros(count, np.int64)
    is_last[:-1] = ~same
    follows_on[1:] = same & events.is_on[:-1]
    before_off[:-1] = same & ~events.is_on[1:]
    next_ms[:-1] = events.time_ms[1:]
    is_held = events.is_on & (before_off | is_last)
    lost_off = events.is_on & ~before_off & ~is_last
    lost_on = ~events.is_on & ~follows_on & ~events.is_carried
    return Paired(events, is_last, next_ms, is_held, lost_off | lost_on, int(is_doubled.sum()))


def _off_after_on(events: Events) -> Events:
    """Give sorted events with an on before the off of the same time where no vehicle was there.

    Otherwise the off comes first: one vehicle left as the next one came.
    """
    sensor, time, is_on, _ = events
    tie = (sensor[1:] == sensor[:-1]) & (time[1:] == time[:-1]) & is_on[1:] & ~is_on[:-1]
    follows_on = np.zeros(len(tie), np.bool_)
    follows_on[1:] = (sensor[1:-1] == sensor[:-2]) & is_on[:-2]
    at = np.flatnonzero(tie & ~follows_on)
    swapped = np.arange(len(sensor))
    swapped[at], swapped[at + 1] = at + 1, at
    return events.only(swapped)


def occupied_ms(paired: Paired, first: int, minutes: int, sensors: int) -> Floats:
    """Give how long each of the sensors was held in each of the minutes from the first one on.

    From each on to its off, or to the end of the run if none came. Of an on whose off was lost,
    whole minutes until the next on; how much of that one's minute is not known. NaN in minutes that
    an on reaches into which came more than LONGEST_HOLD_MS before.
    """
    events, held = paired.events, np.zeros((sensors, minutes))
    begin, end = first * INTERVAL_MS, (first + minutes) * INTERVAL_MS
    until = np.where(paired.is_held, paired.next_ms, paired.next_ms // INTERVAL_MS * INTERVAL_MS)
    until = np.where(paired.is_last, end, until)
    start = np.maximum(events.time_ms, begin)
    doubtful = np.maximum(events.time_ms + LONGEST_HOLD_MS, begin)
    at = np.flatnonzero(events.is_on & (until > start))
    _hold(held, events.sensor[at], start[at] - begin, until[at] - begin)
    at, in_doubt = np.flatnonzero(events.is_on & (until > doubtful)), np.zeros_like(held)
    _hold(in_doubt, events.sensor[at], doubtful[at] - begin, until[at] - begin)
    return np.where(in_doubt > 0.0, np.nan, held)


def _hold(held_ms: Floats, sensor: Rows, on_ms: Rows, off_ms: Rows) -> None:
    """Add, in place, to each minute of a sensor how long it was held between on and off."""
    first, last = on_ms // INTERVAL_MS, (off_ms - 1) // INTERVAL_MS
    spans = last - first + 1
    row = np.repeat(np.arange(len(sensor)), spans)
    minute = np.arange(len(row)) - np.repeat(np.cumsum(spans) - spans, spans) + first[row]
    start = np.maximum(on_ms[row], minute * INTERVAL_MS)
    stop = np.minimum(off_ms[row], (minute + 1) * INTERVAL_MS)
    np.add.at(held_ms, (sensor[row], minute), stop - start)


def spot_speeds(
    events: Events, lead: Rows, lead_m: Floats, last_on_ms: Rows
) -> tuple[Rows, Rows, Floats]:
    """Give sensor, time (ms) and speed (m/s) of each vehicle that a pair of sensors timed.

    `lead` is the number of the sensor that stands `lead_m` upstream of each sensor, -1 where none
    does; `last_on_ms` each sensor's last on before the events. Speed = spacing over the time from
    the leading sensor's latest on to this one's, each of them used once.
    """
    ons = events.only(events.is_on & ~events.is_carried)
    known = np.flatnonzero(last_on_ms >= 0)
    # One number orders by sensor, then time: 2^42 ms reach into the year 2109.
    before = np.r_[(known << 42) | last_on_ms[known], (ons.sensor << 42) | ons.time_ms]
    before.sort()
    mine = np.flatnonzero(lead[ons.sensor] >= 0)
    of, time = ons.sensor[mine], ons.time_ms[mine]
    place = np.searchsorted(before, (lead[of] << 42) | time) - 1
    found = before[np.maximum(place, 0)]
    led_ms = found & ((1 << 42) - 1)
    previous_ms = last_on_ms[of]
    previous_ms[1:] = np.where(of[1:] == of[:-1], time[:-1], previous_ms[1:])
    passed_s = (time - led_ms) / 1000.0
    with np.errstate(divide="ignore"):
        speed = lead_m[of] / passed_s
    is_timed = (place >= 0) & (found >> 42 == lead[of]) & (led_ms > previous_ms)
    is_timed &= (speed >= _SLOWEST_MPS) & (speed <= _FASTEST_MPS)
    return of[is_timed], time[is_timed], speed[is_timed]


def counts_and_speeds(
    events: Events, first: int, minutes: int, lead: Rows, lead_m: Floats, last_on_ms: Rows
) -> tuple[Floats, Floats]:
    """Give the vehicles that came, and the mean speed (m/s) of those timed; sensor x minute.

    `lead`, `lead_m` and `last_on_ms` are as for `spot_speeds`. The speed is NaN where none was
    timed.
    """
    came = events.only(events.is_on & ~events.is_carried)
    shape = len(lead), minutes
    counts, timed, summed = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(counts, (came.sensor, came.time_ms // INTERVAL_MS - first), 1.0)
    if (lead >= 0).any():
        sensor, time_ms, speed = spot_speeds(events, lead, lead_m, last_on_ms)
        at = sensor, time_ms // INTERVAL_MS - first
        np.add.at(timed, at, 1.0)
        np.add.at(summed, at, speed)
    with np.errstate(invalid="ignore"):
        return counts, summed / timed


def unpaired_counts(paired: Paired, first: int, minutes: int, sensors: int) -> Floats:
    """Give how many events turned out to lack their other half; sensor x minute.

    An on whose off was lost turns out to be one when the next on comes.
    """
    at, events = np.flatnonzero(paired.is_unpaired), paired.events
    found_ms = np.where(events.is_on, paired.next_ms, events.time_ms)[at]
    counts = np.zeros((sensors, minutes))
    np.add.at(counts, (events.sensor[at], found_ms // INTERVAL_MS - first), 1.0)
    return counts


def known_minutes(events: Events, first: int, minutes: int, sensors: int) -> Flags:
    """Give which minutes each sensor is known in: from its first event until it is forgotten."""
    spoke = np.full((sensors, minutes), -FORGET_MINUTES - 1, np.int64)
    minute = events.time_ms // INTERVAL_MS
    np.maximum.at(spoke, (events.sensor, np.maximum(minute - first, 0)), minute)
    number = np.arange(first, first + minutes)
    return np.asarray(number - np.maximum.accumulate(spoke, axis=1) < FORGET_MINUTES)
