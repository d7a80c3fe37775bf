"""The past over HTTP: which days can be looked back at, and a minute of them."""

import asyncio

import msgspec
from aiohttp import web

from streams.console.past.past import NotStoredError, Past, moment_of
from streams.console.static_files import packed_answer

AT_ONCE = 2
"""So many minutes are read at the same time. Unit: count. Source: chosen; one takes a core for a
moment, and live pages must not wait for it."""
MOST_WAITING = 16
"""And so many wait; who comes then is told to ask again. Unit: count. Source: chosen, some seconds
of reading."""


class PastRoutes:
    """Answers what was; remembers how many are being answered."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting_count = 0

    def add_to(self, app: web.Application) -> None:
        """Add the addresses."""
        app.router.add_get("/api/past/days", self._days)
        app.router.add_get("/api/past", self._minute)

    async def _days(self, request: web.Request) -> web.Response:
        async with self._turn:
            days = await asyncio.to_thread(self._past.days)
        response = web.Response(body=msgspec.json.encode(days), content_type="application/json")
        response.enable_compression()
        return response

    async def _minute(self, request: web.Request) -> web.Response:
        """Answer the minute that `at` is in."""
        try:
            time = moment_of(request.query.get("at", ""))
        except ValueError as error:
            raise web.HTTPBadRequest(reason=str(error)) from error
        if self._waiting_count >= MOST_WAITING:
            reason = f"{MOST_WAITING} others wait for a minute of the past: ask again"
            raise web.HTTPServiceUnavailable(reason=reason)
        self._waiting_count += 1
        try:
            async with self._turn:
                packed = await asyncio.to_thread(self._past.packed, time)
        except NotStoredError as error:
            raise web.HTTPNotFound(reason=str(error)) from error
        finally:
            self._waiting_count -= 1
        return packed_answer(request, packed, "application/json")
