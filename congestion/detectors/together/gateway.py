"""Do many detectors turn odd within minutes? Their gateway does so, traffic does not."""

from typing import NamedTuple

import numpy as np

from congestion.detectors.together.lengths import OtherLengths
from congestion.detectors.together.many import began_within, many_together, note_new
from congestion.detectors.together.repeats import Repeats
from congestion.detectors.together.settings import GatewaySettings
from congestion.seen.readings import AgainstProbes, MinuteReadings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import MINUTE_S, Seconds

CRAWL_KEPT = 0.8
"""The minutes in which probes crawled fade by this share from minute to minute. Unit: share.
Source: chosen, so that three in a row are 2.4."""


class Due(NamedTuple):
    """What each of d detectors should have counted by a minute."""

    flow: Floats  # vehicles a minute before it fell silent; 0 where not known
    lost: Floats  # vehicles that it must have missed since its last one, at least
    silent_minutes: Floats  # since its last vehicle


class _GatewayState(SavedState, frozen=True):
    SCHEMA_VERSION = 3

    arrays: dict[str, Floats]
    repeats: bytes
    lengths: bytes


class Gateway:
    """Remembers of each detector since when it is odd, and who turned so with many others.

    One that did is not believed until it does something else. Told apart: held without a vehicle,
    no vehicle, the same record again, and vehicles of another length, which is another unit of
    speed. Where probes crawl a detector is held by a queue.
    """

    def __init__(self, count: int, settings: GatewaySettings | None = None) -> None:
        self._settings = settings or GatewaySettings()
        names = ("held_with", "many", "since", "crawls")
        self.state: dict[str, Floats] = {name: np.zeros(count) for name in names}
        self.state["held_since"] = np.full(count, np.nan)
        self.state["nobody"] = np.zeros(2)  # minutes without a vehicle anywhere, and those due
        self._repeats = Repeats(count, self._settings)
        self._lengths = OtherLengths(count, self._settings)

    def step(
        self,
        minute_start: Seconds,
        readings: MinuteReadings,
        due: Due,
        against_probes: AgainstProbes | None = None,
    ) -> None:
        """Take the readings that ended in a minute; what was `due` is known from before it."""
        if not readings.has_reported.any():
            return
        minutes = np.ones(len(due.flow))
        if readings.longest_s is not None:
            minutes = np.maximum(readings.longest_s / MINUTE_S, 1.0)
        end, counts = minute_start + MINUTE_S, np.nan_to_num(readings.counts)
        is_held = np.nan_to_num(readings.occupancies) >= self._settings.held_occupancy
        is_held &= counts == 0
        is_held &= ~((readings.speeds > 0) & np.isnan(readings.counts))
        crawls = self.state["crawls"]
        crawls *= CRAWL_KEPT
        if against_probes is not None:
            crawls += np.isfinite(against_probes.jammed)
            crawls[np.isfinite(against_probes.free)] = 0.0
        self._step_held(end, readings.has_reported, is_held, minutes)
        self._step_empty(minute_start, readings, is_held, due, minutes)
        self._repeats.step(minute_start, readings)
        self._lengths.step(minute_start, readings)

    def begin_day(self) -> None:
        """Forget all."""
        fresh = Gateway(len(self.state["held_with"]), self._settings)
        self.state, self._repeats, self._lengths = fresh.state, fresh._repeats, fresh._lengths

    @property
    def is_held(self) -> Flags:
        """Which detectors are occupied without a vehicle since they stopped with others."""
        return np.asarray(self.state["held_with"] > 0)

    @property
    def is_empty(self) -> Flags:
        """Which detectors count nothing since they fell silent with others, or all did."""
        return np.asarray(self.state["many"] > 0)

    @property
    def is_repeating(self) -> Flags:
        """Which detectors send one record again and again since many others began to."""
        return self._repeats.found

    @property
    def is_other_length(self) -> Flags:
        """Which detectors tell vehicles of another length since many others began to."""
        return self._lengths.found

    @property
    def has_doubted_speed(self) -> Flags:
        """Which detectors may tell speeds in another unit, since many began to."""
        return self._lengths.doubted

    def found(self) -> Flags:
        """Give which detectors are not believed for any of these."""
        return self.is_held | self.is_empty | self.is_repeating | self.is_other_length

    def evidence(self, detector: int) -> tuple[Seconds, str]:
        """Give since when a detector is odd, and what was seen of it, for a person."""
        state, repeats, lengths = self.state, self._repeats.state, self._lengths.state
        for many, since, words in (
            (state["held_with"], state["held_since"], "occupied without a vehicle"),
            (state["many"], state["since"], "without a vehicle"),
            (repeats["many"], repeats["since"], "the same record"),
            (lengths["many"], lengths["since"], "another unit of speed"),
        ):
            if many[detector] > 0:
                words = f"{words} since the same minutes as {many[detector] - 1.0:.0f} others"
                return float(since[detector]), words
        raise ValueError(f"detector {detector} did not turn odd with others")

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_GatewayState(self.state, self._repeats.snapshot(), self._lengths.snapshot()))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(
            data, _GatewayState(self.state, self._repeats.snapshot(), self._lengths.snapshot())
        )
        self._repeats, self._lengths = (
            restored(self._repeats, state.repeats),
            restored(self._lengths, state.lengths),
        )
        self.state = state.arrays

    def _step_held(
        self, end: Seconds, has_reported: Flags, is_held: Flags, minutes: Floats
    ) -> None:
        state, settings = self.state, self._settings
        crawls = state["crawls"] >= settings.crawled_minutes
        began = end - MINUTE_S * minutes
        begin = np.where(np.isnan(state["held_since"]), began, state["held_since"])
        since = np.where(has_reported, np.where(is_held, begin, np.nan), state["held_since"])
        state["held_since"] = since
        state["held_with"][(has_reported & ~is_held) | crawls] = 0.0
        reporting, odd = int(has_reported.sum()), is_held & ~crawls
        is_long = odd & (end - since >= MINUTE_S * settings.held_minutes)
        most = np.maximum(
            many_together(since, is_long, reporting, settings),
            began_within(since, odd, MINUTE_S * settings.within_minutes,
                         max(settings.held_at_once_share * reporting, settings.least_detectors)),
        )  # fmt: skip
        state["held_with"] = np.maximum(state["held_with"], most)

    def _step_empty(
        self,
        minute_start: Seconds,
        readings: MinuteReadings,
        is_held: Flags,
        due: Due,
        minutes: Floats,
    ) -> None:
        state, settings = self.state, self._settings
        has_counted, counts = np.isfinite(readings.counts), np.nan_to_num(readings.counts)
        state["many"][counts > 0] = 0.0
        is_empty = has_counted & (counts == 0) & ~is_held
        since = minute_start - MINUTE_S * due.silent_minutes
        misses = is_empty & (due.lost >= settings.lost_vehicles)
        many = many_together(since, misses, int(has_counted.sum()), settings)
        nobody_since = self._nobody_since(minute_start, due.flow * minutes, counts, has_counted)
        if nobody_since is not None and is_empty.sum() >= settings.least_detectors:
            many = np.where(is_empty, is_empty.sum(), many)
            since = np.where(is_empty, nobody_since, since)
        note_new(state, many, since)

    def _nobody_since(
        self, minute_start: Seconds, flow: Floats, counts: Floats, has_counted: Flags
    ) -> Seconds | None:
        """Give since when no vehicle comes anywhere though some were due; None where they come."""
        nobody, settings = self.state["nobody"], self._settings
        expected = float(flow[has_counted].sum())
        if not expected > 0 or counts.sum() > settings.empty_share * expected:
            nobody[:] = 0.0
            return None
        nobody += 1.0, expected
        if nobody[0] < settings.empty_minutes or nobody[1] < settings.empty_vehicles:
            return None
        return float(minute_start - MINUTE_S * (nobody[0] - 1.0))
