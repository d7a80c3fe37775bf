"""Commands and detections for tests of cases."""

from typing import Any

import msgspec
from msgspec.structs import replace

from incidents.case_records import Command, CommandResult, Place
from incidents.cases.book import CaseBook
from incidents.cases.settings import CaseSettings
from incidents.records import Alert, iso
from tests.streams.console.messages import MINUTE, alert

__all__ = ["MINUTE", "Desk", "detected", "place_of"]


def place_of(command: Command) -> Place:
    """Give a place on any segment but `nowhere`."""
    if command.segment_id == "nowhere":
        raise ValueError("segment_id 'nowhere' is not in the network")
    segment = command.segment_id or "s9"
    return Place(segment, 5.0, 121.5, 31.2, 121.5045, 31.1979, "some road")


def detected(alert_id: str = "d1", version: int = 1, at: float = MINUTE, **changes: Any) -> Alert:
    """Give a version of the detector, decided at a time."""
    plain = msgspec.json.decode(alert(alert_id, changes.pop("segment_id", "s1")), type=Alert)
    state = changes.pop("state", "open" if version == 1 else "updated")
    return replace(
        plain, version=version, state=state, event_time=iso(at), onset_time=iso(at - 120),
        **changes,
    )  # fmt: skip


class Desk:
    """A book with an operator who numbers the commands."""

    def __init__(self, **settings: Any) -> None:
        self.book = CaseBook(place_of, CaseSettings(**settings))
        self.count = 0

    def tell(self, action: str, alert_id: str | None = "d1", at: float = MINUTE + 30.0,
             **more: Any) -> CommandResult:  # fmt: skip
        """Give a command."""
        self.count += 1
        more = {"command_id": f"c{self.count}", "actor": "li", **more}
        command = Command(action=action, alert_id=alert_id, **more)  # type: ignore[arg-type]
        return self.book.take(command, at)

    def case(self, alert_id: str = "d1") -> Alert:
        """Give the newest version of a case."""
        case = self.book.case(alert_id)
        assert case is not None
        return case
