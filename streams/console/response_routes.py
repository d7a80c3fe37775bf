"""What helps at a case, over HTTP: worked out when it is asked for."""

import asyncio

import msgspec
from aiohttp import web

from incidents.records import Alert
from incidents.response.around import BusLine, SignalHint
from incidents.response.detour import Detour, detour
from incidents.response.plans import ResponsePlan, plan_for
from streams.console.board import Board
from streams.console.places import Places


class Response(msgspec.Struct, frozen=True):
    """What helps at a case; what is not known or not there is None or empty."""

    alert_id: str
    plan: ResponsePlan | None
    is_plan_approved: bool
    detour: Detour | None
    cameras: list[str]
    bus_lines: list[BusLine]
    signals: list[SignalHint]


class ResponseRoutes:
    """Answers what helps at a case, on the speeds of the last minute."""

    def __init__(self, board: Board, places: Places) -> None:
        self._board, self._places = board, places

    def add_to(self, app: web.Application) -> None:
        """Add the address."""
        app.router.add_get("/api/alerts/{alert_id}/response", self._response)

    async def _response(self, request: web.Request) -> web.Response:
        case = self._board.alerts_by_id.get(request.match_info["alert_id"])
        if case is None:
            raise web.HTTPNotFound(reason="no such alert")
        found = await asyncio.to_thread(self._find, case)
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    def _find(self, case: Alert) -> Response:
        speeds, around = self._board.segments.speed_mps(), self._places.around
        return Response(
            alert_id=case.alert_id,
            plan=plan_for(case, self._places.plans),
            is_plan_approved=case.plan is not None,
            detour=detour(self._places.network, case, speeds),
            cameras=around.cameras(case),
            bus_lines=around.bus_lines(case, speeds),
            signals=around.signals(case, speeds),
        )
