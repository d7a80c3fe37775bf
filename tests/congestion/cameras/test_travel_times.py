import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from congestion.cameras.clocks import CameraClocks
from congestion.cameras.paths import CameraPaths
from congestion.cameras.travel_times import TravelTimes, spread
from congestion.region import Region, region_of
from congestion.roadside import Roadside
from congestion.states.estimator import StateEstimator
from ingest.approaches import Approach
from ingest.frames import CAMERA_EVENTS
from tests.drawing import draw
from tests.roadside import roadside

START = 1_789_430_400.0
# Cameras watch a, c and e; b and d lie between. 100 m at 10 m/s: 10 s a segment.
ROAD = draw("A-a>B-b>C-c>D-d>E-e>F-f>G", cell_m=25, free_speed_kmh=36)
CAMERAS = ("A", "C", "E")


def assets(before: str = "") -> Roadside:
    """One camera at the end of each of a, c and e, `before` standing before their ids."""
    where = {Approach(before + c, f"{c}:0"): (c.lower(), 100.0) for c in CAMERAS}
    return roadside(ROAD, cameras=where)


def region() -> Region:
    """The whole road with its cameras."""
    return region_of(ROAD.network, 0, assets())


def passes(*rows: tuple[str, float, str | None]) -> pa.Table:
    """Passes (camera, seconds after START, plate) at full speed."""
    columns = [
        [camera for camera, _, _ in rows],
        [f"{camera}:0" for camera, _, _ in rows],
        [round((START + t) * 1000) for _, t, _ in rows],
        ["pass"] * len(rows),
        [0] * len(rows),
        [plate for _, _, plate in rows],
        [36.0] * len(rows),
        [0.5] * len(rows),
    ]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, CAMERA_EVENTS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=CAMERA_EVENTS)


def drives(times: TravelTimes, seconds: list[float]) -> list[float]:
    """Let one vehicle a minute take so long from A to C; give the times that were believed."""
    believed = []
    for minute, taken in enumerate(seconds):
        at = 60.0 * minute
        rows = passes(("A", at, f"p{minute}"), ("C", at + taken, f"p{minute}"))
        believed += [seen.travel_time_s for seen in times.step(START + at, rows)]
    return believed


def test_a_path_holds_the_segments_after_one_stop_line_up_to_the_next():
    path = CameraPaths(region()).path(0, 2)
    assert path is not None
    assert path.segments.tolist() == [1, 2]
    assert path.free_s == pytest.approx(20.0)
    assert CameraPaths(region()).path(0, 0) is None


def test_a_plate_seen_twice_gives_the_time_of_the_path_between():
    (seen,) = TravelTimes(region()).step(START, passes(("A", 0.0, "p"), ("C", 25.0, "p")))
    assert seen.travel_time_s == pytest.approx(25.0)
    assert seen.segment_ids == ("b", "c")
    assert (seen.from_approach, seen.to_approach, seen.vehicle_count) == ("A/A:0", "C/C:0", 1)


def test_unread_and_misread_plates_give_no_time():
    rows = passes(("A", 0.0, None), ("C", 25.0, None), ("A", 1.0, "p"), ("C", 26.0, "q"))
    assert TravelTimes(region()).step(START, rows) == []


def test_one_who_stops_on_the_way_and_one_who_overtakes_are_left_out():
    assert drives(TravelTimes(region()), [24.0] * 10 + [200.0, 11.0, 25.0]) == [24.0] * 10 + [25.0]


def test_a_first_time_may_be_as_slow_as_two_deviations_of_what_is_expected():
    # 200 m at 10 m/s are 20 s, at first expected to take 1.3 times as long, 26 s. Two deviations
    # of 0.5 in the logarithm are a factor of e: up to 26 * 2.718 = 70.7 s.
    assert drives(TravelTimes(region()), [70.0]) == [70.0]
    assert drives(TravelTimes(region()), [71.0]) == []


def test_a_jam_is_believed_once_three_in_a_row_are_slow():
    assert drives(TravelTimes(region()), [24.0] * 10 + [90.0] * 4) == [24.0] * 10 + [90.0] * 2


def test_a_path_time_comes_with_its_segments_and_their_shares_of_it():
    times = TravelTimes(region())
    (seen,) = times.step(START, passes(("A", 0.0, "p"), ("C", 24.0, "p")))
    assert len(seen.segment_times_s) == len(seen.segment_ids) > 1
    assert sum(seen.segment_times_s) == pytest.approx(seen.travel_time_s, abs=0.2)


def test_a_time_is_spread_as_its_segments_are_expected_to_share_it():
    assert spread(60.0, np.array([10.0, 20.0])).tolist() == [20.0, 40.0]


def with_clock_off(times: TravelTimes, offset: float, minutes: int) -> list[float]:
    """Let vehicles pass A, C and E, C's clock being off; give the last speeds (m/s)."""
    last: list[float] = []
    for minute in range(minutes):
        rows = []
        for number in range(4):
            at, plate = 60.0 * minute + 11.0 * number, f"p{minute}-{number}"
            rows += [("A", at, plate), ("C", at + 24.0 + offset, plate), ("E", at + 48.0, plate)]
        now = START + 60.0 * minute
        last = [seen.length_m / seen.travel_time_s for seen in times.step(now, passes(*rows))]
    return last


@pytest.mark.parametrize("offset", [-240.0, 90.0, 300.0])
def test_a_clock_that_is_minutes_off_is_found_and_corrected(offset):
    times = TravelTimes(region())
    last = with_clock_off(times, offset, 16)
    (clock,) = times.clocks_off()
    assert clock.camera_id == "C"
    assert clock.offset_s == pytest.approx(offset, abs=10.0)
    assert last
    assert all(speed == pytest.approx(200.0 / 24.0, rel=0.25) for speed in last)


def test_cameras_whose_ids_share_what_stands_before_a_slash_have_a_clock_each():
    times = TravelTimes(region_of(ROAD.network, 0, assets("SH/")))
    rows: list[tuple[str, float, str | None]] = []
    for number in range(40):
        at, plate = 11.0 * number, f"p{number}"
        rows += [("A", at, plate), ("C", at + 264.0, plate), ("E", at + 48.0, plate)]
    events = passes(*rows)
    ids = pc.binary_join_element_wise(pa.scalar("SH"), events["camera_id"], "/")
    (seen, *_) = times.step(START + 300.0, events.set_column(0, "camera_id", ids))
    assert (seen.from_approach, seen.to_approach) == ("SH%2FA/A:0", "SH%2FE/E:0")
    assert [clock.camera_id for clock in times.clocks_off()] == ["SH/C"]


def test_right_clocks_are_not_accused():
    times = TravelTimes(region())
    with_clock_off(times, 0.0, 16)
    assert times.clocks_off() == []


def test_the_offsets_are_those_that_most_neighbours_agree_on():
    # D's clock is 200 s ahead; every other pair is right.
    clocks = CameraClocks("ABCD")
    for come in range(4):
        for go in range(4):
            off = 200.0 * ((go == 3) - (come == 3))
            for vehicle in range(20 if come != go else 0):
                clocks.add(come, go, 15.0 + off + vehicle % 3)
    clocks.estimate()
    assert clocks.off() == {"D": pytest.approx(200.0, abs=5.0)}


def test_the_passes_of_a_camera_whose_clock_is_off_are_not_used():
    estimator = StateEstimator(ROAD.network, 0, assets())
    for minute in range(12):
        at = 60.0 * minute
        rows = []
        for number in range(4):
            t, plate = at + 8.0 * number, f"p{minute}-{number}"
            rows += [("A", t, plate), ("C", t + 204.0, plate), ("E", t + 30.0, plate)]
        estimator.add_camera_events(passes(*rows).to_batches()[0])
        state = estimator.close_minute(START + at)
    assert [clock.camera_id for clock in state.camera_clocks] == ["C"]
    assert state.counts["camera_clocks_off"] == 1


def test_restored_travel_times_go_on_as_before():
    times, again = TravelTimes(region()), TravelTimes(region())
    with_clock_off(times, 90.0, 12)
    times.step(START + 720.0, passes(("A", 720.0, "p")))
    again.restore(times.snapshot())
    rows = passes(("C", 745.0 + 90.0, "p"))
    assert again.step(START + 780.0, rows) == times.step(START + 780.0, rows) != []
    assert again.clocks_off() == times.clocks_off()
    with pytest.raises(ValueError, match="TravelTimesState"):
        TravelTimes(region_of(ROAD.network, 0, Roadside())).restore(times.snapshot())


def clocks_after(last_back_s: float) -> dict[str, float]:
    """Give the clocks called off where C to D takes 150 s more than free, D to A last_back_s."""
    clocks = CameraClocks("ABCD")
    beyond = {(0, 1): 20.0, (1, 2): 20.0, (0, 2): 20.0, (2, 3): 150.0, (3, 0): last_back_s}
    for (come, go), seconds in beyond.items():
        # Most vehicles come from C, so that what it says of D weighs most.
        for _ in range(60 if go == 3 else 20):
            clocks.add(come, go, seconds)
    clocks.estimate()
    return clocks.off()


def test_a_jam_before_a_camera_is_not_taken_for_its_clock():
    assert clocks_after(last_back_s=20.0) == {}


def test_a_clock_that_is_ahead_is_found_by_the_times_on_both_its_sides():
    assert clocks_after(last_back_s=-110.0) == {"D": pytest.approx(130.0, abs=10.0)}


def edge_camera_off(*beyond_s: float) -> dict[str, float]:
    """Give the clocks called off where of a camera E vehicles only come, by what A to D say."""
    clocks = CameraClocks("ABCDE")
    for come in range(4):
        for go in range(4):
            for _ in range(20 if come != go else 0):
                clocks.add(come, go, 20.0)
        for _ in range(20):
            clocks.add(come, 4, beyond_s[come])
    clocks.estimate()
    return clocks.off()


def test_at_the_citys_edge_only_a_clock_makes_everybody_too_quick_by_the_same():
    assert edge_camera_off(-180.0, -170.0, -185.0, -180.0) == {"E": pytest.approx(-200.0, abs=15.0)}
    assert edge_camera_off(220.0, 230.0, 215.0, 220.0) == {}  # as a jam before it does
    assert edge_camera_off(-180.0, -330.0, -90.0, -240.0) == {}  # driven the other way round


def test_nobody_drives_a_path_in_less_than_half_its_free_time():
    # From A to C 20 s when free.
    assert drives(TravelTimes(region()), [9.9]) == []
    assert drives(TravelTimes(region()), [10.1]) == pytest.approx([10.1])


def test_strays_of_both_sides_in_turn_change_nothing():
    usual = [24.0] * 10
    strays = [200.0, 200.0, 11.0, 200.0, 200.0]
    assert drives(TravelTimes(region()), [*usual, *strays]) == usual


def test_of_the_vehicles_of_a_minute_the_middle_one_is_published():
    rows = [("A", 0.0, f"p{n}") for n in range(3)]
    rows += [("C", taken, f"p{n}") for n, taken in enumerate((24.0, 25.0, 50.0))]
    (found,) = TravelTimes(region()).step(START, passes(*rows))
    assert (found.travel_time_s, found.vehicle_count, found.length_m) == (25.0, 3, 200.0)
    assert found.segment_times_s == (12.5, 12.5)


def test_a_time_is_from_the_last_camera_that_saw_the_vehicle():
    rows = passes(("A", 0.0, "p"), ("C", 24.0, "p"), ("E", 48.0, "p"))
    found = [(t.from_approach, t.to_approach) for t in TravelTimes(region()).step(START, rows)]
    assert found == [("A/A:0", "C/C:0"), ("C/C:0", "E/E:0")]


def test_cameras_over_four_minutes_apart_have_no_path():
    # After a, at 10 m/s: 2300 m take 230 s, and 200 m more 250.
    far = draw("A-a>B----------b---------->C>D", cell_m=100, free_speed_kmh=36)
    assert far.network.length_m.tolist()[1:] == [2300.0, 200.0]
    paths = CameraPaths(region_of(far.network, 0, Roadside()))
    assert paths.path(0, 1) is not None
    assert paths.path(0, 2) is None


@pytest.mark.parametrize(("slow_s", "quick_s"), [(64.0, 20.0), (72.0, 44.0), (80.0, 60.0)])
def test_which_of_two_that_pass_at_once_is_taken_first_hangs_on_their_lanes(slow_s, quick_s):
    def believed(slow: str, quick: str) -> list[tuple[float, int]]:
        times = TravelTimes(region())
        come = passes(("A", 0.0, slow), ("A", slow_s - quick_s, quick))
        go = passes(("C", slow_s, slow), ("C", slow_s, quick))
        lane = go.schema.get_field_index("lane")
        lanes = pa.array([0, 1], go.schema.field("lane").type)
        rows = pa.concat_tables([come, go.set_column(lane, go.schema.field(lane), lanes)])
        return [(s.travel_time_s, s.vehicle_count) for s in times.step(START, rows)]

    assert believed("p", "q") == believed("q", "p")
