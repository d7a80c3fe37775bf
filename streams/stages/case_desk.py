"""Where operators' commands and the detector's alerts meet: the cases, and the answers."""

from collections.abc import Sequence
from functools import cached_property

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from congestion.records import MEASURED
from incidents.case_records import Command, CommandResult, Place
from incidents.cases.book import ANSWERS_KEPT, CaseBook
from incidents.cases.decisions import moment
from incidents.cases.places import RoadPlaces
from incidents.cases.road_watch import RoadWatch
from incidents.cases.settings import CaseSettings
from incidents.dispatch.jurisdictions import Jurisdictions
from incidents.dispatch.known_names import KnownNames
from incidents.dispatch.settings import DispatchSettings
from incidents.exports.cloudevents import cloudevents_headers
from incidents.records import Alert
from incidents.response.detours import Detours, detours_of
from incidents.response.plans import ResponsePlan
from ingest.refusals import Reason, Refusal, shorten
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.time_zone import UNKNOWN
from ingest.units import Seconds
from streams import topics
from streams.city import City
from streams.no_json import NO_JSON
from streams.stages.city_minute import CityMinute
from streams.stages.counts import StageCounts, Tally
from streams.stages.messages import Incoming, Outgoing
from streams.stages.patrol_desk import PatrolDesk
from streams.stages.refused import letters_of_records

CLOCK_OFF_S = 60.0
"""A sender's clock that is farther from the broker's is not believed. Unit: s. Source: chosen,
longer than a command is on its way."""
RECORDED_S = 900.0
"""Minutes that are decided so much later than they were are those of a recording: commands then
count as said in its time. Unit: s. Source: chosen, some times what a live feed lags behind."""
AT_ONCE_S = 1.0
"""A minute that comes so soon after another and of which nothing was measured is none that passed:
a recording's end closes ten of them at once. Unit: s. Source: chosen, a minute at 60 times its
pace."""


class _Named(msgspec.Struct):
    """As much of a command as an answer needs."""

    command_id: str
    alert_id: str | None = None


class _CaseDeskState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    book: bytes
    road: bytes
    patrols: bytes
    detours: bytes
    answered: list[str]
    tally: bytes
    event_time: Seconds | None
    sent_at: Seconds | None


class CaseDesk:
    """Remembers the cases of a city, which commands were answered, and what time it is there.

    Each command is done and answered once. Whoever takes over is told what is on the topics since
    its state was saved (`note_published`, `note_answered`): a command whose answer is there and
    whose change is not is done again, and not answered again.
    """

    def __init__(
        self,
        city: City,
        settings: CaseSettings | None = None,
        jurisdictions: Jurisdictions | None = None,
        dispatch: DispatchSettings | None = None,
        plans: Sequence[ResponsePlan] = (),
    ) -> None:
        self._city, self._jurisdictions, self._plans = city, jurisdictions, plans
        self._book = CaseBook(self._place_of, settings, self._units_at, self._why_unknown)
        self._patrols = PatrolDesk(city, dispatch)
        self._detours = Detours(city.network)
        self._road = RoadWatch(city.network.segment_ids, settings)
        self._answered: dict[str, None] = {}
        self._tally = Tally()
        self._event_time: Seconds | None = None
        self._sent_at: Seconds | None = None

    @cached_property
    def _places(self) -> RoadPlaces:
        return RoadPlaces(self._city.network)

    def _place_of(self, command: Command) -> Place:
        return self._places(command)

    def _units_at(self, segment_id: str, offset_m: float) -> tuple[str, ...]:
        segment = self._city.network.index_of(segment_id) if self._jurisdictions else None
        if self._jurisdictions is None or segment is None:
            return ()
        return self._jurisdictions.units_of(segment, offset_m)

    def _why_unknown(self, command: Command) -> str | None:
        """Say which patrol, unit or plan of a command nobody knows.

        Units are those of the polygons, where there are any, and beside them whom plans send and
        of whom patrols say that they are.
        """
        patrols = self._patrols.known
        units = set(self._jurisdictions.units if self._jurisdictions else ())
        if units:
            units |= {unit for plan in self._plans for unit in plan.sends}
            units |= {patrol.unit for patrol in patrols if patrol.unit is not None}
        return KnownNames(
            units, {one.patrol_id for one in patrols}, {plan.name for plan in self._plans}
        ).why_unknown(command)

    def note_published(self, alert: Alert) -> None:
        """Take note of an alert version on the topic."""
        self._book.note(alert)

    def note_answered(self, result: CommandResult) -> None:
        """Take note of an answer on the topic."""
        self._remember(result.command_id)
        if not result.is_accepted:
            self._book.note_refused(result)

    def step(
        self, minute: CityMinute, sent_at: Seconds | None, detected: Sequence[Alert]
    ) -> list[Alert]:
        """Take a minute and its alerts of the detector; give the versions of cases they make."""
        now = minute.event_time
        if not self._is_closing(minute, sent_at):
            self._event_time, self._sent_at = now, sent_at
        made = self._book.detect(detected)
        news = self._road.step(minute.minute_start, minute.states, self._book.cases)
        made += [*self._book.hear(news, now), *self._book.pass_time(now)]
        made += self._book.lose(self._patrols.vanished(now, self._book.cases), now)
        chosen = self._patrols.step(now, minute.states, self._book.cases)
        made += self._book.propose(chosen, now)
        if not _is_measured(minute):
            return made  # how the roads are, nobody knows: the ways around stay as they were told
        around = self._detours.step(now, minute.states, self._book.cases)
        return made + self._book.reroute(detours_of(around), now)

    def tick(self, now: Seconds, sent_at: Seconds | None, detected: Sequence[Alert]) -> list[Alert]:
        """Take what the detector tells between two minutes; give the versions of cases it makes.

        Who should go there is said with the next minute, which knows how the roads are.
        """
        if not detected:
            return []
        self._event_time, self._sent_at = now, sent_at
        return self._book.detect(detected)

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take a command; give the version that it makes and its answer, or what is refused.

        Of what patrols say give what is refused.
        """
        if message.topic == topics.PATROLS:
            return self._patrols.take(message)
        data = message.content if isinstance(message.content, bytes) else b""
        self._tally.take(1)
        try:
            command = msgspec.json.decode(data, type=Command)
            at = None if command.at is None else moment(command.at, "at")
        except (*NO_JSON, ValueError) as error:
            return self._refuse(message, data, error)
        self._tally.rows_used += 1
        now, is_off = self._city_time(at, message.sent_at)
        known = self._book.cases
        result = self._book.take(command, now, command.at if is_off else None)
        case = self._book.case(result.alert_id or "")
        out = []
        if result.is_accepted and case is not None and case not in known:
            out.append(told(topics.ALERTS, case, self._city))
        return out + self._answer(result)

    def counts(self, stage: str, watermark: Seconds | None) -> list[StageCounts]:
        """Give what was counted."""
        of_commands = self._tally.counts(stage, 0, topics.ALERT_COMMANDS, watermark)
        return [of_commands, self._patrols.counts(stage, watermark)]

    def warm_up(self) -> None:
        """Compile every kernel."""
        self._patrols.warm_up()

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._book, self._road, self._patrols, self._detours, self._tally = (
            restored(self._book, state.book),
            restored(self._road, state.road),
            restored(self._patrols, state.patrols),
            restored(self._detours, state.detours),
            restored(self._tally, state.tally),
        )
        self._answered = dict.fromkeys(state.answered)
        self._event_time, self._sent_at = state.event_time, state.sent_at

    def _state(self) -> _CaseDeskState:
        return _CaseDeskState(
            self._book.snapshot(), self._road.snapshot(), self._patrols.snapshot(),
            self._detours.snapshot(), list(self._answered), self._tally.snapshot(),
            self._event_time, self._sent_at,
        )  # fmt: skip

    def _is_closing(self, minute: CityMinute, sent_at: Seconds | None) -> bool:
        """Tell whether a minute only closes a recording: the city's clock stands still then."""
        if sent_at is None or self._sent_at is None or sent_at - self._sent_at >= AT_ONCE_S:
            return False
        return not _is_measured(minute)

    def _city_time(self, at: Seconds | None, sent_at: Seconds | None) -> tuple[Seconds, bool]:
        """Give when a command was said in the city's time, and whether its own clock is off."""
        is_off = at is not None and sent_at is not None and abs(at - sent_at) > CLOCK_OFF_S
        said = sent_at if at is None or is_off else at
        if self._event_time is None or self._sent_at is None or sent_at is None:
            return (said if said is not None else self._event_time or 0.0), is_off
        if self._sent_at - self._event_time > RECORDED_S:
            return self._event_time + max(0.0, sent_at - self._sent_at), is_off
        return (said if said is not None else sent_at), is_off

    def _answer(self, result: CommandResult) -> list[Outgoing]:
        if result.command_id in self._answered:
            self._tally.repeats += 1
            return []
        self._remember(result.command_id)
        self._tally.rows_out += 1
        data, key = msgspec.json.encode(result), result.command_id.encode()
        return [Outgoing(topics.COMMAND_RESULTS, 0, data, key)]

    def _remember(self, command_id: str) -> None:
        self._answered[command_id] = None
        while len(self._answered) > ANSWERS_KEPT:
            del self._answered[next(iter(self._answered))]

    def _refuse(self, message: Incoming, data: bytes, error: Exception) -> list[Outgoing]:
        """Give the letter of what is no command, and an answer where it says whose."""
        is_json = isinstance(error, msgspec.ValidationError) or not isinstance(
            error, msgspec.DecodeError | UnicodeDecodeError
        )
        reason = Reason.WRONG_TYPE if is_json else Reason.INVALID_JSON
        refusal = Refusal(
            topics.ALERT_COMMANDS, None, reason, "one command, a JSON object", None,
            shorten(str(error)),
        )  # fmt: skip
        self._tally.refuse([refusal])
        letters = letters_of_records(message, data, [refusal], UNKNOWN)
        self._tally.dead_letters += len(letters)
        try:
            named = msgspec.json.decode(data, type=_Named)
        except NO_JSON:
            return letters
        case = self._book.case(named.alert_id or "")
        version = case.version if case else None
        result = CommandResult(
            named.command_id, named.alert_id, False, str(error), version, "malformed"
        )
        return letters + self._answer(result)


def told(topic: str, alert: Alert, city: City) -> Outgoing:
    """Give an alert version on its way to a topic."""
    headers = cloudevents_headers(alert, topic, city.network.name)
    return Outgoing(topic, 0, msgspec.json.encode(alert), alert.alert_id.encode(), headers)


def _is_measured(minute: CityMinute) -> bool:
    """Tell whether anything was measured in a minute."""
    measured = pa.array(sorted(MEASURED))
    return any(
        pc.any(pc.is_in(batch["quality"], value_set=measured)).as_py() for batch in minute.states
    )
