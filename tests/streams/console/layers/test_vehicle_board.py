"""Vehicles by their newest progress: where they are, which are told, and when they are gone."""

from typing import Any

import pyarrow as pa
import pytest

from ingest.frames import FrameError, FrameHeader, encode_frame
from mapmatch.records import PROGRESS
from streams.console.layers.vehicle_board import ASKED_FOR_S, Box, VehicleBoard
from tests.drawing import draw

CITY = draw("A------1------B", cell_m=10)
ALL = Box(-180.0, -90.0, 180.0, 90.0)
TIME = 60_000_000.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def progress(*rows: dict[str, Any]) -> bytes:
    """Give a frame; each row differs from a bus that drove 10 m on the road from A to B in 1 s."""
    plain = {
        "vehicle_id": "b1", "fleet": "bus", "segment": CITY.segment("AB"), "enter_time": TIME - 1,
        "exit_time": TIME, "enter_offset_m": 60.0, "exit_offset_m": 70.0, "is_provisional": False,
    }  # fmt: skip
    columns = [pa.array([{**plain, **row}[f.name] for row in rows], f.type) for f in PROGRESS]
    batch = pa.RecordBatch.from_arrays(columns, schema=PROGRESS)
    return encode_frame(batch, FrameHeader(channel="match/0"))


def board() -> tuple[VehicleBoard, Clock]:
    clock = Clock()
    return VehicleBoard(CITY.network, clock, 60.0), clock


def test_a_vehicle_is_at_its_offset_and_looks_along_its_road() -> None:
    one, _ = board()
    one.take(progress({}, {"vehicle_id": "t1", "fleet": "taxi", "segment": CITY.segment("BA")}))
    seen = one.seen(ALL)
    assert (seen.vehicle_id, seen.fleet, seen.bearing_deg) == (["b1", "t1"], [0, 1], [90, 270])
    assert (seen.longitude[0], seen.latitude[0]) == pytest.approx(CITY.fixes["1"], abs=1e-5)
    report = one.report("b1")
    assert report is not None and report.speed_kmh == 36.0 and report.segment_id == "AB"


def test_the_newest_position_counts_in_whatever_order_they_come() -> None:
    one, _ = board()
    newer = {"exit_time": TIME + 9, "enter_time": TIME + 8, "exit_offset_m": 90.0}
    one.take(progress({"exit_time": TIME + 5, "is_provisional": True}, newer, {}))
    one.take(progress({"exit_time": TIME + 1}))
    report = one.report("b1")
    assert report is not None
    assert (report.time, report.offset_m) == (TIME + 9, 90.0)
    assert not report.is_open and report.lag_s == 0


def test_a_vehicle_that_is_not_heard_of_grows_old_by_the_wall_clock_and_is_gone() -> None:
    one, clock = board()
    one.take(progress({}))
    clock.now += 60.0
    assert one.seen(ALL).age_s == [60]
    clock.now += 1.0
    assert one.seen(ALL).known_count == 0 and one.report("b1") is None


def test_of_many_the_same_are_told_each_time_and_all_are_counted() -> None:
    one, _ = board()
    many = [{"vehicle_id": f"v{n}"} for n in range(5000)]
    one.take(progress(*many))
    first = one.seen(ALL, 100)
    one.take(progress(*({**row, "exit_time": TIME + 5} for row in reversed(many))))
    again = one.seen(ALL, 100)
    assert (first.in_view_count, len(first.vehicle_id)) == (5000, 100)
    assert first.vehicle_id == again.vehicle_id
    assert set(one.seen(ALL, 50).vehicle_id) < set(again.vehicle_id)
    assert one.seen(Box(0.0, 0.0, 1.0, 1.0)).in_view_count == 0


def test_who_is_gone_gives_way_to_others() -> None:
    one, clock = board()
    one.take(progress(*({"vehicle_id": f"a{n}"} for n in range(1000))))
    clock.now += 100.0
    one.take(progress(*({"vehicle_id": f"b{n}"} for n in range(1000))))
    seen = one.seen(ALL)
    assert seen.known_count == 1000 and all(name[0] == "b" for name in seen.vehicle_id)
    assert one.report("a1") is None and one.report("b1") is not None


def test_rubbish_is_passed_over() -> None:
    one, _ = board()
    one.take(progress(
        {"segment": 10_000}, {"segment": -1}, {"vehicle_id": None}, {"exit_time": float("nan")},
        {"vehicle_id": "far", "exit_offset_m": 1e9, "fleet": None},
    ))  # fmt: skip
    seen = one.seen(ALL)
    assert (seen.vehicle_id, seen.fleet) == (["far"], [2])
    with pytest.raises(FrameError):
        one.take(b"nothing")


def test_nothing_is_kept_once_nobody_looks() -> None:
    one, clock = board()
    assert not one.is_asked
    one.ask()
    one.take(progress({}))
    assert one.is_asked
    clock.now += ASKED_FOR_S + 1
    assert not one.is_asked and one.seen(ALL).known_count == 0
