"""Where the patrols are, as they last said, and what is theirs to do."""

import msgspec

from incidents.cases.table import NEXT
from incidents.dispatch.patrols import FORGET_S, Patrol
from incidents.records import Alert
from ingest.raw import split_records
from streams.stages.patrol_desk import patrol_of


class PatrolNews(msgspec.Struct, frozen=True):
    """The patrols that said something since the last news."""

    patrols: list[Patrol]


class PatrolWork(msgspec.Struct, frozen=True):
    """A patrol, None where it never spoke or has vanished, and its cases, the gravest first."""

    patrol: Patrol | None
    sent: list[Alert]
    proposed: list[Alert]


class PatrolBoard:
    """Remembers what each patrol said last; one that is silent for a day is forgotten."""

    def __init__(self) -> None:
        self._patrols: dict[str, Patrol] = {}
        self._news: dict[str, Patrol] = {}

    def take(self, data: bytes) -> None:
        """Take one or many. Raises ValueError or MsgspecError where one is none; others count."""
        trouble: Exception | None = None
        for record in split_records(data):
            try:
                patrol = patrol_of(record)
            except (ValueError, msgspec.MsgspecError) as error:
                trouble = error
                continue
            known = self._patrols.get(patrol.patrol_id)
            if known is None or known.event_time <= patrol.event_time:
                self._patrols[patrol.patrol_id] = self._news[patrol.patrol_id] = patrol
        if trouble is not None:
            raise trouble

    def patrols(self) -> list[Patrol]:
        """Give every patrol that is not forgotten, by name."""
        newest = max((one.event_time for one in self._patrols.values()), default=0.0)
        for patrol in list(self._patrols.values()):
            if newest - patrol.event_time > FORGET_S:
                del self._patrols[patrol.patrol_id]
        return [self._patrols[name] for name in sorted(self._patrols)]

    def patrol(self, patrol_id: str) -> Patrol | None:
        """Give what a patrol said last."""
        return self._patrols.get(patrol_id)

    def news(self) -> PatrolNews | None:
        """Give who said something since this was last asked, None where nobody did."""
        news, self._news = list(self._news.values()), {}
        return PatrolNews(news) if news else None

    def work(self, patrol_id: str, alerts: list[Alert]) -> PatrolWork:
        """Give what is a patrol's to do among alerts: where it was sent, and where it may be."""
        of = [one for one in alerts if one.patrol is not None and one.patrol.id == patrol_id]
        return PatrolWork(
            self.patrol(patrol_id),
            [one for one in of if one.state in ("dispatched", "arrived", "clearing")],
            [one for one in of if (one.state, "propose") in NEXT],
        )
