"""What positions say of the speeds and headings beside them."""

import math

import pyarrow as pa
import pytest

from ingest.feed_check.motion import HEADINGS, motion_of
from ingest.frames import FIXES
from tests.ingest.recordings import fix

METRES_PER_DEGREE = 111_195.0


def driving(every_s: float, **changes: object) -> pa.Table:
    """Give 100 fixes of a taxi that drives north at 36 km/h, 10 m a second."""
    rows = [
        fix("a", k * every_s, latitude=31.0 + 10.0 * every_s * k / METRES_PER_DEGREE,
            speed_kmh=36.0, heading_deg=0.0) | changes
        for k in range(100)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=FIXES)


@pytest.mark.parametrize("every_s", [1.0, 10.0, 60.0])
def test_right_speeds_are_those_of_the_positions(every_s: float) -> None:
    motion = motion_of(driving(every_s))
    assert motion.speed_ratio == pytest.approx(1.0, abs=0.01)
    assert motion.heading_fits == HEADINGS[0]


def test_speeds_in_metres_a_second_are_a_fraction_of_them() -> None:
    assert motion_of(driving(10.0, speed_kmh=10.0)).speed_ratio == pytest.approx(1 / 3.6, rel=0.01)


def test_headings_counted_from_east_are_told() -> None:
    assert motion_of(driving(10.0, heading_deg=90.0)).heading_fits == "counterclockwise from east"


@pytest.mark.parametrize(
    ("stated", "meant"), [(270.0, "clockwise from east"), (90.0, "clockwise from west")]
)
def test_headings_turned_by_a_quarter_are_told(stated: float, meant: str) -> None:
    rows = driving(10.0, heading_deg=stated).to_pylist()
    # To the east: north and south alone cannot tell which way round a heading is counted.
    east = [
        row | {"vehicle_id": "b", "latitude": 31.0, "heading_deg": (stated + 90.0) % 360.0,
               "longitude": 121.0 + (row["latitude"] - 31.0) / math.cos(math.radians(31.0))}
        for row in rows
    ]  # fmt: skip
    assert motion_of(pa.Table.from_pylist(rows + east, schema=FIXES)).heading_fits == meant


def test_an_id_of_two_vehicles_is_told_and_says_nothing_of_the_speeds() -> None:
    rows = driving(10.0).to_pylist()
    alone = [row | {"vehicle_id": "alone"} for row in rows]
    for k, row in enumerate(rows):
        row["latitude"] += 0.02 * (k % 2)
    motion = motion_of(pa.Table.from_pylist(rows + alone, schema=FIXES))
    assert motion.shared_ids == ("a",)
    assert motion.speed_ratio == pytest.approx(1.0, abs=0.01)


def test_a_receiver_that_leaps_now_and_then_is_one_vehicle() -> None:
    rows = driving(10.0).to_pylist()
    for row in rows[::20]:
        row["longitude"] += 0.05
    assert motion_of(pa.Table.from_pylist(rows, schema=FIXES)).shared_ids == ()


def test_headings_against_the_way_driven_are_told() -> None:
    assert motion_of(driving(10.0, heading_deg=180.0)).heading_fits == "backwards"


@pytest.mark.parametrize(
    "changes", [{"latitude": math.nan}, {"speed_kmh": math.nan, "heading_deg": math.nan}]
)
def test_what_is_not_there_says_nothing(changes: dict[str, object]) -> None:
    motion = motion_of(driving(10.0, **changes))
    assert math.isnan(motion.speed_ratio) and motion.heading_fits is None


def test_no_fixes_say_nothing() -> None:
    assert motion_of(FIXES.empty_table()).pair_count == 0
