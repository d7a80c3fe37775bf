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
