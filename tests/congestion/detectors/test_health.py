from collections.abc import Callable

import numpy as np
import pytest

from congestion.detectors.health import DetectorHealth
from congestion.region import Region, region_of
from congestion.seen.readings import AgainstProbes, MinuteReadings
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C-c>D", cell_m=50, free_speed_kmh=50)
Said = tuple[float, float, float]
NAN = float("nan")
SILENT, FULL, EMPTY = (NAN, NAN, NAN), (0.0, 1.0, NAN), (0.0, 0.0, NAN)


def moving(m: int, counted: float = 1.0, occupied: float = 1.0, flow: float = 6.0) -> Said:
    """Vehicles of 5 m at 10 m/s, more or fewer by the minute; the detector may be wrong."""
    count = flow + m % 5
    return (count * counted, count * 0.5 / 60 * occupied, 10.0)


def always(said: Said) -> Callable[[int], Said]:
    """The same every minute."""
    return lambda _: said


def region(count: int = 2) -> Region:
    """Detectors side by side on one segment."""
    detectors = {f"M{i}": ("b", 160.0) for i in range(count)}
    return region_of(ROAD.network, 0, roadside(ROAD, detectors=detectors))


def minutes(
    health: DetectorHealth,
    first: Callable[[int], Said],
    rest: Callable[[int], Said],
    span: range,
) -> list[tuple[str, str, bool]]:
    """Let M0 report `first` and all others `rest` for some minutes; give the faults."""
    found = []
    for m in span:
        said = [first(m)] + [rest(m)] * (len(health.is_healthy) - 1)
        reported = MinuteReadings(*(np.array(column, float) for column in zip(*said, strict=True)))
        faults = health.step(60.0 * m, reported)
        found += [(f.detector_id, f.fault, f.until is not None) for f in faults]
    return found


def busier(m: int) -> Said:
    """The traffic of the other lanes, which is not that of M0's."""
    return moving(m, flow=9.0)


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (SILENT, "no_data"),
        (FULL, "stuck_on"),
        (EMPTY, "stuck_off"),
        ((90.0, 0.3, 10.0), "chatter"),
    ],
)
def test_a_broken_detector_beside_a_sound_one_is_named(broken, fault):
    health = DetectorHealth(region())
    assert minutes(health, moving, busier, range(20)) == []
    found = minutes(health, always(broken), busier, range(20, 60))
    assert found[0] == ("M0", fault, False)
    assert health.is_healthy.tolist() == [False, True]


@pytest.mark.parametrize("occupancy", [0.0, 0.0004])
def test_vehicles_that_occupy_a_detector_for_no_time_are_a_fault(occupancy):
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(20))
    found = minutes(health, lambda m: (moving(m)[0], occupancy, NAN), busier, range(20, 24))
    assert found == [("M0", "no_occupancy", False)]
    assert minutes(health, moving, busier, range(24, 26)) == [("M0", "no_occupancy", True)]


def test_few_vehicles_whose_occupancy_is_rounded_away_are_no_fault():
    health = DetectorHealth(region())
    assert minutes(health, lambda m: (m % 3, 0.0, NAN), busier, range(30)) == []


def test_a_held_detector_whose_occupancy_is_no_longer_sent_is_still_stuck_on():
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(20))
    assert minutes(health, always(FULL), busier, range(20, 35)) == []
    found = minutes(health, always((0.0, NAN, NAN)), busier, range(35, 60))
    assert found == [("M0", "stuck_on", False)]
    assert minutes(health, moving, busier, range(60, 62)) == [("M0", "stuck_on", True)]


def test_an_occupancy_that_is_not_sent_is_no_fault():
    health = DetectorHealth(region())
    assert minutes(health, lambda m: (moving(m)[0], NAN, 10.0), busier, range(30)) == []


def compared(health: DetectorHealth, span: range, free: float, jammed: float = NAN) -> list[str]:
    """Let probes drive over M0, at such shares of what they do; give the faults of it."""
    found = []
    for m in span:
        said = [moving(m), busier(m)]
        reported = MinuteReadings(*(np.array(column, float) for column in zip(*said, strict=True)))
        against = AgainstProbes(np.array([free, NAN]), np.array([jammed, NAN]))
        found += health.step(60.0 * m, reported, against)
    return [fault.fault for fault in found if fault.detector_id == "M0"]


@pytest.mark.parametrize(
    ("ratio", "is_found"), [(0.5, True), (0.7, False), (1.6, False), (2, True)]
)
def test_a_speed_that_for_half_an_hour_is_not_that_of_probes_is_a_fault(ratio, is_found):
    health = DetectorHealth(region())
    assert compared(health, range(29), ratio) == []
    assert compared(health, range(29, 30), ratio) == ["disagrees"] * is_found


def test_a_detector_that_agrees_with_probes_in_a_jam_is_innocent():
    health = DetectorHealth(region())
    compared(health, range(20), 0.5)
    compared(health, range(20, 21), NAN, 0.8)
    assert compared(health, range(21, 50), 0.5) == []
    assert compared(health, range(50, 51), NAN, 0.3) == ["disagrees"]


def test_a_fault_is_reported_with_its_start_and_what_was_seen():
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(20))
    found = []
    for m in range(20, 60):
        reported = MinuteReadings(*(np.array(c) for c in zip(EMPTY, busier(m), strict=True)))
        found += health.step(60.0 * m, reported)
    assert (found[0].detector_id, found[0].since, found[0].until) == ("M0", 20 * 60.0, None)
    assert "no vehicle in" in found[0].evidence
    assert "passed around it" in found[0].evidence


def test_a_lane_that_others_stand_in_for_is_blocked_and_its_detector_sound():
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(20))

    def both_lanes(m: int) -> Said:
        return moving(m, flow=9.0 + 6.0 + m % 5)

    assert minutes(health, always(EMPTY), both_lanes, range(20, 55)) == []


def test_a_road_that_empties_accuses_no_detector():
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(20))
    assert minutes(health, always(EMPTY), always(EMPTY), range(20, 50)) == []


def test_constant_occupancy_under_changing_traffic_is_named():
    found = minutes(
        DetectorHealth(region()), lambda m: (m % 5 + 1.0, 0.07, 10.0), busier, range(20)
    )
    assert found == [("M0", "constant", False)]


@pytest.mark.parametrize(
    ("counted", "occupied", "fault"), [(2.0, 1.0, "too_short"), (1.0, 2.0, "too_long")]
)
def test_a_detector_whose_vehicles_change_length_is_named(counted, occupied, fault):
    health = DetectorHealth(region())
    assert minutes(health, moving, busier, range(25)) == []
    found = minutes(health, lambda m: moving(m, counted, occupied), busier, range(25, 40))
    assert found == [("M0", fault, False)]


def test_a_bus_lane_whose_vehicles_were_always_long_is_sound():
    found = minutes(DetectorHealth(region(10)), lambda m: moving(m, 1.0, 2.4), busier, range(60))
    assert found == []


def test_a_scaled_detector_is_believed_again_once_its_vehicles_have_their_length():
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(25))
    minutes(health, lambda m: moving(m, 2.0), busier, range(25, 40))
    assert minutes(health, moving, busier, range(40, 60)) == [("M0", "too_short", True)]


@pytest.mark.parametrize(("ratio", "accused"), [(1 / 3.6, 25), (3.6, 25), (0.85, 0)])
def test_where_most_speeds_are_in_another_unit_none_is_believed(ratio, accused):
    health = DetectorHealth(region(25))
    ratios = np.array([ratio] * 20 + [NAN] * 5)  # over five no probe came
    found = []
    for m in range(3):
        said = [(6.0 + m % 5, 0.05 + 0.001 * (m % 7), 10.0 * ratio)] * 25
        reported = MinuteReadings(*(np.array(column, float) for column in zip(*said, strict=True)))
        found += health.step(60.0 * m, reported, AgainstProbes(ratios, np.full(25, NAN)))
    assert len(found) == accused
    assert list(health.excluded.values()) == ["disagrees"] * accused
    assert all("20 detectors" in fault.evidence for fault in found)


def test_lanes_that_exchange_their_traffic_are_both_named():
    def busy(m: int) -> Said:
        return moving(m, flow=12.0)

    def empty(m: int) -> Said:
        return moving(m, flow=2.0)

    health = DetectorHealth(region())
    assert minutes(health, busy, empty, range(25)) == []
    found = minutes(health, empty, busy, range(25, 60))
    assert found == [("M0", "wrong_lane", False), ("M1", "wrong_lane", False)]


def test_a_detector_that_repeats_the_lane_beside_it_is_named_and_that_lane_is_not():
    health = DetectorHealth(region())
    minutes(health, lambda m: moving(m, flow=1.0), busier, range(25))
    assert minutes(health, busier, busier, range(25, 40)) == [("M0", "wrong_lane", False)]


def test_a_lane_that_takes_all_traffic_has_not_exchanged_it():
    health = DetectorHealth(region())
    minutes(health, lambda m: moving(m, flow=12.0), lambda m: moving(m, flow=4.0), range(25))
    found = minutes(health, always(EMPTY), lambda m: moving(m, flow=18.0), range(25, 60))
    assert [fault for _, fault, _ in found if fault == "wrong_lane"] == []


def test_a_jam_over_all_lanes_accuses_no_detector():
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(20))
    assert minutes(health, always(FULL), always(FULL), range(20, 50)) == []


def test_a_silent_feed_accuses_no_detector():
    health = DetectorHealth(region())
    assert minutes(health, always(SILENT), always(SILENT), range(60)) == []


def test_a_detector_that_reports_again_is_believed_again_and_its_fault_ends():
    health = DetectorHealth(region())
    minutes(health, always(SILENT), busier, range(12))
    assert minutes(health, moving, busier, range(12, 13)) == [("M0", "no_data", True)]
    assert health.is_healthy.all()


def test_restored_health_goes_on_as_before():
    health, again = DetectorHealth(region()), DetectorHealth(region())
    minutes(health, always(SILENT), busier, range(9))
    again.restore(health.snapshot())
    found = minutes(again, always(SILENT), busier, range(9, 10))
    assert found == [("M0", "no_data", False)]
    with pytest.raises(ValueError, match="DetectorHealthState"):
        DetectorHealth(region(3)).restore(health.snapshot())


def first_fault(
    broken: Callable[[int], Said], rest: Callable[[int], Said] = busier, span: int = 70
) -> tuple[int, str, str] | None:
    """Give how many minutes M0 was broken until a fault was found, the fault and its evidence."""
    health = DetectorHealth(region())
    minutes(health, moving, busier, range(20))
    for m in range(20, 20 + span):
        said = (broken(m), rest(m))
        reported = MinuteReadings(*(np.array(column, float) for column in zip(*said, strict=True)))
        for fault in health.step(60.0 * m, reported):
            if fault.detector_id == "M0":
                return m - 19, fault.fault, fault.evidence
    return None


def test_each_fault_is_found_after_its_own_time():
    assert first_fault(always(SILENT)) == (10, "no_data", "no reading in 10 minutes")
    chatters = first_fault(lambda m: (56.0, 0.46 + 0.001 * (m % 7), 10.0))
    assert chatters == (3, "chatter", "more vehicles than can pass in 3 minutes")
    assert first_fault(lambda m: (55.0, 0.45 + 0.001 * (m % 7), 10.0), span=8) is None
    # Its counts of 1 to 5 would have made it 0.014 to 0.07.
    constant = first_fault(lambda m: (m % 5 + 1.0, 0.07, 10.0))
    assert constant == (9, "constant", "the same occupancy in 9 readings")
    bare = first_fault(always((6.0, 0.0, NAN)))
    words = "18 vehicles in 3 minutes, none of which took time to pass"
    assert bare == (3, "no_occupancy", words)


def occupied(m: int, occupancy: float) -> Said:
    """Traffic of the other lane that occupies its detector for so much of the time."""
    return (9.0 + m % 5, occupancy + 0.001 * (m % 7), 10.0)


@pytest.mark.parametrize(("around", "fault"), [(0.19, "no_count"), (0.21, None)])
def test_occupancy_without_a_count_is_a_fault_unless_those_around_stand_too(around, fault):
    stands = first_fault(lambda m: (0.0, 0.3 + 0.01 * (m % 7), NAN), lambda m: occupied(m, around))
    assert (stands and stands[1]) == fault


@pytest.mark.parametrize(("around", "minute"), [(0.1, 25), (0.3, 60)])
def test_a_held_detector_is_stuck_after_25_minutes_and_in_a_jam_after_an_hour(around, minute):
    held = first_fault(always(FULL), lambda m: occupied(m, around))
    assert held is not None
    assert held[:2] == (minute, "stuck_on")


def corridor(stations: int = 4) -> Region:
    """Three lanes side by side on each of some segments in a row."""
    road = draw("A-a>B-b>C-c>D-d>E", cell_m=50, free_speed_kmh=50)
    detectors = {f"{s}{lane}": (s, 100.0) for s in "abcd"[:stations] for lane in range(3)}
    return region_of(road.network, 0, roadside(road, detectors=detectors))


def shortened(health: DetectorHealth, which: range) -> list[tuple[str, str]]:
    """Let the vehicles of some detectors become half as long after an hour; give the faults."""
    count, found = len(health.is_healthy), []
    for m in range(120):
        vehicles = 6.0 + (m + np.arange(count)) % 5
        length = np.where(np.isin(np.arange(count), list(which)) & (m >= 60), 4.0, 8.0)
        reported = MinuteReadings(vehicles, vehicles * length / 600.0, np.full(count, 10.0))
        found += [(f.detector_id, f.fault) for f in health.step(60.0 * m, reported)]
    return found


def test_vehicles_that_become_shorter_at_one_detector_alone_are_a_fault():
    assert shortened(DetectorHealth(corridor()), range(1)) == [("a0", "too_short")]


def test_vehicles_that_become_shorter_along_the_road_are_the_traffic():
    assert shortened(DetectorHealth(corridor()), range(0, 4)) == []


def test_a_test_that_accuses_many_lifts_its_verdicts():
    health, found = DetectorHealth(region(12)), []
    for m in range(30):
        reported = MinuteReadings(
            np.full(12, 70.0), np.full(12, 0.5 + 0.01 * (m % 7)), np.full(12, 10.0)
        )
        found += health.step(60.0 * m, reported)
    assert found == []
    assert health.withdrawn == {"chatter": 12}


def test_a_test_that_withdraws_lifts_the_verdicts_that_it_had_given():
    health, found = DetectorHealth(region(10)), []
    for m in range(30):
        accused = 3 if m < 10 else 10  # three may be accused in any case
        counts = np.where(np.arange(10) < accused, 70.0, 20.0 + (m + np.arange(10)) % 5)
        reported = MinuteReadings(
            counts, np.full(10, 0.5 + 0.01 * (m % 7)), np.full(10, 10.0 + 0.1 * (m % 3))
        )
        faults = health.step(60.0 * m, reported)
        found += [(m, f.detector_id, f.fault, f.until) for f in faults]
        if m == 9:
            assert health.excluded == {"M0": "chatter", "M1": "chatter", "M2": "chatter"}
    # They began in the third minute; in the third minute of ten that chatter the test withdraws.
    began = [(2, f"M{i}", "chatter", None) for i in range(3)]
    lifted = [(12, f"M{i}", "chatter", 12 * 60.0) for i in range(3)]
    assert found == began + lifted
    assert health.withdrawn == {"chatter": 10}
    assert health.is_healthy.all()


@pytest.mark.parametrize(("speeds_only", "minute"), [(True, 180), (False, 10)])
def test_a_detector_of_speeds_alone_is_silent_only_after_three_hours(speeds_only, minute):
    health, found = DetectorHealth(region()), []
    for m in range(5 + 200):
        one = (NAN, NAN, 10.0 + 0.1 * (m % 3)) if speeds_only else moving(m)
        said = (one if m < 5 else SILENT, (*busier(m)[:2], 10.0 + 0.1 * (m % 3)))
        reported = MinuteReadings(
            *(np.array(column, float) for column in zip(*said, strict=True)),
            np.array([60.0 if m < 5 else 0.0, 60.0]),
        )
        found += [(m - 4, f.detector_id, f.fault) for f in health.step(60.0 * m, reported)]
    assert found == [(minute, "M0", "no_data")]


def test_vehicles_that_drive_and_are_longer_than_can_be_are_a_fault_from_the_start():
    # One vehicle at 10 m/s that takes 0.35 of a minute is 210 m long, at 0.33 it is 198 m.
    def long(m: int, occupancy: float) -> Said:
        return (1.0 + m % 2, occupancy * (1.0 + m % 2), 10.0)

    health = DetectorHealth(region())
    assert minutes(health, lambda m: long(m, 0.35), busier, range(9)) == []
    found = minutes(health, lambda m: long(m, 0.35), busier, range(9, 10))
    assert found == [("M0", "too_long", False)]
    assert minutes(DetectorHealth(region()), lambda m: long(m, 0.33), busier, range(60)) == []


def test_a_record_sent_again_and_again_is_a_constant_detector():
    frozen = first_fault(always(moving(2)))
    assert frozen == (12, "constant", "the same occupancy in 12 readings")


def test_readings_of_five_minutes_count_once_each():
    health = DetectorHealth(region())
    for m in range(30):
        is_end = m % 5 == 4
        reported = MinuteReadings(
            np.array([6.0 + m // 5, 9.0]), np.array([0.07, 0.08 + 0.001 * (m // 5)]),
            np.array([10.0, 10.0]), np.full(2, 300.0), np.full(2, 150.0 if is_end else 210.0),
        )  # fmt: skip
        assert [f.fault for f in health.step(60.0 * m, reported)] == []
