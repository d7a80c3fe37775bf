"""The layers of the map over HTTP."""

import msgspec
from aiohttp import web

from ingest.recorded.schedule import ScheduleEntry
from streams.console.board import Board
from streams.console.places import Places


class Works(msgspec.Struct, frozen=True):
    """The works and events that are planned, and how many entries of their list are no such."""

    entries: list[ScheduleEntry]
    refused_count: int


class LayerRoutes:
    """Answers what the layers of the map show; remembers nothing itself."""

    def __init__(self, board: Board, places: Places) -> None:
        self._board, self._places = board, places

    def add_to(self, app: web.Application) -> None:
        """Add the addresses."""
        app.router.add_get("/api/works", self._works)
        app.router.add_get("/api/detectors", self._detectors)
        app.router.add_get("/api/detectors/health", self._detectors_health)
        app.router.add_get("/api/detectors/report/{detector_id}", self._detector)

    async def _works(self, request: web.Request) -> web.Response:
        schedule = self._places.schedule
        return _said(Works(list(schedule.entries), len(schedule.refused)))

    async def _detectors(self, request: web.Request) -> web.Response:
        return _said(self._board.detectors.places())

    async def _detectors_health(self, request: web.Request) -> web.Response:
        board = self._board
        excluded, old = board.feed.excluded_detectors, board.segments.old_regions
        return _said(board.detectors.health(excluded, old))

    async def _detector(self, request: web.Request) -> web.Response:
        board = self._board
        excluded, old = board.feed.excluded_detectors, board.segments.old_regions
        found = board.detectors.report(request.match_info["detector_id"], excluded, old)
        if found is None:
            raise web.HTTPNotFound(reason="no such detector")
        return _said(found)


def _said(record: object) -> web.Response:
    response = web.Response(body=msgspec.json.encode(record), content_type="application/json")
    response.enable_compression()
    return response
