"""What cameras' passes add to the sums."""

import numpy as np
import pyarrow as pa
import pytest

from congestion.region import region_of
from congestion.seen.passes import add_passes
from congestion.seen.sums import PASS_DWELL, PASS_SPEED, PASSES, SUM_FIELDS
from ingest.approaches import Approach
from tests.congestion.states.test_published import camera_passes
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C", cell_m=50)
CAMERAS = roadside(ROAD, cameras={Approach("K", "K:0"): ("b", 190.0)})


def added(*passes: tuple[str, float | None, float | None]) -> list[float]:
    """Give passes, their speeds and their seconds on the stop line summed on b."""
    sums = np.zeros((2, SUM_FIELDS))
    events = pa.Table.from_batches([camera_passes(*passes)])
    add_passes(region_of(ROAD.network, 0, CAMERAS), events, sums)
    assert not sums[0].any()
    return sums[1, [PASSES, PASS_SPEED, PASS_DWELL]].tolist()


def test_passes_are_counted_with_their_speeds_in_metres_a_second_and_their_dwells():
    assert added(("K", 36.0, 0.5), ("K", 18.0, 2.5)) == pytest.approx([2.0, 15.0, 3.0])


def test_a_pass_without_speed_or_dwell_and_one_of_an_unknown_camera_count_in_nothing():
    assert added(("K", None, 0.5), ("K", 36.0, None), ("X", 36.0, 0.5)) == [0.0, 0.0, 0.0]
    assert added() == [0.0, 0.0, 0.0]
