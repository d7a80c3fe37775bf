"""No model may publish a speed that plain readings contradict."""

import numpy as np
import pytest

from congestion.kernels.probes import DISTANCE, TIME
from congestion.region import region_of
from congestion.seen.sums import AGE, OF_TAXIS, REPORTED, SUM_FIELDS, TIMED_COUNT, TIMED_PACE
from congestion.states.plain_evidence import Bounds, PlainEvidence, bounded
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C", cell_m=50, free_speed_kmh=108)
REGION = region_of(ROAD.network, 0, roadside(ROAD))
# Where 18 km/h are read a segment drives at 9 to 36, where 72 are read at 18 to 90.
BOUNDS = Bounds((18.0, 72.0), (9.0, 18.0), (36.0, 90.0))
EVIDENCE = PlainEvidence({"street": BOUNDS}, {"street": BOUNDS})
FREE, SURE = np.full(2, 30.0), np.full(2, 1.0)


def read(
    spot_mps: float = 0.0,
    vehicles: float = 0.0,
    probe_mps: float = 0.0,
    probe_s: float = 0.0,
    age_min: float = 0.5,
):
    """Give the sums of what was read on the first of two segments."""
    sums = np.zeros((2, SUM_FIELDS))
    sums[0, [TIMED_PACE, TIMED_COUNT]] = vehicles / max(spot_mps, 0.1), vehicles
    sums[0, [AGE, REPORTED]] = 2.0 * age_min, 2.0
    sums[0, [OF_TAXIS + DISTANCE, OF_TAXIS + TIME]] = probe_mps * probe_s, probe_s
    return sums


def test_a_standing_queue_on_the_detectors_is_never_published_as_free():
    speed, std = bounded(REGION, read(5.0, 10.0), EVIDENCE, FREE, SURE)
    assert speed.tolist() == [10.0, 30.0]  # 36 km/h at most; nothing was read of the second
    assert std.tolist() == [10.0, 1.0]  # moved by 20 m/s, that is two deviations


def test_free_readings_are_never_published_as_a_jam():
    speed, _ = bounded(REGION, read(20.0, 10.0), EVIDENCE, np.full(2, 2.0), SURE)
    assert speed.tolist() == [5.0, 2.0]


def test_between_two_readings_the_bound_lies_between_theirs():
    speed, _ = bounded(REGION, read(12.5, 10.0), EVIDENCE, FREE, SURE)  # 45 km/h, half way
    assert speed[0] * 3.6 == pytest.approx(63.0)


def test_above_all_readings_learnt_the_bound_rises_with_what_is_read():
    speed, _ = bounded(REGION, read(25.0, 10.0), EVIDENCE, np.full(2, 40.0), SURE)
    assert speed[0] * 3.6 == pytest.approx(90.0 + 18.0)


def test_one_vehicle_or_a_few_seconds_are_no_plain_evidence():
    assert bounded(REGION, read(5.0, 1.5), EVIDENCE, FREE, SURE)[0][0] == 30.0
    assert bounded(REGION, read(0.0, 0.0, 5.0, 59.0), EVIDENCE, FREE, SURE)[0][0] == 30.0
    assert bounded(REGION, read(0.0, 0.0, 5.0, 60.0), EVIDENCE, FREE, SURE)[0][0] == 10.0


def test_where_detectors_and_probes_contradict_each_other_the_speed_stays_between_them():
    narrow = Bounds((0.0, 72.0), (0.0, 54.0), (18.0, 90.0))
    evidence = PlainEvidence({"street": narrow}, {"street": narrow})
    # Detectors: 54 to 90 km/h; probes that stand: 0 to 18.
    both = read(20.0, 10.0, 0.0, 100.0)
    made = [bounded(REGION, both, evidence, np.full(2, v), SURE)[0][0] for v in (1.0, 8.0, 25.0)]
    assert made == pytest.approx([5.0, 8.0, 15.0])


def test_a_kind_of_road_that_nothing_was_learnt_of_is_not_bounded():
    evidence = PlainEvidence({"open": BOUNDS}, {})
    assert bounded(REGION, read(5.0, 10.0), evidence, FREE, SURE)[0][0] == 30.0


def test_what_is_held_from_long_ago_is_no_plain_evidence():
    old = [
        bounded(REGION, read(5.0, 10.0, age_min=m), EVIDENCE, FREE, SURE)[0][0] for m in (1.4, 1.6)
    ]
    assert old == [10.0, 30.0]
