"""Do many detectors stop in the same minutes? Their gateway does so, traffic does not."""

from typing import Annotated

import msgspec
import numpy as np

from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds

Minutes = Annotated[int, msgspec.Meta(ge=1, le=1440)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=100_000)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=2, le=1_000_000)]


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many detectors of a region that stop in the same minutes are a gateway's fault."""

    least_detectors: Count = 20
    """Fewer are none. Unit: count. Source: chosen, more than one junction has."""
    within_minutes: Minutes = 2
    """Detectors that are held have stopped together if they began to be within so long. Unit: min.
    Source: chosen, a message or two; the queue of a closed freeway grows by 600 m meanwhile."""
    held_minutes: Minutes = 3
    """So long each has been occupied throughout without a vehicle. Unit: min. Source: chosen,
    longer than a red."""
    held_share: Share = 0.1
    """They are so many of those that report. Unit: share. Source: at most 0.033 on eleven simulated
    recordings and at two signals in Oregon."""
    held_at_once_share: Share = 0.5
    """Where they are so many, a minute of it will do. Unit: share. Source: chosen."""
    empty_minutes: Minutes = 3
    """For so long no vehicle came. Unit: min. Source: chosen, longer than a red."""
    empty_vehicles: Vehicles = 60.0
    """So many were due meanwhile, by the flow of each detector. Unit: count. Source: chosen, by
    chance not one in 10^20 times."""
    empty_share: Share = 0.02
    """No more than this share of them came. Unit: share. Source: chosen, one that a clock moved
    into these minutes."""
    repeat_minutes: Minutes = 3
    """So often in a row detectors that measure vehicles sent their record of before again. Unit:
    count. Source: chosen."""
    repeat_share: Share = 0.6
    """They are so many of those that measure vehicles. Unit: share. Source: on eleven simulated
    recordings at most 0.01, and 0.29 where occupancies are whole percents and speeds are absent."""
    repeat_at_once_share: Share = 0.9
    """Where they are so many, once will do. Unit: share. Source: chosen, as repeat_share."""


class _GatewayState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    arrays: dict[str, Floats]


class Gateway:
    """Remembers of each detector since when it does the same, and who stopped with many others.

    One that did is not believed until it does something else. Three things are told apart: held
    without a vehicle, no vehicle anywhere, and the same record again.
    """

    def __init__(self, count: int, settings: GatewaySettings | None = None) -> None:
        self._settings = settings or GatewaySettings()
        names = ("held_with", "empty_with", "repeat_with", "empty_since", "repeat_since")
        self.state: dict[str, Floats] = {name: np.zeros(count) for name in names}
        for name in ("held_since", "count", "occupancy", "speed"):
            self.state[name] = np.full(count, np.nan)
        self.state["runs"] = np.zeros(3)  # minutes empty, vehicles due in them, records repeated

    def step(
        self, minute_start: Seconds, readings: MinuteReadings, is_held: Flags, flow: Floats
    ) -> None:
        """Take the readings that ended in a minute; `is_held` ones were occupied throughout.

        `flow` is how many vehicles a minute each detector counted before; 0 where it is not known.
        """
        has_reported = readings.has_reported
        if not has_reported.any():
            return
        minutes = np.ones(len(flow))
        if readings.longest_s is not None:
            minutes = np.maximum(readings.longest_s / MINUTE_S, 1.0)
        end = minute_start + MINUTE_S
        self._step_held(end, has_reported, is_held, minutes)
        self._step_empty(minute_start, readings, is_held, flow * minutes)
        self._step_repeated(minute_start, readings)

    def begin_day(self) -> None:
        """Forget all."""
        fresh = Gateway(len(self.state["count"]), self._settings)
        self.state = fresh.state

    @property
    def is_held(self) -> Flags:
        """Which detectors are occupied without a vehicle since they stopped with others."""
        return np.asarray(self.state["held_with"] > 0)

    @property
    def is_empty(self) -> Flags:
        """Which detectors count nothing since no vehicle came anywhere."""
        return np.asarray(self.state["empty_with"] > 0)

    @property
    def is_repeating(self) -> Flags:
        """Which detectors send one record again and again since many others began to."""
        return np.asarray(self.state["repeat_with"] > 0)

    def found(self) -> Flags:
        """Give which detectors are not believed for any of the three."""
        return self.is_held | self.is_empty | self.is_repeating

    def evidence(self, detector: int) -> tuple[Seconds, str]:
        """Give since when a detector stopped, and what was seen of it, for a person."""
        for name, words in (
            ("held", "occupied without a vehicle"),
            ("empty", "without a vehicle"),
            ("repeat", "the same record"),
        ):
            others = self.state[f"{name}_with"][detector] - 1.0
            if others >= 0:
                since = float(self.state[f"{name}_since"][detector])
                return since, f"{words} since the same minutes as {others:.0f} others"
        raise ValueError(f"detector {detector} did not stop with others")

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_GatewayState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _GatewayState(self.state)).arrays

    def _step_held(
        self, end: Seconds, has_reported: Flags, is_held: Flags, minutes: Floats
    ) -> None:
        state, settings = self.state, self._settings
        begin = np.where(np.isnan(state["held_since"]), end - MINUTE_S * minutes,
                         state["held_since"])  # fmt: skip
        since = np.where(has_reported, np.where(is_held, begin, np.nan), state["held_since"])
        state["held_since"] = since
        state["held_with"] = np.where(has_reported & ~is_held, 0.0, state["held_with"])
        most, within = np.zeros(len(since)), MINUTE_S * settings.within_minutes
        for last in np.unique(since[is_held]):
            is_near = is_held & (since > last - within) & (since <= last)
            is_long = is_near & (end - since >= MINUTE_S * settings.held_minutes)
            for which, share in (
                (is_long, settings.held_share),
                (is_near, settings.held_at_once_share),
            ):
                if which.sum() >= max(share * has_reported.sum(), settings.least_detectors):
                    most[which] = np.maximum(most[which], which.sum())
        state["held_with"] = np.maximum(state["held_with"], most)

    def _step_empty(
        self, minute_start: Seconds, readings: MinuteReadings, is_held: Flags, due: Floats
    ) -> None:
        state, settings = self.state, self._settings
        has_counted, counts = np.isfinite(readings.counts), np.nan_to_num(readings.counts)
        state["empty_with"] = np.where(counts > 0, 0.0, state["empty_with"])
        expected = float(due[has_counted].sum())
        is_nobody = expected > 0 and counts.sum() <= settings.empty_share * expected
        if not is_nobody:
            state["runs"][:2] = 0.0
            return
        state["runs"][:2] += 1.0, expected
        is_empty = has_counted & (counts == 0) & ~is_held
        if (
            state["runs"][0] < settings.empty_minutes
            or state["runs"][1] < settings.empty_vehicles
            or is_empty.sum() < settings.least_detectors
        ):
            return
        is_new = is_empty & (state["empty_with"] == 0)
        since = minute_start - MINUTE_S * (state["runs"][0] - 1.0)
        state["empty_since"] = np.where(is_new, since, state["empty_since"])
        state["empty_with"] = np.where(is_new, is_empty.sum(), state["empty_with"])

    def _step_repeated(self, minute_start: Seconds, readings: MinuteReadings) -> None:
        state, settings = self.state, self._settings
        sent = {
            "count": readings.counts,
            "occupancy": readings.occupancies,
            "speed": readings.speeds,
        }
        is_same, has_reported = np.ones(len(readings.counts), np.bool_), readings.has_reported
        for name, values in sent.items():
            before = state[name]
            is_same &= (values == before) | (np.isnan(values) & np.isnan(before))
            state[name] = np.where(has_reported, values, before)
        is_same &= has_reported
        state["repeat_with"] = np.where(has_reported & ~is_same, 0.0, state["repeat_with"])
        has_passed = np.where(np.isnan(readings.counts), readings.speeds > 0, readings.counts > 0)
        many, of = int((is_same & has_passed).sum()), int(has_passed.sum())
        if many < max(settings.repeat_share * of, settings.least_detectors):
            state["runs"][2] = 0.0
            return
        state["runs"][2] += 1.0
        is_plain = many >= settings.repeat_at_once_share * of
        if state["runs"][2] < settings.repeat_minutes and not is_plain:
            return
        is_new = is_same & (state["repeat_with"] == 0)
        since = minute_start - MINUTE_S * (state["runs"][2] - 1.0)
        state["repeat_since"] = np.where(is_new, since, state["repeat_since"])
        state["repeat_with"] = np.where(is_new, is_same.sum(), state["repeat_with"])
