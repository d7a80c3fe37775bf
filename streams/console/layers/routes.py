"""The layers of the map over HTTP."""

import msgspec
from aiohttp import web

from ingest.recorded.schedule import ScheduleEntry
from streams.console.places import Places


class Works(msgspec.Struct, frozen=True):
    """The works and events that are planned, and how many entries of their list are no such."""

    entries: list[ScheduleEntry]
    refused_count: int


class LayerRoutes:
    """Answers what the layers of the map show; remembers nothing itself."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def add_to(self, app: web.Application) -> None:
        """Add the addresses."""
        app.router.add_get("/api/works", self._works)

    async def _works(self, request: web.Request) -> web.Response:
        schedule = self._places.schedule
        return _said(Works(list(schedule.entries), len(schedule.refused)))


def _said(record: object) -> web.Response:
    response = web.Response(body=msgspec.json.encode(record), content_type="application/json")
    response.enable_compression()
    return response
