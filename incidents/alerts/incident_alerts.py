"""The life of incident alerts: watched, opened, updated, cleared, opened again."""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy

from incidents.alerts.apart import is_apart, note_apart
from incidents.alerts.budget import AlarmBudget
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.judgement.suspect import Suspect
from incidents.records import Cause, iso
from incidents.road_points import DrivingDistances
from incidents.seen_words import Seen, evidence
from incidents.settings import JudgementSettings
from ingest.kernels.arrays import Flags, Int32s
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network

NEWS_M = 150.0
"""A queue that has grown or shrunk by so much since the last version makes a new one. Unit: m.
Source: chosen."""

SURE_SHARE = 0.5
"""An incident lasted as long as what speaks for it was so large a share of its peak: signs remember
and fade over minutes when it is over. Unit: none. Source: chosen, the width at half height.
"""

DOUBTED = ("magnetometer", "states")
"""Sources of signs that may rest on detectors alone."""

JudgeCauses = Callable[[TrackedAlert], None]
"""Sets the causes of an alert as it stands."""
NO_INCIDENT: tuple[Cause, ...] = ("demand", "bus_stop")
"""Causes of queues that come without an incident: they are hot spots."""
LIKELY = 0.5
"""What is likelier than this to have such a cause is not told as an incident. Unit: probability.
Source: chosen, likelier than all else together."""


class _IncidentAlertsState(SavedState, frozen=True):
    SCHEMA_VERSION = 8

    tracked: list[TrackedAlert]
    budget: bytes


class IncidentAlerts:
    """Remembers the alerts that are open or were cleared not long ago; takes minutes in order.

    A suspect near a remembered alert is that incident: it strengthens the alert, or opens it
    again, and makes no second one unless it is plainly another for minutes. What is suspected but
    not within the budget of alarms is watched: its versions are told apart, and begin anew at 1
    when it becomes an alarm. What only people report is watched; what sensors confirm of it is an
    alarm.
    """

    def __init__(
        self, network: Network, settings: JudgementSettings, budget: AlarmBudget | None = None
    ) -> None:
        self._network, self._settings = network, settings
        self.budget = budget or AlarmBudget(network.segment_count)
        self.tracked: list[TrackedAlert] = []

    @property
    def alarms(self) -> list[TrackedAlert]:
        """The alerts that were told as alarms."""
        return [alert for alert in self.tracked if alert.is_alarm]

    def step(
        self,
        minute: Seconds,
        suspects: Sequence[Suspect],
        *,
        is_blind: bool = False,
        is_unsure: bool = False,
        is_gap: Flags | None = None,
        tells_gaps: bool = True,
        root_of: Int32s | None = None,
        judge: JudgeCauses | None = None,
    ) -> list[TrackedAlert]:
        """Take a minute's suspects, strongest first; give the alerts that have a new version.

        A blind minute, in which nothing was measured anywhere, is not a quiet one: it clears
        nothing, nor does one in which the root is among the segments (n) with a gap. A new version
        says so where it `tells_gaps`. Where it `is_unsure` what detectors tell alone is watched.
        `root_of` (n) is the head of each segment's queue, by which two incidents near each other
        are told apart. What `judge` finds to be no incident is watched.
        """
        if root_of is not None and not is_blind:
            note_apart(self.tracked, suspects, self.budget.open_at, root_of)
        if not is_blind:
            self.budget.pass_minutes(1.0)
        opened, by_alert = self._assign(minute, suspects, is_unsure, judge)
        changed = list(opened)
        for alert in self.tracked:
            has_gap = is_blind or (is_gap is not None and bool(is_gap[alert.segment]))
            if alert.alert_id in by_alert:
                self._strengthen(minute, alert, by_alert[alert.alert_id])
            elif has_gap and alert.state != "cleared":
                if alert.sure_minute == alert.strong_minute:
                    alert.sure_minute += MINUTE_S
                alert.strong_minute += MINUTE_S
            is_told = tells_gaps or not has_gap
            is_news = is_told and _tell_gap(minute, alert, has_gap=has_gap)
            if alert not in opened and (self._advance(minute, alert) or is_news):
                changed.append(alert)
        remember_s = self._settings.reopen_minutes * MINUTE_S
        is_over = [
            alert.state == "cleared" and minute - alert.strong_minute > remember_s
            for alert in self.tracked
        ]
        for alert, over in zip(self.tracked, is_over, strict=True):
            if over and alert.peak_seen_odds > 0.0 and (alert.is_alarm or not _is_usual(alert)):
                self.budget.take(alert.peak_seen_odds)
        self.tracked = [a for a, over in zip(self.tracked, is_over, strict=True) if not over]
        for alert in changed:
            alert.version += 1
            alert.published_queue_m, alert.published_cause = alert.queue_length_m, alert.cause
        return changed

    def tick(
        self,
        time: Seconds,
        suspects: Sequence[Suspect],
        *,
        is_unsure: bool = False,
        judge: JudgeCauses | None = None,
    ) -> list[TrackedAlert]:
        """Take suspects between two minutes, strongest first; give the alarms that they open.

        What is strong enough to be an alarm is told at once. All else waits for the minute.
        """
        opened: dict[str, TrackedAlert] = {}
        for suspect in suspects:
            alert = self._near(suspect)
            is_new = alert is None or (alert.state == "watched" and not alert.is_alarm)
            if not is_new or not self._is_told(suspect, is_unsure):
                continue
            if self._is_no_incident(time - MINUTE_S, alert, suspect, judge):
                continue
            if alert is None:
                alert = self._open(time, suspect)
            alert.is_alarm, alert.state, alert.version = True, "open", 1
            self._strengthen(time - MINUTE_S, alert, [suspect])
            alert.published_queue_m, alert.published_cause = alert.queue_length_m, alert.cause
            opened[alert.alert_id] = alert
        return list(opened.values())

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.budget = restored(self.budget, state.budget)
        self.tracked = state.tracked

    def _state(self) -> _IncidentAlertsState:
        return _IncidentAlertsState(self.tracked, self.budget.snapshot())

    def _assign(
        self,
        minute: Seconds,
        suspects: Sequence[Suspect],
        is_unsure: bool,
        judge: JudgeCauses | None,
    ) -> tuple[list[TrackedAlert], dict[str, list[Suspect]]]:
        """Give the alerts that the suspects open, and by alert id the suspects that count."""
        keep_at, budget = self._settings.keep_at, self.budget
        watch_at = budget.watch_at
        opened: list[TrackedAlert] = []
        by_alert: dict[str, list[Suspect]] = {}
        for suspect in suspects:
            alert = self._near(suspect)
            is_open = alert is not None and alert.state != "cleared"
            is_alarm = self._is_told(suspect, is_unsure)
            if is_alarm and not (alert is not None and alert.is_alarm):
                is_alarm = not self._is_no_incident(minute, alert, suspect, judge)
            if alert is None or not alert.is_alarm:
                begins = is_alarm or suspect.is_only_told or suspect.odds >= watch_at
            else:
                begins = is_alarm
            if not (suspect.odds >= keep_at if is_open else begins):
                continue
            if alert is None:
                alert = self._open(minute, suspect)
                opened.append(alert)
            elif not alert.is_alarm and is_alarm:
                opened.append(alert)
            if alert in opened:
                alert.is_alarm = is_alarm or alert.is_alarm
                alert.state = "open" if alert.is_alarm else "watched"
                alert.version = 0
            by_alert.setdefault(alert.alert_id, []).append(suspect)
        return opened, by_alert

    def _is_told(self, suspect: Suspect, is_unsure: bool) -> bool:
        """Tell whether a suspect is told as an incident, not only watched."""
        if is_unsure and not any(sign.source not in DOUBTED for sign in suspect.signs):
            return False
        is_strong = suspect.odds >= self.budget.open_at and not suspect.is_only_told
        return suspect.is_confirmed or is_strong

    def _is_no_incident(
        self,
        minute: Seconds,
        alert: TrackedAlert | None,
        suspect: Suspect,
        judge: JudgeCauses | None,
    ) -> bool:
        """Tell whether what a suspect would tell of has a cause that is no incident.

        What people confirm is what they say it is.
        """
        if judge is None or suspect.is_confirmed:
            return False
        told = self._new(minute, suspect) if alert is None else deepcopy(alert)
        self._strengthen(minute, told, [suspect])
        judge(told)
        return _is_usual(told)

    def _open(self, minute: Seconds, suspect: Suspect) -> TrackedAlert:
        alert = self._new(minute, suspect)
        self.tracked.append(alert)
        return alert

    def _new(self, minute: Seconds, suspect: Suspect) -> TrackedAlert:
        name = self._network.segment_ids[suspect.segment]
        return TrackedAlert(
            alert_id=f"incident-{name}-{int(minute)}",
            kind="incident",
            segment=suspect.segment,
            offset_m=suspect.offset_m,
            onset=minute,
            cause=suspect.cause,
            cause_probability=0.0,  # _strengthen() sets it in the same minute
            is_alarm=False,
            is_watched=True,
        )

    def _strengthen(self, minute: Seconds, alert: TrackedAlert, suspects: list[Suspect]) -> None:
        """Add a minute's suspects to an alert.

        Its root moves only when nothing speaks for it any more.
        """
        at_root = [s for s in suspects if s.segment == alert.segment]
        suspect = max(at_root or suspects, key=lambda s: s.odds)
        alert.strong_minute = minute
        alert.peak_seen_odds = max(alert.peak_seen_odds, suspect.odds - suspect.told)
        if suspect.odds > alert.peak_odds:
            alert.peak_odds = suspect.odds
            alert.segment, alert.offset_m = suspect.segment, suspect.offset_m
            alert.lane = suspect.lane
        before = 0.0 if alert.state == "cleared" else alert.spell_odds
        alert.spell_odds = max(before, suspect.odds)
        if suspect.odds >= SURE_SHARE * alert.spell_odds:
            alert.sure_minute = minute
        sums = alert.cause_odds
        sums[suspect.cause] = sums.get(suspect.cause, 0.0) + suspect.odds
        alert.cause = max(sorted(sums), key=lambda name: sums[name])
        share = sums[alert.cause] / sum(sums.values())
        alert.cause_probability = share * self.budget.probability(alert.peak_odds)
        for sign in suspect.signs:
            known = alert.evidence.get(sign.name)
            if known is None or abs(sign.odds) > abs(known.weight):
                when = iso(minute + MINUTE_S) if known is None else known.when
                weight = round(sign.odds, 2)
                alert.evidence[sign.name] = evidence(sign.source, sign.seen, when, weight)

    def _advance(self, minute: Seconds, alert: TrackedAlert) -> bool:
        """Move an alert along its life; give whether that makes a new version."""
        quiet = (minute - alert.strong_minute) / MINUTE_S
        if alert.state == "cleared":
            if quiet > 0:
                return False
            alert.state = "updated" if alert.is_alarm else "watched"
            return True
        if quiet >= self._settings.clear_minutes:
            alert.state = "cleared"
            return True
        grown_m = abs(alert.queue_length_m - alert.published_queue_m)
        is_graver = alert.severity > alert.published_severity
        if grown_m >= NEWS_M or alert.cause != alert.published_cause or is_graver:
            alert.state = "updated" if alert.is_alarm else "watched"
            return True
        return False

    def _near(self, suspect: Suspect) -> TrackedAlert | None:
        """Give the remembered alert nearest to a suspect, None where none is in reach."""
        reach = self._settings.reach_m
        around = DrivingDistances(self._network, (suspect.segment, suspect.offset_m), reach)
        best, least = None, math.inf
        for alert in self.tracked:
            is_one_signal = self._one_signal(suspect, alert)
            if is_one_signal or suspect.segment in (alert.segment, *alert.queue):
                away = 0.0
            else:
                away = around.distance_m((alert.segment, alert.offset_m))
            is_other = not is_one_signal and is_apart(alert, suspect)
            if away <= reach and away < least and not is_other:
                best, least = alert, away
        return best

    def _one_signal(self, suspect: Suspect, alert: TrackedAlert) -> bool:
        """Tell whether both stand at the same stuck signal, on two arms of its junction.

        Where the first vehicle stands is not known well: once the signal is known to be stuck, an
        arm of it that nobody leaves is of it too.
        """
        nodes = self._network.to_node
        is_same = nodes[suspect.segment] == nodes[alert.segment]
        has_stopped = any(sign.name == "stopped" for sign in suspect.signs)
        is_stuck = suspect.cause == "signal" or (has_stopped and suspect.lane is None)
        return bool(is_same and alert.cause == "signal" and is_stuck)


def _is_usual(alert: TrackedAlert) -> bool:
    """Tell whether an alert is likely of a queue that comes without an incident."""
    return sum(of.probability for of in alert.causes if of.cause in NO_INCIDENT) > LIKELY


def _tell_gap(minute: Seconds, alert: TrackedAlert, *, has_gap: bool) -> bool:
    """Set whether nothing is measured at an alert's root, and say so; give whether that is news."""
    if alert.state == "cleared" or not has_gap:
        alert.gap_since = None
        return False
    if alert.gap_since is not None:
        return False
    alert.gap_since = minute
    seen = Seen("data_gap", {"since_at": minute})
    alert.evidence["data gap"] = evidence("states", seen, iso(minute + MINUTE_S), 0.0)
    alert.state = "updated" if alert.is_alarm else "watched"
    return True
