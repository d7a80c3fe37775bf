"""The last hours that the page's charts show."""

from typing import Any

import msgspec
import numpy as np
import pytest

from congestion.records import Sighting
from incidents.records import Alert
from streams.console.board import Board
from streams.console.history.queue_log import QueueLog
from streams.console.history.segment_history import BAND, LARGEST, STEPS, HistoryBoard
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert, iso, states_frame
from tests.streams.console.serving import Console, serving

NETWORK = draw("A---B---C").network
IDS = list(NETWORK.segment_ids[:2])


def minute_of(board: Board, number: int, **row: Any) -> None:
    board.take_states(states_frame(MINUTE + 60 * number, {one: row for one in IDS}))


def test_a_minute_is_given_as_it_was_told_and_a_gap_is_none():
    board = Board(NETWORK)
    minute_of(board, 0, speed_kmh=31.6, usual_kmh=40.0, probe_count=3, occupancy=0.25)
    minute_of(board, 2, speed_kmh=12.0, queue_length_m=128.0)
    found = board.segments.segment_history.history(IDS[0])
    assert found is not None and found.start == MINUTE
    assert found.speed_kmh == [31.5, None, 12.0], "to half a km/h"
    assert found.usual_low_kmh == [pytest.approx(40 / BAND, abs=0.01), None, None]
    assert found.usual_high_kmh == [pytest.approx(40 * BAND, abs=0.01), None, None]
    assert (found.probe_count[0], found.occupancy[0]) == (3, pytest.approx(0.248, abs=0.003))
    assert found.queue_length_m == [0, None, 130]


def test_what_is_older_than_all_that_is_kept_is_ignored_and_memory_is_bounded():
    board = HistoryBoard(NETWORK, 10)
    columns = {name: np.array([1.0]) for name in STEPS}
    before = board._values.nbytes
    for number in (*range(25), 3):
        board.take(MINUTE + 60 * number, np.array([0]), columns)
    found = board.history(IDS[0])
    assert found is not None and found.start == MINUTE + 60 * 15
    assert len(found.speed_kmh) == 10 and board._values.nbytes == before
    assert before == 10 * 8 * NETWORK.segment_count


def test_what_is_beyond_the_scale_is_its_end():
    board = HistoryBoard(NETWORK, 10)
    board.take(MINUTE, np.array([0]), {name: np.array([1e9]) for name in STEPS})
    found = board.history(IDS[0])
    assert found is not None and found.speed_kmh == [LARGEST * 0.5]


def test_a_thing_that_is_told_again_is_one_and_an_old_one_is_not_shown():
    board = HistoryBoard(NETWORK, 10)
    standing = Sighting("probe", "standing_vehicle", "taxi-7", IDS[0], 10.0, MINUTE, MINUTE + 90)
    elsewhere = Sighting("camera", "crash", "k1", IDS[1], 10.0, MINUTE, MINUTE + 30)
    board.see([standing, elsewhere])
    board.see([standing])
    assert [one.seen_by for one in board.seen_on({IDS[0]}, MINUTE)] == ["taxi-7"]
    assert board.seen_on({IDS[0]}, MINUTE + 600) == []


def test_the_queue_of_an_alert_is_told_by_its_versions_once_a_length():
    log = QueueLog()
    for version, length in ((1, 100.0), (2, 100.0), (4, 300.0), (3, 100.0), (4, 300.0)):
        data = alert("a", IDS[0], version=version, queue_length_m=length,
                     event_time=iso(MINUTE + 60 * version))  # fmt: skip
        log.take(msgspec.json.decode(data, type=Alert))
    assert [(one.time, one.length_m) for one in log.points("a")] == [
        (MINUTE + 60, 100.0), (MINUTE + 240, 300.0),
    ]  # fmt: skip
    assert log.points("nobody") == []


def test_the_routes_give_the_history_of_a_segment_and_of_an_alert():
    async def test(console: Console) -> None:
        minute_of(console.board, 0, speed_kmh=20.0)
        console.board.take_alert(alert("a", IDS[0], queue_segment_ids=IDS))
        console.board.segments.segment_history.see(
            [Sighting("camera", "crash", "k1", IDS[1], 10.0, MINUTE, MINUTE + 30)]
        )
        async with console.session.get(f"/api/segments/{IDS[0]}/history") as answer:
            assert (await answer.json())["speed_kmh"] == [20.0]
        async with console.session.get("/api/alerts/a/history") as answer:
            found = await answer.json()
        assert found["root"]["speed_kmh"] == [20.0] and found["queue"][0]["length_m"] == 240.0
        assert [one["seen_by"] for one in found["sightings"]] == ["k1"], "of the whole queue"
        for path in ("/api/segments/none/history", "/api/alerts/none/history"):
            async with console.session.get(path) as answer:
                assert answer.status == 404

    serving(test, NETWORK)
