"""The layers of the map over HTTP."""

import gzip

import msgspec
from aiohttp import web

from ingest.recorded.schedule import ScheduleEntry
from streams.console.board import Board
from streams.console.layers.vehicle_board import MOST_SHOWN, Box, VehicleBoard
from streams.console.places import Places
from streams.console.static_files import packed_answer

MOST_BYTES = 16_384
"""No answer of vehicles is longer, packed: fewer are told then. Unit: bytes. Source: chosen; asked
for each 5 s, that is below 200 kB a minute."""
PACKED = 5
"""How hard vehicles are packed. Unit: level of gzip. Source: as a minute of the past."""


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
        app.router.add_get("/api/vehicles", self._vehicles)
        app.router.add_get("/api/vehicles/{vehicle_id}", self._vehicle)
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

    async def _vehicles(self, request: web.Request) -> web.Response:
        """Answer the vehicles of a part of the map, as many as fit into MOST_BYTES."""
        try:
            box = Box(*(float(side) for side in request.query.get("box", "").split(",")))
            if not (box.west <= box.east and box.south <= box.north):
                raise ValueError
        except (ValueError, TypeError):
            reason = "box: expected west,south,east,north in degrees"
            raise web.HTTPBadRequest(reason=reason) from None
        vehicles = self._board.vehicles
        vehicles.ask()
        packed, _ = packed_vehicles(vehicles, box)
        return packed_answer(request, packed, "application/json")

    async def _vehicle(self, request: web.Request) -> web.Response:
        self._board.vehicles.ask()
        found = self._board.vehicles.report(request.match_info["vehicle_id"])
        if found is None:
            raise web.HTTPNotFound(reason="no such vehicle now")
        return _said(found)


def packed_vehicles(vehicles: VehicleBoard, box: Box) -> tuple[bytes, int]:
    """Give the vehicles of a part of the map, packed into MOST_BYTES, and how many those are."""
    most = MOST_SHOWN
    while True:
        seen = vehicles.seen(box, most)
        packed, count = gzip.compress(msgspec.json.encode(seen), PACKED, mtime=0), len(seen.fleet)
        if len(packed) <= MOST_BYTES or count <= 1:
            return packed, count
        most = max(1, min(count - 1, round(0.95 * count * MOST_BYTES / len(packed))))


def _said(record: object) -> web.Response:
    response = web.Response(body=msgspec.json.encode(record), content_type="application/json")
    response.enable_compression()
    return response
