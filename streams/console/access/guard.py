"""Says who a request is from."""

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from streams.console.access.person import DEMO, Person

PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")
"""Headers by which a proxy says that a request came from elsewhere."""


class Guard:
    """Remembers who may command.

    Without users it is who sits at this machine, as the demo operator, and only while nobody else
    can reach the console.
    """

    def __init__(self, *, is_open: bool = False) -> None:
        """Make a guard; `is_open` says that other machines reach the console."""
        self._is_open = is_open

    def person(self, request: web.Request) -> Person:
        """Give who a request is from."""
        why = self._why_not_demo(request)
        if why is not None:
            return Person(None, "viewer", why_read_only=why)
        return Person(DEMO, "operator", is_demo=True)

    def _why_not_demo(self, request: web.Request) -> str | None:
        if self._is_open:
            return "this console listens beyond this machine and has no users: no command is taken"
        if not is_loopback(request.remote or ""):
            return "without users, commands are taken from this machine only"
        name = urlsplit(f"//{request.host}").hostname or ""
        if name != "localhost" and not is_loopback(name):
            return f"without users, commands are taken under localhost only, not {name}"
        if any(header in request.headers for header in PROXIED):
            return "without users, no command is taken through a proxy"
        return None


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
    is_foreign = origin is not None and urlsplit(origin).netloc != request.host
    return origin if is_foreign else None
