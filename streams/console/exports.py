"""Published cases over HTTP, in the forms that other systems read."""

import logging
from functools import partial

from aiohttp import web

from incidents.exports.cap import CONTENT_TYPE as CAP_TYPE
from incidents.exports.cap import cap_message
from incidents.exports.formats import FORMATS, Format
from incidents.exports.publication import Publication, PublicRoads
from streams.console.board import Board

log = logging.getLogger(__name__)

UTF_8 = "utf-8"


class Exports:
    """Answers what is asked of the published cases; remembers the roads, and what is on none."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._roads = PublicRoads(board.network)
        self._left_out: set[str] = set()

    def add_to(self, app: web.Application) -> None:
        """Add the addresses: every form by its name, and one incident's CAP message."""
        for name, form in FORMATS.items():
            app.router.add_get(f"/api/export/{name}", partial(self._whole, form))
        app.router.add_get("/api/export/cap/{alert_id}", self._cap_message)

    def _publication(self) -> Publication:
        publication = self._roads.publication(
            self._board.alerts(), self._board.publisher, self._board.health().event_time
        )
        for reason in set(publication.left_out) - self._left_out:
            log.warning("not published: %s", reason)
        self._left_out = set(publication.left_out)
        return publication

    async def _whole(self, form: Format, request: web.Request) -> web.Response:
        body = form.write(self._publication())
        response = web.Response(body=body, content_type=form.content_type, charset=UTF_8)
        response.enable_compression()
        return response

    async def _cap_message(self, request: web.Request) -> web.Response:
        body = cap_message(self._publication(), request.match_info["alert_id"])
        if body is None:
            raise web.HTTPNotFound
        return web.Response(body=body, content_type=CAP_TYPE, charset=UTF_8)
