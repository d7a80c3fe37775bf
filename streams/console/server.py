"""The console's HTTP side: the page, its data, live events, health and metrics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from aiohttp import web
from aiohttp_sse import EventSourceResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from streams.console import commands
from streams.console.access.guard import Guard
from streams.console.access.login import Door
from streams.console.board import MOST_OPERATORS, Board, Event
from streams.console.exports import Exports
from streams.console.field_routes import FieldRoutes
from streams.console.history.routes import HistoryRoutes
from streams.console.hub import Client, Hub, PackedEvents
from streams.console.interface.document import openapi
from streams.console.interface.operation import Trouble
from streams.console.layers.routes import LayerRoutes
from streams.console.metrics import registry_of
from streams.console.past.past import Past
from streams.console.past.routes import PastRoutes
from streams.console.places import Places
from streams.console.response_routes import ResponseRoutes
from streams.console.search import Search
from streams.console.static_files import StaticFile, packed_answer, static_files, takes_gzip

PAGES = {
    "/": "index.html", "/login": "login.html", "/handover": "handover.html",
    "/patrol/{patrol_id}": "patrol.html",
}  # fmt: skip
HEALTH_EVERY_S = 1.0
"""How often pages get the feeds' health where it has changed. Unit: s. Source: chosen, as often as
a clock on the page moves."""
GZIP_FROM_BYTES = 1024
"""Shorter answers are sent as they are. Unit: bytes. Source: chosen, about one network packet."""

BOARD = web.AppKey("board", Board)
HUB = web.AppKey("hub", Hub)
GUARD = web.AppKey("guard", Guard)
SENDER = web.AppKey("sender", commands.Sender)
REGISTRY = web.AppKey("registry", CollectorRegistry)
PLACES = web.AppKey("places", Places)
OPENAPI = web.AppKey("openapi", dict[str, Any])
FILES = web.AppKey("files", dict[str, StaticFile])

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    # MapLibre draws its icons from data: URLs and styles elements through the DOM, not in markup.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; worker-src 'self' blob:; font-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def build_app(
    board: Board,
    sender: commands.Sender | None = None,
    guard: Guard | None = None,
    places: Places | None = None,
    past: Past | None = None,
) -> web.Application:
    """Give the application that serves the board and sends its changes to the pages at once.

    `sender` carries commands; without one they are not answered. `guard` says who people are,
    `places` whose the roads are, `past` what was.
    """
    guard = guard or Guard()
    door = Door(guard)
    app = web.Application(middlewares=[_errors_as_json, door.keeper])
    hub = Hub()
    board.listen(hub.publish)
    app[BOARD] = board
    app[HUB] = hub
    app[GUARD] = guard
    door.add_routes(app.router)
    if sender is not None:
        app[SENDER] = sender
    app[REGISTRY] = registry_of(board, hub)
    app[FILES] = static_files()
    app[OPENAPI] = openapi()
    app.on_response_prepare.append(_add_headers)
    app.cleanup_ctx.append(_health_pulse)
    app.on_shutdown.append(_end_streams)
    for path, file in PAGES.items():
        app.router.add_get(path, partial(_page, file))
    app.router.add_get("/health", _health)
    app.router.add_get("/metrics", _metrics)
    app.router.add_get("/api/openapi.json", _openapi)
    app.router.add_get("/api/session", _session)
    app.router.add_get("/api/alerts", _alerts)
    app.router.add_get("/api/jams", _jams)
    app.router.add_get("/api/areas", _areas)
    app.router.add_get("/api/corridors", _corridors)
    app.router.add_get("/api/alerts/{alert_id}/actions", _actions)
    app.router.add_get("/api/alarm-load", _alarm_load)
    app.router.add_post("/api/commands", _commands)
    app.router.add_get("/api/segments.geojson", _segments)
    app.router.add_get("/api/roads", _roads)
    app.router.add_get("/api/states", _states)
    app.router.add_get("/api/events", _events, allow_head=False)
    app.router.add_get("/static/{name:.*}", _static)
    Exports(board).add_to(app)
    places = app[PLACES] = places or Places(board.network, None)
    FieldRoutes(board, places).add_to(app)
    LayerRoutes(board, places).add_to(app)
    ResponseRoutes(board, places).add_to(app)
    HistoryRoutes(board).add_to(app)
    Search(board, places).add_to(app)
    PastRoutes(past or Past(None, board.network)).add_to(app)
    app.router.add_get("/api/service", _service)
    return app


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-cache")


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        body = Trouble(error.reason, request.method, request.path)
        response = _json(request, body, status=error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except web.RequestPayloadError as error:  # it is not of its Content-Encoding, or torn
        reason = f"the body cannot be read: {' '.join(str(error).split())}"
        return _json(request, Trouble(reason, request.method, request.path), status=400)


def _json(request: web.Request, record: Any, status: int = 200) -> web.Response:
    data = msgspec.json.encode(record)
    response = web.Response(body=data, status=status, content_type="application/json")
    if len(data) >= GZIP_FROM_BYTES:
        response.enable_compression()
    return response


async def _page(file: str, request: web.Request) -> web.Response:
    return request.app[FILES][file].answer(request)


async def _static(request: web.Request) -> web.Response:
    file = request.app[FILES].get(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound
    return file.answer(request)


async def _health(request: web.Request) -> web.Response:
    """Answer 200 while the console serves; `status` says whether broker and feed are there."""
    board = request.app[BOARD]
    return _json(request, board.health(with_history=True))


async def _metrics(request: web.Request) -> web.Response:
    body = generate_latest(request.app[REGISTRY])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _alerts(request: web.Request) -> web.Response:
    return _json(request, request.app[BOARD].alerts())


async def _jams(request: web.Request) -> web.Response:
    return _json(request, request.app[BOARD].jams.jams())


async def _areas(request: web.Request) -> web.Response:
    """Answer how congested the city and its districts are now."""
    return _json(request, request.app[BOARD].segments.indices())


async def _corridors(request: web.Request) -> web.Response:
    """Answer how long the corridors take now."""
    corridors = request.app[PLACES].corridors
    return _json(request, request.app[BOARD].segments.corridor_times(corridors))


async def _openapi(request: web.Request) -> web.Response:
    return _json(request, request.app[OPENAPI])


async def _session(request: web.Request) -> web.Response:
    """Say who is asking."""
    return _json(request, request.app[GUARD].person(request))


async def _actions(request: web.Request) -> web.Response:
    """Say what who is asking may command of a case."""
    person = request.app[GUARD].person(request)
    found = request.app[BOARD].actions(request.match_info["alert_id"], person)
    if found is None:
        raise web.HTTPNotFound(reason="no such alert")
    return _json(request, found)


async def _alarm_load(request: web.Request) -> web.Response:
    """Answer how much the alarms of the last day ask of each of `operators` (1 unless told)."""
    told = request.query.get("operators", "1")
    try:
        operator_count = int(told)
        if operator_count < 1:
            raise ValueError(told)
    except ValueError:
        reason = f"operators {' '.join(told.split())}, expected a whole number from 1"
        raise web.HTTPBadRequest(reason=reason) from None
    if operator_count > MOST_OPERATORS:
        raise web.HTTPBadRequest(reason=f"operators: expected {MOST_OPERATORS} at most")
    return _json(request, request.app[BOARD].alarm_load(operator_count))


async def _commands(request: web.Request) -> web.Response:
    board, sender = request.app[BOARD], request.app.get(SENDER)
    return await commands.answer(request, request.app[GUARD], board, sender)


async def _service(request: web.Request) -> web.Response:
    """Answer the numbers of the service, null before anything is known."""
    return _json(request, request.app[BOARD].service_report())


async def _states(request: web.Request) -> web.Response:
    states = request.app[BOARD].states()
    ids = request.query.get("ids")
    if ids not in (None, "no"):
        raise web.HTTPBadRequest(reason=f"ids {' '.join(ids.split())}, expected no")
    if ids == "no":  # who has the segments knows them by their places
        states = msgspec.structs.replace(states, segment_ids=[])
    return _json(request, states)


async def _segments(request: web.Request) -> web.Response:
    return packed_answer(request, request.app[PLACES].packed_segments, "application/geo+json")


async def _roads(request: web.Request) -> web.Response:
    return packed_answer(request, request.app[PLACES].packed_roads, "application/json")


async def _events(request: web.Request) -> web.StreamResponse:
    """Stream events to one page until it leaves, falls behind, may look no longer or all ends."""
    hub, guard = request.app[HUB], request.app[GUARD]
    client = Client(task=asyncio.current_task())
    try:
        stream = PackedEvents() if takes_gzip(request) else EventSourceResponse()
        await stream.prepare(request)
        async with stream:
            place = hub.join(client, request.headers.get("Last-Event-ID"))
            await stream.send("{}", event="hello", id=place, retry=1000)
            while True:
                event = await client.queue.get()
                if not guard.may_look(guard.person(request)):
                    break
                if isinstance(stream, PackedEvents):
                    await stream.write_packed(event.packed)
                else:
                    await stream.send(event.data, event=event.name, id=event.id)
    except ConnectionError:
        pass
    except asyncio.CancelledError:
        # Cancelled by the hub: the connection ends, and the page connects anew.
        if request.transport is not None:
            request.transport.abort()
        raise
    finally:
        hub.leave(client)
    return stream


async def _health_pulse(app: web.Application) -> AsyncIterator[None]:
    async def pulse() -> None:
        last = None
        while True:
            health = app[BOARD].health()
            if health != last:
                app[HUB].publish(Event("health", health))
                last = health
            app[BOARD].tell_jams()
            news = app[BOARD].patrols.news()
            if news is not None:
                app[HUB].publish(Event("patrols", news))
            await asyncio.sleep(HEALTH_EVERY_S)

    task = asyncio.create_task(pulse())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _end_streams(app: web.Application) -> None:
    app[HUB].close()
