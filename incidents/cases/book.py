"""All cases of a city: what is commanded, detected and seen, and what becomes of it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from incidents.case_records import (
    AssignedPatrol,
    CaseEvent,
    Command,
    CommandResult,
    Happening,
    Place,
)
from incidents.cases.case import begun, changed, has_said_place
from incidents.cases.decisions import (
    PlaceOf,
    Refusal,
    check_needs,
    decide,
    event_of,
)
from incidents.cases.joining import created_case_of
from incidents.cases.raising import is_due
from incidents.cases.road_watch import RoadNews, said
from incidents.cases.settings import CaseSettings
from incidents.cases.table import LIVE, NEXT
from incidents.records import Alert, iso, seconds
from incidents.seen_words import Seen, evidence
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds

UnitsAt = Callable[[str, float], Sequence[str]]
"""Gives the units of a point of the road: its segment's id, and metres along it."""
WhyUnknown = Callable[[Command], str | None]
"""Says whom or what a command names that is not known, None where all of it is."""
DAY_S = 86_400.0
IDLE_S = 7200.0
"""A case that is over and that nobody worked on is remembered for so long. Unit: s. Source: chosen,
longer than a worker that takes over decides again.
"""
ANSWERS_KEPT = 10_000
"""Of so many commands the answer is remembered, beside those that a case's log holds. Unit: count.
Source: chosen, a busy day of a large centre."""
USUAL_SEVERITY = 2
"""Of a case that an operator makes, unless told. Unit: none. Source: that of a new incident."""


class _CaseBookState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    cases: list[Alert]
    results: list[CommandResult]
    now: Seconds | None


class CaseBook:
    """Remembers every case with its log until nothing has happened to it for a day.

    One that is over and that nobody ever worked on is forgotten after two hours. A case is its
    newest alert version: `note` takes one up that was published, by this book or by one before it,
    and it then goes on from there. Commands may come in any order and twice; the detector's
    versions in the order of their numbers. `now` never makes a case's log go back. Nobody is
    waited for before the first command.
    """

    def __init__(
        self,
        place_of: PlaceOf,
        settings: CaseSettings | None = None,
        units_at: UnitsAt = lambda _segment_id, _offset_m: (),
        why_unknown: WhyUnknown = lambda _: None,
    ) -> None:
        """Make an empty book; `units_at` gives whose a point is, the smallest unit first."""
        self._place_of, self._settings = place_of, settings or CaseSettings()
        self._units_at, self._why_unknown = units_at, why_unknown
        self._cases: dict[str, Alert] = {}
        self._results: dict[str, CommandResult] = {}
        self._joined: dict[str, str] = {}  # the detector's id to that of the case it joined
        self._now: Seconds | None = None

    @property
    def cases(self) -> list[Alert]:
        """Give the newest version of every case."""
        return list(self._cases.values())

    def case(self, alert_id: str) -> Alert | None:
        """Give the newest version of a case, None where it is not known."""
        return self._cases.get(alert_id)

    def note(self, alert: Alert) -> None:
        """Take up a version that was published, in the order in which they were."""
        if alert.log:
            self._keep(alert)
            self._forget_old([alert])

    def note_refused(self, result: CommandResult) -> None:
        """Take up that a command was refused: it stays so where it comes again."""
        self._remember(result)

    def result(self, command_id: str) -> CommandResult | None:
        """Give the answer to a command that was taken before, None where it was not."""
        return self._results.get(command_id)

    def take(self, command: Command, now: Seconds, said_at: str | None = None) -> CommandResult:
        """Do what a command wants, once, and give its answer; `case` then gives the new version.

        `said_at` is a time that the sender's clock told and that is not believed.
        """
        known = self._results.get(command.command_id)
        if known is None:
            known = self._answer(command, now, said_at)
            self._remember(known)
        return known

    def detect(self, detected: Sequence[Alert]) -> list[Alert]:
        """Take versions of the detector; give the versions of cases that they make."""
        made = [self._detected(road) for road in detected]
        return [case for case in made if case is not None]

    def hear(self, news: Sequence[RoadNews], now: Seconds) -> list[Alert]:
        """Take what the road says; give the versions of cases that it makes."""
        made = []
        for one in news:
            case = self._cases.get(one.alert_id)
            if case is None or now < seconds(case.log[-1].time):
                continue  # somebody said something since
            if (case.state, one.word) in NEXT:
                made.append(
                    self._happens(
                        case, one.word, "road", now, reason=said(one), onset_time=iso(one.since)
                    )
                )
        return made

    def lose(self, vanished: Mapping[str, str], now: Seconds) -> list[Alert]:
        """Take why the patrols that were sent to cases are not going; give the versions made."""
        made = []
        for alert_id, reason in vanished.items():
            case = self._cases.get(alert_id)
            if case is None or now < seconds(case.log[-1].time):
                continue  # decided before, or somebody said something since
            if (case.state, "unanswered") in NEXT:
                made.append(self._happens(case, "unanswered", "dispatch", now, reason=reason))
        return made

    def propose(self, chosen: Mapping[str, AssignedPatrol | None], now: Seconds) -> list[Alert]:
        """Take the patrols that should go to cases; give the versions that this makes."""
        made = []
        for alert_id, patrol in chosen.items():
            case = self._cases.get(alert_id)
            if case is None or now < seconds(case.log[-1].time):
                continue  # decided before, or somebody said something since
            if (case.state, "propose") in NEXT:
                made.append(self._happens(case, "propose", "dispatch", now, patrol=patrol))
        return made

    def reroute(self, found: Mapping[str, tuple[list[str], str]], now: Seconds) -> list[Alert]:
        """Take the ways around cases, and what is said of them; give the versions made."""
        made = []
        for alert_id, (detour, reason) in found.items():
            case = self._cases.get(alert_id)
            if case is None or now < seconds(case.log[-1].time):
                continue  # decided before, or somebody said something since
            if (case.state, "reroute") in NEXT:
                made.append(
                    self._happens(case, "reroute", "dispatch", now, reason=reason, detour=detour)
                )
        return made

    def pass_time(self, now: Seconds) -> list[Alert]:
        """Let time pass: give the versions of cases raised or no longer suppressed, and forget."""
        self._now, made = now, []
        for case in self.cases:
            if now < seconds(case.log[-1].time):
                continue  # decided before, by a book whose case was taken up
            if case.suppressed_until is not None and seconds(case.suppressed_until) <= now:
                case = self._happens(case, "expire", "clock", now)
                made.append(case)
            reason = is_due(case, now, self._settings) if self._results else None
            if reason:
                raised = self._happens(
                    case, "escalate", "clock", now, reason=reason, delay_veh_h=case.delay_veh_h
                )
                made.append(raised)
        self._forget_old(self.cases)
        return made

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._now = state.now
        self._cases, self._results, self._joined = {}, {}, {}
        for result in state.results:
            self._results[result.command_id] = result
        for case in state.cases:
            self._keep(case)

    def _state(self) -> _CaseBookState:
        return _CaseBookState(self.cases, list(self._results.values()), self._now)

    def _answer(self, command: Command, now: Seconds, said_at: str | None) -> CommandResult:
        if command.action == "create":
            made = self._created(command, now)
        else:
            made = self._decided(command, now)
        unknown = None if isinstance(made, Refusal) else self._why_unknown(command)
        if unknown is not None:
            made = Refusal("impossible", unknown)
        if isinstance(made, Refusal):
            known = self._cases.get(command.alert_id or "")
            return CommandResult(
                command.command_id, command.alert_id, False, made.reason,
                known.version if known else None, made.answer,
            )  # fmt: skip
        case, event, road = made
        event = replace(event, said_at=said_at, unit_path=self._new_units(event.place, case))
        case = begun(road, event) if case is None else changed(case, event)
        self._keep(case)
        return CommandResult(command.command_id, case.alert_id, True, None, case.version)

    def _decided(
        self, command: Command, now: Seconds
    ) -> tuple[Alert | None, CaseEvent, Alert] | Refusal:
        case = self._cases.get(command.alert_id or "")
        if case is None:
            return Refusal("impossible", f"alert {command.alert_id!r} is not known")
        event = decide(case, command, now, self._settings, self._place_of)
        if isinstance(event, Refusal):
            return event
        if event.into is not None:
            other = self._cases.get(event.into)
            if other is None or other.state not in LIVE or other is case:
                state = "not known" if other is None else f"{other.state}"
                why = "the same case" if other is case else state
                return Refusal("impossible", f"into {event.into!r}: {why}, expected another case")
        sent, proposed = event.patrol, case.patrol
        if sent is not None and proposed is not None and sent.id == proposed.id:
            # With its time, and why; who was sent and is sent again says so: it is on its way.
            accepted = event.time if case.state == "dispatched" else None
            event = replace(
                event,
                patrol=replace(proposed, accepted_time=proposed.accepted_time or accepted),
            )
        if event.action in ("acknowledge", "confirm"):
            event = replace(event, delay_veh_h=case.delay_veh_h)
        return case, event, case

    def _created(
        self, command: Command, now: Seconds
    ) -> tuple[Alert | None, CaseEvent, Alert] | Refusal:
        if command.alert_id is not None:
            return Refusal("impossible", "create makes its own alert_id, expected null")
        try:
            check_needs(command)
            place = self._place_of(command)
        except ValueError as error:
            return Refusal("impossible", str(error))
        severity = command.severity or USUAL_SEVERITY
        event = replace(
            event_of(command, 1, now, place, onset=iso(now)),
            cause=command.cause or "incident",
            severity=severity,
        )
        because = {"reason": command.reason} if command.reason else {}
        seen = Seen("told_because" if because else "told", {"actor": command.actor, **because})
        road = Alert(
            alert_id=_id_of(command),
            version=0,
            state="open",
            kind="incident",
            event_time=iso(now),
            onset_time=iso(now),
            **{name: getattr(place, name) for name in place.__struct_fields__},
            cause="incident",
            cause_probability=1.0,
            evidence=[evidence("report", seen, iso(now), 1.0)],
            queue_segment_ids=[],
            queue_length_m=0.0,
            delay_veh_h=0.0,
            severity=severity,
        )
        return None, event, road

    def _detected(self, road: Alert) -> Alert | None:
        """Take one version of the detector."""
        now = seconds(road.event_time)
        case = self._cases.get(self._joined.get(road.alert_id, road.alert_id))
        if case is None:
            case = created_case_of(road, self.cases)
            if case is None:
                event = CaseEvent(
                    max(road.version, 1), road.event_time, "detector", "open",
                    detected_version=road.version, onset_time=road.onset_time,
                    delay_veh_h=road.delay_veh_h, unit_path=self._new_units(road, None),
                )  # fmt: skip
                return self._keep(begun(road, event))
            return self._happens(case, "join", "detector", now, road)
        last = _last_detected(case)
        if last is not None and (last.detected_version or 0) >= road.version:
            return None
        happening: Happening = "seen"
        if road.state == "cleared":
            happening = "quiet"
        elif last is not None and last.action == "quiet":
            happening = "seen_again"
        if (case.state, happening) not in NEXT:
            return None  # it is over for those who work on it
        ended = road.ended_time if happening == "quiet" else None
        return self._happens(case, happening, "detector", now, road, onset_time=ended)

    def _new_units(self, at: Place | Alert | None, case: Alert | None) -> list[str] | None:
        """Give whose a case is when it begins or moves to a place, None where that is as before."""
        if at is None or (case is not None and at.segment_id == case.segment_id):
            return None
        path = list(self._units_at(at.segment_id, at.offset_m))
        return path if path != (case.unit_path if case else []) else None

    def _happens(
        self,
        case: Alert,
        happening: Happening,
        actor: str,
        now: Seconds,
        road: Alert | None = None,
        *,
        reason: str | None = None,
        delay_veh_h: float | None = None,
        onset_time: str | None = None,
        patrol: AssignedPatrol | None = None,
        detour: list[str] | None = None,
    ) -> Alert:
        """Change a case by what nobody commanded."""
        time = max(now, seconds(case.log[-1].time))
        event = CaseEvent(
            case.version + 1, iso(time), actor, happening, reason,
            detected_id=road.alert_id if road and happening == "join" else None,
            detected_version=road.version if road else None,
            delay_veh_h=delay_veh_h,
            onset_time=onset_time,
            patrol=patrol,
            detour=detour,
            unit_path=None if has_said_place(case) else self._new_units(road, case),
        )  # fmt: skip
        return self._keep(changed(case, event, road))

    def _keep(self, case: Alert) -> Alert:
        self._cases[case.alert_id] = case
        for event in case.log:
            if event.detected_id is not None:
                self._joined[event.detected_id] = case.alert_id
            if event.command_id is not None and event.command_id not in self._results:
                self._remember(
                    CommandResult(event.command_id, case.alert_id, True, None, event.version)
                )
        return case

    def _remember(self, result: CommandResult) -> None:
        self._results[result.command_id] = result
        while len(self._results) > ANSWERS_KEPT:
            del self._results[next(iter(self._results))]

    def _forget_old(self, cases: Sequence[Alert]) -> None:
        """Forget those of the cases that nothing has happened to for long."""
        for case in cases if self._now is not None else ():
            is_over = case.state in ("cleared", "verified")
            is_worked_on = any(event.command_id for event in case.log)
            keep_s = IDLE_S if is_over and not is_worked_on else self._settings.forget_days * DAY_S
            if self._now is not None and self._now - seconds(case.log[-1].time) > keep_s:
                del self._cases[case.alert_id]
                self._joined = {k: v for k, v in self._joined.items() if v != case.alert_id}


def _last_detected(case: Alert) -> CaseEvent | None:
    """Give the newest event that came of the detector."""
    return next((e for e in reversed(case.log) if e.detected_version is not None), None)


def _id_of(command: Command) -> str:
    """Give the id of the case that a command makes: the same each time it is taken."""
    return f"told-{hashlib.sha256(command.command_id.encode()).hexdigest()[:12]}"
