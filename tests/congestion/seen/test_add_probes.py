import numpy as np
import pyarrow as pa
import pytest

from congestion.kernels.probes import DISTANCE, TIME, VEHICLES
from congestion.region import region_of
from congestion.roadside import Roadside
from congestion.seen.parked import Parked
from congestion.seen.pieces import Pieces
from congestion.seen.probes import add_probes, take_back
from congestion.seen.sums import OF_BUSES, SUM_FIELDS, TAIL
from tests.drawing import draw


def tails(*rows: tuple[str, str, float, float, float]) -> np.ndarray:
    """Tails of a (200 m) and b after rows on a."""
    return sums_of(*rows)[:, TAIL]


def sums_of(*rows: tuple[str, str, float, float, float]) -> np.ndarray:
    """Sums of a (200 m) and b after rows (vehicle, fleet, seconds, enter, exit offset) on a."""
    region = region_of(draw("A-a>B-b>C", cell_m=50).network, 0, Roadside())
    vehicle, fleet, seconds, enter_m, exit_m = zip(*rows, strict=True)
    table = pa.table(
        {
            "vehicle_id": vehicle,
            "fleet": fleet,
            "segment": pa.array([0] * len(rows), pa.int32()),
            "enter_time": [0.0] * len(rows),
            "exit_time": seconds,
            "enter_offset_m": pa.array(enter_m, pa.float32()),
            "exit_offset_m": pa.array(exit_m, pa.float32()),
        }
    )
    sums = np.zeros((2, SUM_FIELDS))
    add_probes(region, Pieces.of(table), 15.0, sums, np.zeros(2))
    return sums


def test_the_tail_is_where_the_farthest_probe_of_either_fleet_stood():
    stood = [("b1", "bus", 30.0, 60.0, 60.0), ("t1", "taxi", 30.0, 150.0, 150.0)]
    assert tails(*stood) == pytest.approx([140.0, 0.0])
    assert tails(*stood[1:]) == pytest.approx([50.0, 0.0])


def test_who_drives_leaves_no_tail():
    assert tails(("t1", "taxi", 10.0, 0.0, 100.0)) == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("keep", [0.6, 0.985])
@pytest.mark.parametrize("offset_m", [170.0, 50.0])  # 30 m from the end, in its queue, and 150
def test_what_a_parked_vehicle_had_added_is_taken_out_of_a_memory_whole(keep, offset_m):
    region = region_of(draw("A-a>B-b>C", cell_m=50).network, 0, Roadside())
    memory = np.zeros((2, SUM_FIELDS))
    for _ in range(5):  # it has stood for five minutes when that is known
        memory *= keep
        minute = [("p", "taxi", 60.0, offset_m, offset_m), ("t", "bus", 10.0, 0.0, 100.0)]
        memory += sums_of(*minute)
    parked = Parked(
        pa.array(["p"]), np.zeros(1, np.int64), np.array([offset_m]), np.zeros(1),
        np.array([False]), np.array([True]),
    )  # fmt: skip
    take_back(region, parked, 300.0, keep, memory)
    minutes = (1 - keep**5) / (1 - keep)
    left = np.zeros((2, SUM_FIELDS))
    for field, value in ((DISTANCE, 100.0), (TIME, 10.0), (VEHICLES, 1.0)):
        left[0, OF_BUSES + field] = value * minutes
    assert np.allclose(memory, left)


def test_a_vehicle_that_was_parked_before_takes_nothing_back():
    region = region_of(draw("A-a>B-b>C", cell_m=50).network, 0, Roadside())
    memory = sums_of(("p", "taxi", 60.0, 50.0, 50.0))
    known = memory.copy()
    parked = Parked(
        pa.array(["p"]), np.zeros(1, np.int64), np.array([50.0]), np.zeros(1),
        np.array([False]), np.array([False]),
    )  # fmt: skip
    take_back(region, parked, 300.0, 0.6, memory)
    assert np.array_equal(memory, known)
