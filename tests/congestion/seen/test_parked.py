"""Who stands for reasons of his own must not look like congestion."""

import numpy as np
import pyarrow as pa
import pytest

from congestion.region import region_of
from congestion.seen.parked import ParkedVehicles
from congestion.seen.pieces import Pieces
from congestion.seen.standing import Stands
from congestion.states.estimator import StateEstimator
from congestion.states.fusion import Fusion
from tests.congestion.fusions import PlainFusion
from tests.congestion.states.test_estimator import START, progress, readings, row
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A>B>C>D", cell_m=150, free_speed_kmh=50, signals="C")  # three times 300 m
NOTHING = roadside(ROAD)
Row = tuple[str, str, int, float, float, float, float]


def drive(name: str, start: float) -> list[Row]:
    """A taxi that crosses all three segments at 72 km/h."""
    return [(name, "taxi", s, start + 15 * s, start + 15 * (s + 1), 0, 300) for s in (0, 1, 2)]


def arrive(name: str, time: float, offset: float) -> Row:
    """A taxi that drives into BC at 72 km/h and is at its place at a time."""
    return (name, "taxi", 1, time - offset / 20.0, time, 0.0, offset)


def stand(name: str, minute: int, offset: float = 150.0, fleet: str = "taxi") -> Row:
    return (name, fleet, 1, 60.0 * minute, 60.0 * minute + 60.0, offset, offset)


def states(
    minutes: int, standing: int, offset: float, passing: bool, make_fusion: type = PlainFusion
) -> list[dict]:
    """The states of BC while vehicles stand on it from minute 10 and others may drive past."""
    stage, found = StateEstimator(ROAD.network, 0, NOTHING, make_fusion=make_fusion), []
    for minute in range(minutes):
        rows = [stand(f"p{k}", minute, offset) for k in range(standing)] if minute >= 10 else []
        rows += [arrive(f"p{k}", 600.0, offset) for k in range(standing)] if minute == 9 else []
        rows += drive(f"t{minute}", 60.0 * minute + 5.0) if passing or minute < 10 else []
        if rows:
            stage.add_progress(progress(*rows))
        found.append(row(stage.close_minute(START + 60.0 * minute), "BC"))
    return found


def speeds(minutes: int, standing: int, offset: float, passing: bool) -> list[float]:
    """The speeds that go with them."""
    return [state["speed_kmh"] for state in states(minutes, standing, offset, passing)]


@pytest.mark.parametrize("standing", [1, 3])
def test_vehicles_that_others_drive_past_for_minutes_no_longer_slow_the_segment(standing):
    found = speeds(20, standing, 150.0, passing=True)
    assert found[10] < 0.8 * found[9]
    assert found[19] == pytest.approx(found[9], rel=0.05)


def test_several_that_stand_where_nobody_passes_are_a_blocked_road():
    assert max(speeds(40, 3, 150.0, passing=False)[20:]) < 10.0


def test_a_street_blocked_by_three_is_of_the_gravest_levels_by_the_shipped_model_too():
    blocked = states(40, 3, 150.0, passing=False, make_fusion=Fusion)[20:]
    assert min(state["level"] for state in blocked) >= 4


def test_one_that_stands_alone_is_parked_after_a_quarter_of_an_hour():
    found = speeds(40, 1, 150.0, passing=False)
    assert found[23] < 0.5 * found[9]
    assert found[30] > 0.8 * found[9]


def test_one_that_stands_before_a_junction_waits_in_its_lane():
    assert speeds(25, 1, 260.0, passing=True)[-1] < 30.0


def test_nobody_waits_at_a_junction_for_half_an_hour_while_the_others_drive():
    found = speeds(40, 1, 260.0, passing=True)
    assert found[28] < 30.0
    assert found[-1] == pytest.approx(found[9], rel=0.05)


def test_a_junction_that_nobody_gets_past_is_blocked_however_long_it_lasts():
    assert max(speeds(60, 3, 260.0, passing=False)[20:]) < 10.0


def test_a_detector_with_a_queue_on_it_says_that_the_one_alone_is_not_parked():
    stage = StateEstimator(ROAD.network, 0, roadside(ROAD, detectors={"M1": ("BC", 200.0)}))
    for minute in range(25):
        stage.add_progress(progress(stand("p", minute)))
        occupancy = 0.9 - 0.1 * (minute % 3)
        stage.add_readings(readings(("M1", 60.0 * minute, 60, 1, occupancy, 5.0)))
        state = row(stage.close_minute(START + 60.0 * minute), "BC")
    assert state["probe_count"] == 1


def test_a_parked_vehicle_that_drives_on_counts_again():
    stage = StateEstimator(ROAD.network, 0, NOTHING)
    for minute in range(12):
        rows = [stand("p", minute), *drive(f"t{minute}", 60.0 * minute + 5.0)]
        stage.add_progress(progress(*rows))
        count = row(stage.close_minute(START + 60.0 * minute), "BC")["probe_count"]
    assert count == 1
    stage.add_progress(progress(("p", "taxi", 1, 730.0, 740.0, 150, 250)))
    assert row(stage.close_minute(START + 720.0), "BC")["probe_count"] == 1


def test_a_parked_vehicle_does_not_count_by_its_open_fixes():
    stage = StateEstimator(ROAD.network, 0, NOTHING)
    for minute in range(12):
        start = 60.0 * minute
        settled = ("p", "taxi", 1, start, start + 30.0, 150, 150)
        stage.add_progress(progress(settled, *drive(f"t{minute}", start + 5.0)))
        still_open = progress(("p", "taxi", 1, start + 30.0, start + 60.0, 150, 150),
                              is_provisional=True)  # fmt: skip
        stage.add_progress(still_open, START + start + 79, START + start + 80)
        count = row(stage.close_minute(START + start), "BC")["probe_count"]
    assert count == 1


def test_what_stands_is_still_sighted():
    stage = StateEstimator(ROAD.network, 0, NOTHING)
    for minute in range(12):
        rows = [stand("p", minute), *drive(f"t{minute}", 60.0 * minute + 5.0)]
        stage.add_progress(progress(*rows))
        sightings = stage.close_minute(START + 60.0 * minute).sightings
    assert [s.seen_by for s in sightings] == ["p"]


def one_stands(name: str, minute: int, waited: int, offset_m: float) -> Stands:
    """Give that a vehicle has stood on BC for so many minutes at the end of a minute."""
    end = START + 60.0 * (minute + 1)
    return Stands(
        np.array([name], object), np.array(["taxi"], object), np.array([1], np.int32),
        np.array([offset_m]), np.array([end - 60.0 * waited]), np.array([end]), np.array([True]),
    )  # fmt: skip


def test_where_taxis_park_in_turn_is_a_rank_and_the_next_waits_for_a_fare_at_once():
    region = region_of(ROAD.network, 0, NOTHING)
    vehicles, minute = ParkedVehicles(region), 0
    free = region.length_m < 0

    def parked(vehicles: ParkedVehicles, taxi: int, waited: int, offset_m: float = 150.0) -> int:
        """Step by a minute after which a taxi has waited so many; give how many are parked."""
        stands = one_stands(f"p{taxi}", minute, waited, offset_m)
        rows = [stand(f"p{taxi}", minute, offset_m), *drive(f"t{minute}", 60.0 * minute + 5.0)]
        pieces = Pieces.of(pa.Table.from_batches([progress(*rows)]))
        return len(vehicles.step(START + 60.0 * minute, pieces, stands, free))

    for taxi in range(4):
        for waited in range(1, 9):
            assert parked(vehicles, taxi, waited) == (waited >= 5 or taxi == 3)
            minute += 1
    other = ParkedVehicles(region)
    other.restore(vehicles.snapshot())
    assert parked(other, 4, 1, offset_m=119.0) == 0  # a rank reaches to the pieces beside it only
    assert parked(other, 5, 1, offset_m=121.0) == 1


def first_parked(standing: int, offset: float = 150.0, past_s: float = 15.0) -> int | None:
    """Give the first minute in which those who stand since 10:00 are parked, None within 40.

    One taxi a minute drives past, over the 300 m in `past_s`.
    """
    stage = StateEstimator(ROAD.network, 0, NOTHING, make_fusion=PlainFusion)
    for minute in range(9, 40):
        start = 60.0 * minute
        rows = [stand(f"p{k}", minute, offset) for k in range(standing)] if minute >= 10 else []
        rows += [arrive(f"p{k}", 600.0, offset) for k in range(standing)] if minute == 9 else []
        rows += [(f"t{minute}", "taxi", 1, start, start + past_s, 0.0, 300.0)]
        stage.add_progress(progress(*rows))
        if stage.close_minute(START + start).counts["parked"]:
            return minute
    return None


@pytest.mark.parametrize(("standing", "minute"), [(1, 14), (2, 14), (3, 15), (4, 17)])
def test_two_must_pass_for_each_that_stands_and_all_five_minutes_of_standing(standing, minute):
    # They stand for five minutes at the end of minute 14, when five have passed.
    assert first_parked(standing) == minute


@pytest.mark.parametrize(("offset", "minute"), [(219.0, 14), (221.0, 29)])
def test_within_80_m_of_a_junction_nobody_is_parked_before_20_minutes(offset, minute):
    assert first_parked(1, offset) == minute


@pytest.mark.parametrize(("past_s", "minute"), [(53.0, 14), (55.0, 24)])
def test_who_creeps_past_at_under_two_fifths_of_the_limit_proves_nothing(past_s, minute):
    # 0.4 of 50 km/h: 54 s for 300 m. Who stands alone is parked after a quarter of an hour.
    assert first_parked(1, past_s=past_s) == minute


def a_rank(*taxis: str) -> ParkedVehicles:
    """Give what is remembered after these parked in turn for five minutes at 150 m, passed."""
    vehicles = ParkedVehicles(region_of(ROAD.network, 0, NOTHING))
    for number, taxi in enumerate(taxis):
        for waited in range(1, 6):
            wait(vehicles, taxi, 5 * number + waited, waited)
    return vehicles


def wait(
    vehicles: ParkedVehicles, name: str, minute: int, waited: int, fleet: str = "taxi"
) -> int:  # fmt: skip
    """Let one wait through a minute at 150 m while another passes; give how many are parked."""
    stands = one_stands(name, minute, waited, 150.0)
    rows = [stand(name, minute, fleet=fleet), *drive(f"t{minute}", 60.0 * minute + 5.0)]
    pieces = Pieces.of(pa.Table.from_batches([progress(*rows)]))
    free = np.zeros(3, np.bool_)
    return len(vehicles.step(START + 60.0 * minute, pieces, stands, free))


def test_three_taxis_in_turn_make_a_rank_and_one_that_comes_three_times_does_not():
    assert wait(a_rank("p", "q", "r"), "next", 20, 1) == 1
    assert wait(a_rank("p", "p", "p"), "next", 20, 1) == 0
    assert wait(a_rank("p", "q"), "next", 20, 1) == 0


def test_a_bus_waits_at_no_rank():
    assert wait(a_rank("p", "q", "r"), "bus", 20, 1, fleet="bus") == 0


def test_a_rank_is_forgotten_after_a_fortnight_without_a_taxi():
    # The last was found to be parked in minute 15.
    fortnight = 14 * 1440
    for minute, parked in ((15 + fortnight, 1), (16 + fortnight, 0)):
        vehicles = a_rank("p", "q", "r")
        wait(vehicles, "bus", minute, 1, fleet="bus")  # a minute passes, in which it may forget
        assert wait(vehicles, "next", minute + 1, 1) == parked


def first_seen_standing(minutes: int, vehicles: int, offset: float = 150.0) -> StateEstimator:
    """Let some that were never seen to move stand on BC while another crosses it each minute."""
    stage = StateEstimator(ROAD.network, 0, NOTHING, make_fusion=PlainFusion)
    for minute in range(minutes):
        rows = [stand(f"p{k}", minute, offset) for k in range(vehicles)]
        rows += drive(f"t{minute}", 60.0 * minute + 5.0) if minute < 2 else []
        stage.add_progress(progress(*rows))
        state = stage.close_minute(START + 60.0 * minute)
        counted = vehicles if vehicles > 1 or minute == 0 else 0  # in their first minute all count
        assert row(state, "BC")["probe_count"] == counted + (minute < 2)
    return stage


def test_one_alone_that_was_never_seen_to_move_may_have_stood_there_all_night():
    first_seen_standing(8, 1)


def test_several_that_were_never_seen_to_move_may_be_a_blocked_road():
    first_seen_standing(8, 2)


def test_one_that_was_never_seen_to_move_counts_once_it_has():
    stage = first_seen_standing(8, 1)
    stage.add_progress(progress(("p0", "taxi", 1, 480.0, 540.0, 150.0, 200.0)))
    stage.close_minute(START + 480.0)
    stage.add_progress(progress(stand("p0", 9, 200.0)))
    assert row(stage.close_minute(START + 540.0), "BC")["probe_count"] == 1
