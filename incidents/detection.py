"""From the city's states, minute by minute, to alerts: one an incident, one a lasting queue.

The way of a minute: states -> signs (`signs/`) -> suspects (`judgement/`) -> alerts (`alerts/`).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import pyarrow as pa

from congestion.profile.week import Week
from congestion.queues.history import QueueMinute
from congestion.queues.hotspots import HotSpots
from congestion.records import Sighting
from congestion.roadside import Roadside
from incidents.alerts.budget import AlarmBudget
from incidents.alerts.cameras_nearby import CamerasNearby
from incidents.alerts.hotspot_alerts import HotSpotAlerts
from incidents.alerts.impact import Impacts
from incidents.alerts.incident_alerts import IncidentAlerts, JudgeCauses
from incidents.alerts.onset import onset
from incidents.alerts.published_form import published_form
from incidents.alerts.queue_behind import set_queue_behind
from incidents.alerts.queue_evidence import describe_queue, describe_usual
from incidents.alerts.severity import read_severity_model, set_severity
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.causes.judge import CauseJudge
from incidents.causes.loops import share_loops
from incidents.causes.signs import CauseSigns
from incidents.causes.weights import CauseWeights
from incidents.judgement.neighbours import segments_after
from incidents.judgement.planned import name_planned
from incidents.judgement.reported import join_reports
from incidents.judgement.suspect import Suspect
from incidents.judgement.weighing import (
    confirmed_by_cameras,
    shown_beside_cameras,
    strongest,
    weigh_only,
    weigh_segments,
)  # fmt: skip
from incidents.place_words import PlaceNames
from incidents.records import Alert
from incidents.risks import Risks, RiskTeller
from incidents.settings import DetectionSettings
from incidents.signs.city import CitySignFinder, CitySigns
from incidents.signs.lane_detectors import lane_detectors
from incidents.signs.planned import PlannedPlaces, PlannedSign
from incidents.signs.reported import ReportedEvents
from ingest.recorded.schedule import ScheduleEntry
from ingest.reports import Report
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane


class _IncidentDetectionState(SavedState, frozen=True):
    SCHEMA_VERSION = 11

    segment_ids: Annotated[list[str], SAME]
    minute: float | None
    last: CitySigns | None
    signs: bytes
    incidents: bytes
    hot_spots: bytes
    hot_spot_alerts: bytes
    reported: bytes


class IncidentDetection:
    """Finds the whole city's incidents and hot spots.

    Remembers what is usual on every lane and segment, camera events of the last 48 minutes (four
    half-lives) and which cameras cry wolf, what people reported in the last half hour and how right
    their sources are, and the alerts that are open or were cleared not long ago. Minutes must come
    in order, each once.
    """

    def __init__(
        self,
        network: Network,
        roadside: Roadside,
        settings: DetectionSettings | None = None,
        week: Week | None = None,
        schedule: Sequence[ScheduleEntry] = (),
        cause_weights: CauseWeights | None = None,
    ) -> None:
        self._network, self._settings = network, settings or DetectionSettings()
        self._detectors = lane_detectors(network, roadside)
        self._signs = CitySignFinder(network, self._detectors, roadside, self._settings, week)
        budget = AlarmBudget(network.segment_count, self._settings.budget)
        self._incidents = IncidentAlerts(network, self._settings.judgement, budget)
        self._hot_spots = HotSpots(self._settings.hot_spots)
        self._hot_spot_alerts = HotSpotAlerts(network, roadside)
        self._reported = ReportedEvents(network, self._settings.reports)
        signs = CauseSigns(network, self._detectors, roadside, self._settings.judgement)
        self._causes = CauseJudge(signs, cause_weights)
        self._planned = PlannedPlaces(network, self._settings.schedule, schedule)
        self._impacts = Impacts(network, roadside, self._settings.severity)
        self._severity = read_severity_model()
        self._plane = LocalPlane(network)
        self._names = PlaceNames(network)
        self._cameras = CamerasNearby(network, roadside)
        self._minute: float | None = None
        self._last: CitySigns | None = None
        self.watched: list[Alert] = []
        """The versions of the last minute for the watch list: what is suspected and no alarm yet,
        and what became of it (`open`, with version 1, or `cleared`)."""
        self._risk_teller = RiskTeller(network, self._plane, self._names)
        self.risks: Risks | None = None
        """The places about to break down by the last minute, None after a blind one."""

    def step(
        self,
        minute_start: Seconds,
        event_time: Seconds,
        states: Sequence[pa.RecordBatch],
        sightings: Sequence[Sighting],
        reports: Sequence[Report] = (),
        is_leapt: bool = False,
    ) -> list[Alert]:
        """Take the city's minute and give the new alert versions, incidents first.

        `states` holds the regions' rows of that minute in any order, `reports` what people told
        before its end that no minute had, `event_time` says when all of it was there. Where the
        clock leapt over the minute (`is_leapt`), what nobody measured is told as no gap. Raises
        ValueError where the minute is not after the last one.
        """
        if self._minute is not None and minute_start <= self._minute:
            raise ValueError(f"minute {minute_start} given, expected one after {self._minute}")
        self._minute = minute_start
        self._last = self._signs.step(minute_start, states, sightings)
        risk = self._signs.risk
        self.risks = (
            None if risk is None else self._risk_teller.told(minute_start, event_time, risk)
        )
        return self.decide(self._last, event_time, reports, tells_gaps=not is_leapt)

    def tick(
        self, time: Seconds, event_time: Seconds, sightings: Sequence[Sighting]
    ) -> list[Alert]:
        """Give the alarms that can be told between two minutes, by who stands and what cameras say.

        All else is as the last minute showed it. What is told is not less sure than at a minute;
        what is not strong enough waits for the next one. `sightings` are all that stand at `time`,
        and all that cameras said since the end of the last minute.
        """
        if self._last is None or self._last.is_blind or not sightings:
            return []
        signs = self._signs.at(time, self._last, sightings)
        found = self._suspects_where(signs, sightings)
        planned = self._planned.at(signs.minute_start)
        suspects = name_planned(strongest(found, self._settings.judgement), planned)
        opened = self._incidents.tick(
            time,
            suspects,
            is_unsure=signs.is_unsure is not None,
            judge=self._judge_of(signs, planned),
        )
        for alert in opened:
            self._begin(alert, signs)
            alert.told_cause = alert.cause
        return self._told(opened, event_time, signs)

    def _suspects_where(self, signs: CitySigns, sightings: Sequence[Sighting]) -> list[Suspect]:
        """Give what speaks for an incident where something was sighted and just after it."""
        network = self._network
        at = {network.index_of(sighting.segment_id) for sighting in sightings} - {None}
        touched = {s for here in at if here is not None for s in segments_after(network, here)}
        touched |= {s for s in at if s is not None}
        judgement = self._settings.judgement
        found = weigh_only(network, self._detectors, judgement, signs, touched)
        return confirmed_by_cameras(found, self._settings)

    def _begin(self, alert: TrackedAlert, signs: CitySigns) -> None:
        """Set what a new alert says of its beginning and of its queue."""
        alert.onset = onset(alert.segment, signs)
        set_queue_behind(self._network, alert, signs.queues)
        self._grade(alert, signs.queues)

    def decide(
        self,
        signs: CitySigns,
        event_time: Seconds,
        reports: Sequence[Report] = (),
        *,
        tells_gaps: bool = True,
    ) -> list[Alert]:
        """Give the alert versions that a minute's signs lead to; the second half of step()."""
        network, queues = self._network, signs.queues
        # A blind minute says nothing of queues and incidents: they neither grow nor go away.
        for alert in [] if signs.is_blind else self._incidents.tracked:
            set_queue_behind(network, alert, queues)
            self._grade(alert, queues)
        planned = self._planned.at(signs.minute_start)
        suspects = name_planned(self._suspects(signs, reports), planned)
        changed = self._incidents.step(
            signs.minute_start,
            suspects,
            is_blind=signs.is_blind,
            is_unsure=signs.is_unsure is not None,
            is_gap=signs.is_gap,
            tells_gaps=tells_gaps,
            root_of=queues.queues.root_of,
            judge=self._judge_of(signs, planned),
        )
        for alert in changed:
            if alert.version == 1:
                self._begin(alert, signs)
        spots = [] if signs.is_blind else self._hot_spots.step(queues, signs.is_unsure)
        changed += self._hot_spot_alerts.step(spots, self._incidents.alarms, planned)
        if not signs.is_blind:
            for alert in self._hot_spot_alerts.tracked:
                self._grade(alert, queues)
            changed += self._hot_spot_alerts.follow(queues)
            share_loops(self._incidents.tracked, self._hot_spot_alerts.tracked)
        changed += self._judge_causes(signs, planned, changed)
        return self._told(changed, event_time, signs)

    def _told(
        self, changed: Sequence[TrackedAlert], event_time: Seconds, signs: CitySigns
    ) -> list[Alert]:
        """Give the versions of changed alerts as they are told; those of the watch list apart."""
        network = self._network
        for alert in changed:
            describe_queue(network, alert, signs.queues)
            describe_usual(alert, signs.minute_start, signs.usual)
        told = [
            (
                alert,
                published_form(alert, event_time, network, self._plane, self._cameras, self._names),
            )
            for alert in changed
        ]
        self.watched = [form for alert, form in told if alert.is_watched]
        for alert in changed:
            alert.is_watched = not alert.is_alarm
            alert.published_severity = alert.severity
        return [form for alert, form in told if alert.is_alarm]

    def _judge_causes(
        self, signs: CitySigns, planned: Mapping[int, PlannedSign], changed: Sequence[TrackedAlert]
    ) -> list[TrackedAlert]:
        """Judge the cause of every alert; give those, not yet among the changed, that name another.

        An alert opens with what its signs or its place name, and is judged from its second minute
        on. A cleared one keeps its cause, and in a blind minute there is nothing to judge.
        """
        more: list[TrackedAlert] = []
        incidents = [alert for alert in self._incidents.tracked if alert.state != "cleared"]
        for alert in [] if signs.is_blind else self.open_alerts:
            if alert.told_cause is None:
                continue
            self._causes.step(alert, incidents, signs, planned)
            if alert in changed or alert.told_cause == alert.causes[0].cause:
                continue
            alert.state = "updated" if alert.is_alarm else "watched"
            alert.version += 1
            more.append(alert)
        for alert in [*changed, *more]:
            alert.told_cause = alert.causes[0].cause if alert.causes else alert.cause
        return more

    def _judge_of(self, signs: CitySigns, planned: Mapping[int, PlannedSign]) -> JudgeCauses | None:
        """Give what judges an alert that might be told in a minute; in a blind one nothing does."""
        if signs.is_blind:
            return None
        incidents = [alert for alert in self._incidents.tracked if alert.state != "cleared"]
        return lambda alert: self._causes.step(alert, incidents, signs, planned)

    def _suspects(self, signs: CitySigns, reports: Sequence[Report]) -> list[Suspect]:
        """Give the minute's suspects by sensors and people, and learn whom of these to believe."""
        settings, now = self._settings, signs.minute_start + MINUTE_S
        reported = self._reported.step(now, reports)
        weighed = weigh_segments(self._network, self._detectors, settings.judgement, signs)
        found = confirmed_by_cameras(weighed, settings)
        joined = join_reports(found, reported, settings.judgement, settings.reports)
        is_known = signs.flows.is_known
        watched = {sign.number for sign in reported if is_known[sign.roads[0].segment]}
        self._reported.learn(now, joined.seen, watched)
        shown = shown_beside_cameras(
            self._network, found, reported, signs.cameras, settings.reports
        )
        self._signs.learn(now, shown, {s for s in signs.cameras if is_known[s]})
        return strongest(joined.suspects, settings.judgement)

    def _grade(self, alert: TrackedAlert, queues: QueueMinute) -> None:
        """Set what an alert costs in this minute and how grave that is; a cleared one stays."""
        if alert.state != "cleared":
            impact = self._impacts.of(alert, queues)
            set_severity(alert, impact, self._severity, self._settings.severity)

    @property
    def tracked(self) -> list[TrackedAlert]:
        """The alerts of either kind that are told at present, or were not long ago."""
        return [*self._incidents.alarms, *self._hot_spot_alerts.tracked]

    @property
    def suspicions(self) -> Sequence[TrackedAlert]:
        """The incidents that are suspected or told at present, or were not long ago."""
        return self._incidents.tracked

    @property
    def open_alerts(self) -> list[TrackedAlert]:
        """The incidents and hot spots that are suspected or told and not cleared."""
        tracked = [*self._incidents.tracked, *self._hot_spot_alerts.tracked]
        return [alert for alert in tracked if alert.state != "cleared"]

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._signs, self._incidents, self._hot_spots, self._hot_spot_alerts, self._reported = (
            restored(self._signs, state.signs),
            restored(self._incidents, state.incidents),
            restored(self._hot_spots, state.hot_spots),
            restored(self._hot_spot_alerts, state.hot_spot_alerts),
            restored(self._reported, state.reported),
        )
        self._minute, self._last = state.minute, state.last

    def _state(self) -> _IncidentDetectionState:
        return _IncidentDetectionState(
            self._network.segment_ids, self._minute, self._last, self._signs.snapshot(),
            self._incidents.snapshot(), self._hot_spots.snapshot(),
            self._hot_spot_alerts.snapshot(), self._reported.snapshot(),
        )  # fmt: skip
