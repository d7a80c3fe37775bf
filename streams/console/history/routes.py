"""The history that the page's charts show, over HTTP."""

import msgspec
from aiohttp import web

from streams.console.board import Board
from streams.console.history.queue_log import QueuePoint
from streams.console.history.segment_history import SeenThing, SegmentHistory


class AlertHistory(msgspec.Struct, frozen=True):
    """The last hours at the root of an alert, its queue, and what was seen on all its segments."""

    alert_id: str
    root: SegmentHistory
    queue: list[QueuePoint]
    sightings: list[SeenThing]


class HistoryRoutes:
    """Answers what the last hours of a segment or an alert were."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def add_to(self, app: web.Application) -> None:
        """Add the addresses."""
        app.router.add_get("/api/segments/{segment_id}/history", self._segment)
        app.router.add_get("/api/alerts/{alert_id}/history", self._alert)

    async def _segment(self, request: web.Request) -> web.Response:
        return _said(self._history(request.match_info["segment_id"]))

    async def _alert(self, request: web.Request) -> web.Response:
        alert = self._board.alerts_by_id.get(request.match_info["alert_id"])
        if alert is None:
            raise web.HTTPNotFound(reason="no such alert")
        root = self._history(alert.segment_id)
        places = {alert.segment_id, *alert.queue_segment_ids}
        seen = self._board.segments.segment_history.seen_on(places, root.start)
        queue = self._board.queues.points(alert.alert_id)
        return _said(AlertHistory(alert.alert_id, root, queue, seen))

    def _history(self, segment_id: str) -> SegmentHistory:
        found = self._board.segments.segment_history.history(segment_id)
        if found is None:
            raise web.HTTPNotFound(reason="no such segment")
        return found


def _said(record: object) -> web.Response:
    response = web.Response(body=msgspec.json.encode(record), content_type="application/json")
    response.enable_compression()
    return response
