"""What patrols say, and whom they make the first choice for each case."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from incidents.case_records import AssignedPatrol
from incidents.cases.decisions import moment
from incidents.cases.table import NEXT
from incidents.dispatch.patrols import Patrol, Patrols
from incidents.dispatch.settings import DispatchSettings
from incidents.records import Alert
from ingest.raw import split_records
from ingest.refusals import Reason, Refusal, shorten
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.time_zone import UNKNOWN
from ingest.units import Seconds
from streams import topics
from streams.city import City
from streams.stages.counts import StageCounts, Tally
from streams.stages.messages import Incoming, Outgoing
from streams.stages.refused import letters_of_records

NEWS_S = 60.0
"""A patrol whose way became so much longer or shorter is proposed anew. Unit: s. Source: chosen, a
minute."""


class _PatrolDeskState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    patrols: bytes | None  # None before the first has spoken
    proposed: dict[str, Seconds]
    tally: bytes


class PatrolDesk:
    """Remembers the patrols, none before the first has spoken, and when it chose for each case.

    Messages are JSON objects, arrays or lines of them; those that are none go to dead letters.
    """

    def __init__(self, city: City, settings: DispatchSettings | None = None) -> None:
        self._city, self._settings = city, settings or DispatchSettings()
        self._patrols: Patrols | None = None
        self._proposed: dict[str, Seconds] = {}
        self._tally = Tally()

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take what patrols say; give the letters of what is refused."""
        data = message.content if isinstance(message.content, bytes) else b""
        refusals: list[Refusal] = []
        try:
            records = split_records(data)
        except ValueError as error:
            records = []
            refusals.append(_refusal(None, Reason.INVALID_JSON, error))
        for position, record in enumerate(records):
            try:
                patrol = patrol_of(record)
            except (msgspec.MsgspecError, ValueError) as error:
                refusals.append(_refusal(position, Reason.WRONG_TYPE, error))
                continue
            if self._patrols is None:
                self._patrols = Patrols(self._city.network, self._settings)
            self._patrols.take(patrol)
        self._tally.take(max(len(records), 1))
        self._tally.rows_used += max(len(records), 1) - len(refusals)
        self._tally.refuse(refusals)
        letters = letters_of_records(message, data, refusals, UNKNOWN)
        self._tally.dead_letters += len(letters)
        return letters

    def step(
        self, now: Seconds, states: Sequence[pa.RecordBatch], cases: Sequence[Alert]
    ) -> dict[str, AssignedPatrol | None]:
        """Take a minute's speeds; give by case the patrols that are another choice than before.

        None is given where the one that was proposed cannot be sent and no other can.
        """
        if self._patrols is None:
            return {}
        self._patrols.pass_minute(now, states)
        waiting = [case for case in cases if (case.state, "propose") in NEXT]
        ids = {case.alert_id for case in waiting}
        self._proposed = {k: time for k, time in self._proposed.items() if k in ids}
        due = [case for case in waiting if self._is_due(self._patrols, case, now)]
        due.sort(key=lambda case: -case.severity)
        news: dict[str, AssignedPatrol | None] = {}
        for case in due[: self._settings.a_minute]:
            self._proposed[case.alert_id] = now
            found = self._patrols.propose(case, now)
            if _is_news(case.patrol, found):
                news[case.alert_id] = found
        return news

    def vanished(self, now: Seconds, cases: Sequence[Alert]) -> dict[str, str]:
        """Give by case why the patrol that was sent there, and is not there yet, is not coming."""
        if self._patrols is None:
            return {}
        found = {
            case.alert_id: self._patrols.why_gone(case.patrol.id, now)
            for case in cases
            if (case.state, "unanswered") in NEXT and case.patrol is not None
        }
        return {alert_id: why for alert_id, why in found.items() if why is not None}

    @property
    def known(self) -> list[Patrol]:
        """Give what every patrol said last that spoke within a day."""
        return [] if self._patrols is None else self._patrols.known

    def counts(self, stage: str, watermark: Seconds | None) -> StageCounts:
        """Give what was counted."""
        return self._tally.counts(stage, 0, topics.PATROLS, watermark)

    def warm_up(self) -> None:
        """Compile what a proposal needs."""
        Patrols(self._city.network, self._settings).warm_up()

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        tally = restored(self._tally, state.tally)
        patrols = None
        if state.patrols is not None:
            patrols = Patrols(self._city.network, self._settings)
            patrols.restore(state.patrols)
        self._patrols, self._tally, self._proposed = patrols, tally, state.proposed

    def _state(self) -> _PatrolDeskState:
        patrols = None if self._patrols is None else self._patrols.snapshot()
        return _PatrolDeskState(patrols, self._proposed, self._tally.snapshot())

    def _is_due(self, patrols: Patrols, case: Alert, now: Seconds) -> bool:
        since = self._proposed.get(case.alert_id)
        if since is None or now - since >= self._settings.again_s:
            return True
        return case.patrol is not None and not patrols.is_ready(case.patrol.id, now)


def _is_news(was: AssignedPatrol | None, found: AssignedPatrol | None) -> bool:
    if was is None or found is None or was.id != found.id:
        return was != found
    return abs((was.eta_s or 0.0) - (found.eta_s or 0.0)) >= NEWS_S


def patrol_of(record: bytes) -> Patrol:
    """Give what a record says. Raises ValueError or MsgspecError where it is none of a patrol."""
    try:
        fields: dict[str, Any] = msgspec.json.decode(record, type=dict)
    except RecursionError as error:  # nested ever deeper
        raise ValueError(str(error)) from error
    time = fields.get("event_time")
    if not isinstance(time, str):
        raise ValueError(f"event_time {time!r}, expected ISO 8601 with an offset from UTC")
    return msgspec.convert({**fields, "event_time": moment(time, "event_time")}, Patrol)


def _refusal(position: int | None, reason: Reason, error: Exception) -> Refusal:
    expected = "a patrol: patrol_id, event_time, longitude, latitude, status"
    return Refusal(topics.PATROLS, position, reason, expected, None, shorten(str(error)))
