import numpy as np
import pyarrow as pa
import pytest

from congestion.region import region_of
from congestion.roadside import Roadside
from congestion.seen.probes import add_probes
from congestion.seen.sums import SUM_FIELDS, TAIL
from tests.drawing import draw


def tails(*rows: tuple[str, str, float, float, float]) -> np.ndarray:
    """Tails of a (200 m) and b after rows (vehicle, fleet, seconds, enter, exit offset) on a."""
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
    add_probes(region, table, 15.0, sums, np.zeros(2))
    return sums[:, TAIL]


def test_the_tail_is_where_the_farthest_probe_of_either_fleet_stood():
    stood = [("b1", "bus", 30.0, 60.0, 60.0), ("t1", "taxi", 30.0, 150.0, 150.0)]
    assert tails(*stood) == pytest.approx([140.0, 0.0])
    assert tails(*stood[1:]) == pytest.approx([50.0, 0.0])


def test_who_drives_leaves_no_tail():
    assert tails(("t1", "taxi", 10.0, 0.0, 100.0)) == pytest.approx([0.0, 0.0])
