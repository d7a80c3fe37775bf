"""How much the alarms ask of the people who see to them: the measures of ISA-18.2."""

from collections import Counter
from collections.abc import Iterable

import msgspec
import numpy as np

from incidents.cases.table import BEGINNINGS
from incidents.records import Alert, State, seconds
from ingest.kernels.arrays import Floats
from ingest.units import Seconds

INTERVAL_S = 600.0
"""Alarms are counted in such intervals. Unit: s. Source: ANSI/ISA-18.2-2016, 16.5."""
FLOOD = 10
"""More alarms in an interval are a flood. Unit: count. Source: ANSI/ISA-18.2-2016, 16.5."""
STANDING_S = 86_400.0
"""An alarm that stands for longer is stale. Unit: s. Source: ANSI/ISA-18.2-2016, 16.5."""
FLAP_S = 600.0
"""A severity that was left and is back within this time flaps. Unit: s. Source: chosen, one of the
intervals."""
CHATTERS = 3
"""So many alarms of one place in FLAP_S are chatter. Unit: count. Source: chosen; the standard only
says often in a short time, and here none can return within minutes."""
MOST_SOURCES = 10
"""The most frequent sources are so many. Unit: count. Source: ANSI/ISA-18.2-2016, 16.5."""
AIMED_SHARES = {"top": 0.05, "middle": 0.15, "lower": 0.80}
"""Of alarms by severity: 4, 3, and 1 with 2. Unit: share. Source: ANSI/ISA-18.2-2016, 16.5, with
three priorities."""
ROUSES = (*BEGINNINGS, "seen_again", "reopen", "relapsed")
"""What happens to a case that calls somebody: it begins, or it is back."""
STANDING: frozenset[State] = frozenset(
    ("open", "updated", "acknowledged", "dispatched", "arrived", "clearing")
)
"""States of an alarm that somebody still has to see to."""
HOUR_S = 3600.0


class AlarmSource(msgspec.Struct, frozen=True):
    """A segment and how many alarms came of it."""

    segment_id: str
    alarm_count: int


class AlarmLoad(msgspec.Struct, frozen=True):
    """The load of some hours; shares are None where there is nothing to share."""

    hours: float
    operator_count: int
    alarm_count: int
    alarms_per_operator_hour: float
    most_in_ten_minutes: int  # for one operator
    flood_share: float  # of intervals of ten minutes with more than ten alarms for one operator
    top_sources: list[AlarmSource]
    top_sources_share: float | None
    returned_count: int  # alarms about an alert that had been cleared
    chattering: list[str]  # segments
    flapping: list[str]  # alerts whose severity went and came back
    standing: list[str]  # alerts open for more than a day, or for all of a shorter time
    standing_at_end: int
    shares_by_severity: dict[str, float] | None  # of alerts, by the gravest that each was


class _Told(msgspec.Struct):
    """What is remembered of one alert."""

    latest: Alert
    gravest: int
    versions: dict[int, tuple[Seconds, int, State]]  # time, severity and state of each


class AlarmLog:
    """Remembers the alarms that were told; what is only watched is none.

    Versions may come in any order and more than once; of an alert of which older ones are gone its
    log tells when it called somebody. Forgets what `forget` is told to.
    """

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def take(self, alert: Alert) -> None:
        """Take one version."""
        if alert.state == "watched":
            return
        told = self._told.get(alert.alert_id)
        if told is None:
            told = self._told[alert.alert_id] = _Told(alert, alert.severity, {})
        elif alert.version > told.latest.version:
            told.latest = alert
        told.gravest = max(told.gravest, alert.severity)
        told.versions[alert.version] = (seconds(alert.event_time), alert.severity, alert.state)

    def forget(self, before: Seconds) -> None:
        """Forget the alerts to which nothing has happened since a time and that are over."""
        self._told = {
            name: told
            for name, told in self._told.items()
            if seconds(told.latest.event_time) >= before or _is_standing(told.latest)
        }

    def load(self, start: Seconds, end: Seconds, operator_count: int = 1) -> AlarmLoad:
        """Give the load from start to end. Raises ValueError where the time is empty."""
        if not end > start or operator_count < 1:
            raise ValueError(
                f"start {start}, end {end}, operator_count {operator_count}, expected an end after "
                "the start and an operator or more"
            )
        alarms = [
            (time, told.latest.segment_id, is_first)
            for told in self._told.values()
            for time, is_first in _rousings(told)
            if start <= time <= end
        ]
        times = np.sort(np.array([time for time, _, _ in alarms]))
        counts = _per_interval(times, start, end) / operator_count
        sources = Counter(segment for _, segment, _ in alarms)
        top = sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_SOURCES]
        within = [t for t in self._told.values() if _is_within(t, start, end)]
        hours = (end - start) / HOUR_S
        standing = [told for told in self._told.values() if _is_standing(told.latest)]
        return AlarmLoad(
            hours=hours,
            operator_count=operator_count,
            alarm_count=len(alarms),
            alarms_per_operator_hour=len(alarms) / hours / operator_count,
            most_in_ten_minutes=int(np.ceil(counts.max())),
            flood_share=float((counts > FLOOD).mean()),
            top_sources=[AlarmSource(*pair) for pair in top],
            top_sources_share=sum(n for _, n in top) / len(alarms) if alarms else None,
            returned_count=sum(not is_first for _, _, is_first in alarms),
            chattering=_chattering(alarms),
            flapping=sorted(t.latest.alert_id for t in within if _flaps(t.versions)),
            standing=sorted(t.latest.alert_id for t in standing if _stands_long(t, start, end)),
            standing_at_end=len(standing),
            shares_by_severity=_shares([told.gravest for told in within]),
        )


def alarm_load(
    versions: Iterable[Alert], start: Seconds, end: Seconds, operator_count: int = 1
) -> AlarmLoad:
    """Give the load of a run's alert versions. Raises ValueError where the time is empty."""
    log = AlarmLog()
    for alert in versions:
        log.take(alert)
    return log.load(start, end, operator_count)


def _rousings(told: _Told) -> list[tuple[Seconds, bool]]:
    """Give when an alert called somebody, and whether that was its beginning.

    Its log says so; where there is none its versions do.
    """
    found: list[tuple[Seconds, bool]] = []
    was_over = False
    for event in told.latest.log:
        is_first = event.action in BEGINNINGS
        if is_first or (event.action in ROUSES and was_over):
            found.append((seconds(event.time), is_first))
            was_over = False
        was_over |= event.action in ("quiet", "recovered", "clear", "close")
    if found:
        return found
    for _, (time, _, state) in sorted(told.versions.items()):
        if not found or (was_over and state in STANDING):
            found.append((time, not found))
        was_over = state not in STANDING
    return found


def _per_interval(times: Floats, start: Seconds, end: Seconds) -> Floats:
    """Give how many of the times lie in each whole interval; at least in one."""
    count = max(1, round((end - start) / INTERVAL_S))
    edges = start + INTERVAL_S * np.arange(count + 1)
    edges[-1] = max(edges[-1], end)
    return np.histogram(times, edges)[0].astype(np.float64)


def _chattering(alarms: list[tuple[Seconds, str, bool]]) -> list[str]:
    by_source: dict[str, list[Seconds]] = {}
    for time, segment, _ in sorted(alarms):
        by_source.setdefault(segment, []).append(time)
    step = CHATTERS - 1
    return sorted(
        segment
        for segment, times in by_source.items()
        if any(b - a <= FLAP_S for a, b in zip(times, times[step:], strict=False))
    )


def _flaps(versions: dict[int, tuple[Seconds, int, State]]) -> bool:
    """Tell whether a severity was left and came back in short time."""
    left: dict[int, Seconds] = {}
    before: int | None = None
    for _, (time, grade, _) in sorted(versions.items()):
        if before is not None and grade != before:
            left[before] = time
            if grade in left and time - left[grade] <= FLAP_S:
                return True
        before = grade
    return False


def _is_within(told: _Told, start: Seconds, end: Seconds) -> bool:
    """Tell whether an alert called somebody in the time."""
    return any(start <= time <= end for time, _ in _rousings(told))


def _is_standing(alert: Alert) -> bool:
    return alert.state in STANDING


def _stands_long(told: _Told, start: Seconds, end: Seconds) -> bool:
    """Tell whether a standing alert is stale: for over a day, or since the beginning."""
    since = max(time for time, _ in _rousings(told))
    return end - since > STANDING_S or since <= start + INTERVAL_S


def _shares(gravest: list[int]) -> dict[str, float] | None:
    if not gravest:
        return None
    names = {4: "top", 3: "middle", 2: "lower", 1: "lower"}
    counts = Counter(names[grade] for grade in gravest)
    return {name: counts[name] / len(gravest) for name in AIMED_SHARES}
