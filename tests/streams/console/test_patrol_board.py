"""Patrols and units over HTTP."""

import json
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession

from incidents.case_records import AssignedPatrol
from mapmatch.projection import LocalPlane
from streams.console.board import Board
from streams.console.consumer import deliver
from streams.console.places import Places
from streams.console.server import build_app
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert, iso, states_frame
from tests.streams.console.serving import Console, serving, until_event

NETWORK = draw("A---B---C", names={"AB": "中山东路", "BC": "延安路"}).network


def said(patrol_id: str, at: float = MINUTE, node: str = "A", **more: object) -> bytes:
    number = NETWORK.node_ids.index(node)
    longitude, latitude = LocalPlane(NETWORK).to_degrees(
        NETWORK.node_x[[number]], NETWORK.node_y[[number]]
    )
    patrol = {"patrol_id": patrol_id, "event_time": iso(at), "longitude": float(longitude[0]),
              "latitude": float(latitude[0]), "status": "free", **more}  # fmt: skip
    return json.dumps(patrol).encode()


async def got(session: ClientSession, path: str) -> tuple[int, object]:
    async with session.get(path) as response:
        return response.status, await response.json(content_type=None)


def test_the_newest_word_of_a_patrol_counts_and_one_of_yesterday_is_forgotten() -> None:
    board = Board(NETWORK)
    for data in (said("p1", MINUTE), said("p1", MINUTE - 60, status="busy"), said("p2")):
        deliver(board, "patrols", data)
    assert [(one.patrol_id, one.status) for one in board.patrols.patrols()] == [
        ("p1", "free"), ("p2", "free"),
    ]  # fmt: skip
    deliver(board, "patrols", said("p1", MINUTE + 86_500))
    assert [one.patrol_id for one in board.patrols.patrols()] == ["p1"]


def test_what_is_no_patrol_is_counted_and_the_others_in_the_message_are_taken() -> None:
    board = Board(NETWORK)
    deliver(board, "patrols", b"[" + said("p1") + b', {"patrol_id": "p2"}]')
    deliver(board, "patrols", b"rubbish")
    assert [one.patrol_id for one in board.patrols.patrols()] == ["p1"]
    assert board.bad_message_count == 2


@pytest.mark.parametrize("topic", ["alerts", "alert-command-results", "stage-counts", "patrols"])
def test_a_message_nested_without_end_is_counted_and_does_not_end_the_console(topic: str) -> None:
    board = Board(NETWORK)
    deep = b'{"deep": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    deliver(board, topic, deep)
    deliver(board, "patrols", said("p1") + b"\n" + deep)
    assert board.bad_message_count == 2
    assert [one.patrol_id for one in board.patrols.patrols()] == ["p1"]


def test_a_patrol_is_told_its_cases_and_the_way_to_them() -> None:
    async def test(console: Console) -> None:
        board = console.board
        board.take_states(states_frame(MINUTE, {"BC": {"speed_kmh": 36.0}}))
        board.take_patrols(said("p1"))
        board.take_alert(alert("sent", "BC", state="dispatched", patrol=AssignedPatrol("p1")))
        board.take_alert(alert("asked", "BC", state="open", patrol=AssignedPatrol("p1")))
        board.take_alert(alert("over", "BC", state="cleared", patrol=AssignedPatrol("p1")))
        status, work = await got(console.session, "/api/patrols/p1")
        assert status == 200 and isinstance(work, dict)
        assert [one["alert_id"] for one in work["sent"]] == ["sent"]
        assert [one["alert_id"] for one in work["proposed"]] == ["asked"]
        status, way = await got(console.session, "/api/patrols/p1/way?alert=sent")
        assert status == 200 and isinstance(way, dict)
        assert way["segment_ids"] == ["AB", "BC"]
        assert [one["road_name"] for one in way["streets"]] == ["中山东路", "延安路"]

    serving(test, NETWORK)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/patrols/ghost/way?alert=a", "no such patrol"),
        ("/api/patrols/p1/way", "no such alert"),
    ],
)
def test_a_way_of_nobody_or_to_nothing_is_a_404_that_says_so(path: str, says: str) -> None:
    async def test(console: Console) -> None:
        console.board.take_patrols(said("p1"))
        status, body = await got(console.session, path)
        assert status == 404 and isinstance(body, dict) and body["error"] == says

    serving(test, NETWORK)


def test_a_patrol_that_vanished_still_has_the_cases_it_was_sent_to() -> None:
    async def test(console: Console) -> None:
        console.board.take_alert(alert("a", "BC", state="arrived", patrol=AssignedPatrol("ghost")))
        _, work = await got(console.session, "/api/patrols/ghost")
        assert isinstance(work, dict) and work["patrol"] is None
        assert [one["alert_id"] for one in work["sent"]] == ["a"]

    serving(test, NETWORK)


def test_pages_hear_of_patrols_once_a_second() -> None:
    async def test(console: Console) -> None:
        async with console.session.get("/api/events") as response:
            await until_event(response.content, "hello")
            for number in range(100):
                console.board.take_patrols(said("p1", MINUTE + number))
            news = await until_event(response.content, "patrols")
            assert [one["event_time"] for one in news["patrols"]] == [MINUTE + 99]

    serving(test, NETWORK)


def test_the_units_are_served_as_geojson_the_largest_first(tmp_path: Path) -> None:
    square = [[121, 31], [122, 31], [122, 32], [121, 32], [121, 31]]
    units = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [square]},
         "properties": {"unit": unit, "name": unit, "level": level, "parent": parent, "x": 1}}
        for unit, level, parent in (("g1", "grid", "c"), ("c", "city", None))
    ]  # fmt: skip
    file = tmp_path / "units.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": units}))
    found = msgspec.json.decode(Places(NETWORK, str(file)).geojson)
    assert [one["properties"] for one in found["features"]] == [
        {"unit": "c", "name": "c", "level": "city", "parent": None},
        {"unit": "g1", "name": "g1", "level": "grid", "parent": "c"},
    ]
    assert msgspec.json.decode(Places(NETWORK, None).geojson)["features"] == []
    assert build_app(Board(NETWORK), places=Places(NETWORK, str(file)))
