"""Logging in and out, and the door in front of everything else."""

import asyncio
import math
from typing import Annotated
from urllib.parse import quote

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from msgspec import Meta

from streams.console.access.guard import COOKIE, Guard, foreign_origin
from streams.console.access.sessions import LASTS_S
from streams.console.access.users import LONGEST, User, is_password
from streams.no_json import NO_JSON

LONGEST_BYTES = 4096
"""A longer login is refused. Unit: bytes. Source: chosen, a name and a password."""
OPEN = (
    "/login", "/api/login", "/api/logout", "/api/session", "/api/commands", "/api/export/",
    "/api/openapi.json", "/health", "/metrics", "/static/",
)  # fmt: skip
"""What is answered without logging in: what is public, and commands with why they are not done.
Addresses, and where one ends with / all below it."""
AT_ONCE = 2
"""So many passwords are looked at side by side. Unit: count. Source: chosen, as each takes 64 MiB.
"""


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who logs in."""

    name: Annotated[str, Meta(max_length=100)]
    password: Annotated[str, Meta(max_length=LONGEST)]


class Door:
    """Lets people in; remembers how many passwords are being looked at."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._turn = asyncio.Semaphore(AT_ONCE)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the addresses."""
        router.add_post("/api/login", self._log_in)
        router.add_post("/api/logout", self._log_out)

    @property
    def keeper(self) -> Middleware:
        """Give the middleware that turns away who is not logged in."""

        @web.middleware
        async def keep(request: web.Request, handler: Handler) -> web.StreamResponse:
            guard, path = self._guard, request.path
            if is_open(path) or guard.may_look(person := guard.person(request)):
                return await handler(request)
            if path.startswith("/api/") or guard.user_header is not None:
                raise web.HTTPUnauthorized(reason=person.why_read_only)
            raise web.HTTPSeeOther(f"/login?next={quote(request.path_qs)}")

        return keep

    async def _log_in(self, request: web.Request) -> web.Response:
        sessions, users = self._guard.sessions, self._guard.users
        if sessions is None or users is None or self._guard.user_header is not None:
            raise web.HTTPNotFound(reason="nobody logs in here")
        login = await _login(request)
        address = request.remote or ""
        async with self._turn:
            if (wait_s := sessions.wait_s(address)) > 0:
                raise _too_many(wait_s)
            user = users.find(login.name)
            is_right = await asyncio.to_thread(is_password, user, login.password)
        if user is None or not is_right:
            sessions.fail(address)
            self._guard.note(request, "login_refused", login.name)
            raise web.HTTPUnauthorized(reason="name or password is wrong")
        self._guard.note(request, "login", user.name)
        return self._let_in(request, user, sessions.begin(user))

    def _let_in(self, request: web.Request, user: User, token: str) -> web.Response:
        response = web.json_response(body=msgspec.json.encode(user.person()))
        is_secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(
            COOKIE, token, max_age=int(LASTS_S), path="/", httponly=True, samesite="Strict",
            secure=is_secure,
        )  # fmt: skip
        return response

    async def _log_out(self, request: web.Request) -> web.Response:
        if foreign_origin(request) is not None:
            raise web.HTTPForbidden(reason="of a page of another place")
        if self._guard.sessions is not None:
            self._guard.note(request, "logout", self._guard.person(request).name)
            self._guard.sessions.end(request.cookies.get(COOKIE, ""))
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
        return response


def is_open(path: str) -> bool:
    """Tell whether an address is answered without logging in."""
    return any(path == one or (one[-1] == "/" and path.startswith(one)) for one in OPEN)


def _too_many(wait_s: float) -> web.HTTPTooManyRequests:
    return web.HTTPTooManyRequests(
        reason=f"too many wrong passwords: wait {math.ceil(wait_s / 60)} min",
        headers={"Retry-After": f"{math.ceil(wait_s)}"},
    )


async def _login(request: web.Request) -> Login:
    if (origin := foreign_origin(request)) is not None:
        raise web.HTTPForbidden(reason=f"a page of {origin} may not log in here")
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="expected application/json")
    body = await request.read()
    try:
        if len(body) > LONGEST_BYTES:
            raise msgspec.ValidationError(f"longer than {LONGEST_BYTES} bytes")
        return msgspec.json.decode(body, type=Login)
    except NO_JSON as error:
        raise web.HTTPUnprocessableEntity(reason=" ".join(str(error).split())) from error
