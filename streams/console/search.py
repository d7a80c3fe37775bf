"""Looking for a road, a crossing, a segment, an alert or a camera by what it is called."""

import asyncio
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal

import msgspec
from aiohttp import web

from ingest.units import Degrees
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from streams.console.board import Board
from streams.console.places import Places

MOST_OF_A_KIND = 5
"""So many of a kind are found, the best first. Unit: count. Source: chosen, as fits under a box."""
LONGEST = 100
"""A longer question is cut. Unit: characters. Source: chosen, longer than any road's name."""
MOST_SEGMENTS = 500
"""Of a road so many segments are named. Unit: count. Source: chosen, as many as a map shows."""

Kind = Literal["alert", "road", "crossing", "camera", "segment"]
KINDS: tuple[Kind, ...] = ("alert", "road", "crossing", "camera", "segment")


class Found(msgspec.Struct, frozen=True):
    """A thing with a place, WGS-84; `segment_ids` are those that it is made of."""

    kind: Kind
    id: str
    title: str
    longitude: Degrees
    latitude: Degrees
    segment_ids: list[str] = []


class Search:
    """Finds what is called so; remembers the names of the network, worked out once."""

    def __init__(self, board: Board, places: Places) -> None:
        self._board, self._places = board, places

    def find(self, question: str) -> list[Found]:
        """Give what has all words of the question in its name, names that begin with it first."""
        wanted = folded(question[:LONGEST])
        words = wanted.split()
        if not words:
            return []
        found: list[Found] = []
        for kind, things in zip(KINDS, self._things(wanted), strict=True):
            ranked = [
                (not name.startswith(wanted), len(name), name, thing)
                for name, thing in things
                if all(word in name for word in words)
            ]
            ranked.sort(key=lambda one: one[:3])
            found += [
                thing if isinstance(thing, Found) else self._at(kind, thing)
                for *_, thing in ranked[:MOST_OF_A_KIND]
            ]
        return found

    def _things(self, wanted: str) -> Iterator[Iterable[tuple[str, "Found | int"]]]:
        yield self._alerts()
        yield self._roads
        yield self._crossings
        yield self._cameras
        ids = self._board.network.segment_ids
        yield ((folded(name), n) for n, name in enumerate(ids) if wanted in name.casefold())

    def _alerts(self) -> Iterator[tuple[str, Found]]:
        for one in self._board.alerts():
            place = one.place_text
            title = place.zh if place else one.road_name
            words = [one.alert_id, one.road_name, title, place.en if place else ""]
            thing = Found("alert", one.alert_id, title, one.longitude, one.latitude)
            yield folded(" ".join(words)), thing

    def _at(self, kind: Kind, segment: int) -> Found:
        network = self._board.network
        first, after = network.vertex_offsets[segment : segment + 2].tolist()
        longitude, latitude = self._degrees((first + after) // 2, "vertex")
        segment_id, name = network.segment_ids[segment], network.names[segment]
        title = f"{segment_id} {name}".strip()
        return Found(kind, segment_id, title, longitude, latitude, [segment_id])

    def _degrees(self, index: int, what: Literal["vertex", "node"]) -> tuple[Degrees, Degrees]:
        network = self._board.network
        xs, ys = getattr(network, f"{what}_x"), getattr(network, f"{what}_y")
        longitude, latitude = self._plane.to_degrees(xs[index], ys[index])
        return round(float(longitude), 6), round(float(latitude), 6)

    @cached_property
    def _plane(self) -> LocalPlane:
        return LocalPlane(self._board.network)

    @cached_property
    def _roads(self) -> list[tuple[str, Found]]:
        network = self._board.network
        segments = defaultdict(list)
        for segment, name in enumerate(network.names):
            if name:
                segments[name].append(segment)
        roads = []
        for name, of in segments.items():
            ids = [network.segment_ids[segment] for segment in of[:MOST_SEGMENTS]]
            middle = self._at("road", of[len(of) // 2])
            roads.append(
                (folded(name), Found("road", name, name, middle.longitude, middle.latitude, ids))
            )
        return roads

    @cached_property
    def _crossings(self) -> list[tuple[str, Found]]:
        network = self._board.network
        return [
            (
                # Either street may be said first.
                folded(f"{a} / {b} {a}"),
                Found(
                    "crossing", network.node_ids[node], f"{a} / {b}", *self._degrees(node, "node")
                ),
            )
            for node, names in enumerate(_names_at(network))
            for i, a in enumerate(names)
            for b in names[i + 1 :]
        ]

    @cached_property
    def _cameras(self) -> list[tuple[str, Found]]:
        cameras = {one.camera_id: one for one in self._places.cameras}
        return [
            (folded(name), Found("camera", name, name, one.longitude, one.latitude))
            for name, one in cameras.items()
        ]

    def add_to(self, app: web.Application) -> None:
        """Add the address."""
        app.router.add_get("/api/search", self._search)

    async def _search(self, request: web.Request) -> web.Response:
        found = await asyncio.to_thread(self.find, request.query.get("q", ""))
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")


def folded(text: str) -> str:
    """Give a text as it is compared: one width, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _names_at(network: Network) -> list[list[str]]:
    names: list[set[str]] = [set() for _ in network.node_ids]
    for segment, name in enumerate(network.names):
        if name:
            names[network.from_node[segment]].add(name)
            names[network.to_node[segment]].add(name)
    return [sorted(one) for one in names]
