"""Patrols and units over HTTP: where they are, what is theirs, and the way there."""

import asyncio

import msgspec
from aiohttp import web

from incidents.dispatch.ways import Ways
from streams.console.board import Board
from streams.console.places import Places


class FieldRoutes:
    """Answers what is asked of patrols and units; remembers the roads."""

    def __init__(self, board: Board, places: Places) -> None:
        self._board, self._places = board, places
        self._ways = Ways(board.network)

    def add_to(self, app: web.Application) -> None:
        """Add the addresses."""
        app.router.add_get("/api/patrols", self._patrols)
        app.router.add_get("/api/patrols/{patrol_id}", self._work)
        app.router.add_get("/api/patrols/{patrol_id}/way", self._way)
        app.router.add_get("/api/jurisdictions.geojson", self._units)

    async def _patrols(self, request: web.Request) -> web.Response:
        return _said(self._board.patrols.patrols())

    async def _work(self, request: web.Request) -> web.Response:
        """Give a patrol's cases; of one that nobody heard of there may be some too."""
        patrol_id = request.match_info["patrol_id"]
        return _said(self._board.patrols.work(patrol_id, self._board.alerts()))

    async def _way(self, request: web.Request) -> web.Response:
        """Give the way to the case that `alert` names, null where none leads there."""
        patrol = self._board.patrols.patrol(request.match_info["patrol_id"])
        case = self._board.alerts_by_id.get(request.query.get("alert", ""))
        if patrol is None or case is None:
            what = "patrol" if patrol is None else "alert"
            raise web.HTTPNotFound(reason=f"no such {what}")
        speeds = self._board.segments.speed_mps()
        way = await asyncio.to_thread(self._ways.way, patrol, case, speeds)
        return _said(way)

    async def _units(self, request: web.Request) -> web.Response:
        body = await asyncio.to_thread(lambda: self._places.geojson)
        response = web.Response(body=body, content_type="application/geo+json")
        response.enable_compression()
        return response


def _said(record: object) -> web.Response:
    response = web.Response(body=msgspec.json.encode(record), content_type="application/json")
    response.enable_compression()
    return response
