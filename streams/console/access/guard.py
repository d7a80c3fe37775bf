"""Says who a request is from, and what they may not."""

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from aiohttp import web

from incidents.case_records import Command
from incidents.records import Alert, iso
from streams.console.access.audit import Audit, Entry, What
from streams.console.access.person import DEMO, Person
from streams.console.access.sessions import Sessions
from streams.console.access.users import Users

COOKIE = "clearway-session"
PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")
"""Headers by which a proxy says that a request came from elsewhere."""

UnitsOf = Callable[[Command], Sequence[str]]
"""Gives the units of the place that a command names; raises ValueError where it is on no road."""


class Guard:
    """Remembers who may command, and who is logged in.

    Without users it is who sits at this machine, as the demo operator, and only while nobody else
    can reach the console. With `user_header` a proxy on this machine says who it is.
    """

    def __init__(
        self,
        users: Users | None = None,
        *,
        is_open: bool = False,
        user_header: str | None = None,
        audit: Audit | None = None,
        units_of: UnitsOf = lambda _: (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make a guard; `is_open` says that other machines reach the console."""
        self.users, self.user_header = users, user_header
        self.sessions = Sessions(users, clock) if users is not None else None
        self._is_open, self._audit = is_open, audit or Audit()
        self._units_of, self._clock = units_of, clock

    def person(self, request: web.Request) -> Person:
        """Give who a request is from."""
        if self.users is None or self.sessions is None:
            why = self._why_not_demo(request)
            if why is not None:
                return Person(None, "viewer", why_read_only=why)
            return Person(DEMO, "operator", is_demo=True)
        if self.user_header is not None:
            return self._named_by_proxy(request, self.users, self.user_header)
        user = self.sessions.user(request.cookies.get(COOKIE, ""))
        return _nobody("nobody is logged in") if user is None else user.person()

    def may_look(self, person: Person) -> bool:
        """Tell whether somebody may see what is on the board."""
        return self.users is None or person.name is not None

    def why_not(self, person: Person, command: Command, cases: Mapping[str, Alert]) -> str | None:
        """Say why somebody may not give a command, None where they may."""
        if person.why_read_only is not None:
            return person.why_read_only
        if not person.is_demo and command.actor != person.name:
            return f"actor {command.actor!r}, but {person.name} is logged in"
        if not person.units:
            return None
        for alert_id in (command.alert_id, command.into):
            case = cases.get(alert_id or "")
            if alert_id is not None and (why := why_not_theirs(person, case)) is not None:
                return why
        if command.action == "create" or command.longitude is not None or command.segment_id:
            try:
                path = self._units_of(command)
            except ValueError:
                return None  # no such place: who does the command says so
            if not set(path) & set(person.units):
                return f"the place is of {_path(path)}, {person.name} of {_path(person.units)}"
        return None

    def note(self, request: web.Request, what: What, user: str | None, **more: str | None) -> None:
        """Keep a line of what somebody did."""
        self._audit.note(Entry(iso(self._clock()), what, user, request.remote, **more))

    def _named_by_proxy(self, request: web.Request, users: Users, header: str) -> Person:
        if not is_loopback(request.remote or ""):
            return _nobody("this console is reached through its proxy only")
        name = request.headers.get(header)
        if not name:
            return _nobody(f"the proxy sent no {header}")
        user = users.find(name)
        return _nobody(f"{name} is not among the users") if user is None else user.person()

    def _why_not_demo(self, request: web.Request) -> str | None:
        if self._is_open:
            return "this console listens beyond this machine and has no users: no command is taken"
        if not is_loopback(request.remote or ""):
            return "without users, commands are taken from this machine only"
        name = _host_name(request)
        if name != "localhost" and not is_loopback(name):
            return f"without users, commands are taken under localhost only, not {name}"
        if any(header in request.headers for header in PROXIED):
            return "without users, no command is taken through a proxy"
        return None


def why_not_theirs(person: Person, case: Alert | None) -> str | None:
    """Say why a case is not of somebody's units, None where it is."""
    if not person.units or (case is not None and set(case.unit_path) & set(person.units)):
        return None
    of = "nobody known" if case is None else _path(case.unit_path)
    return f"the case is of {of}, {person.name} of {_path(person.units)}"


def _path(units: Sequence[str]) -> str:
    return ", ".join(units) or "no unit"


def _nobody(why: str) -> Person:
    return Person(None, "viewer", why_read_only=why)


def is_loopback(address: str) -> bool:
    """Tell whether a host's address or name is of this machine itself."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def foreign_origin(request: web.Request) -> str | None:
    """Give the origin of another place's page that sent a request, None where there is none."""
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    try:
        is_ours = urlsplit(origin).netloc == request.host
    except ValueError:
        is_ours = False
    return None if is_ours else origin


def _host_name(request: web.Request) -> str:
    """Give the name in a request's Host; one that is no address is given as it is."""
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return request.host
