"""Who sees the head and the tail of a queue, which buses stop in it, and which green matters."""

from incidents.response.around import Around, BusLine
from tests.incidents.response.town import NETWORK, beside, case, speeds


def test_two_cameras_at_the_head_and_one_at_the_tail_are_named() -> None:
    places = {"k1": ("CD", 40.0), "k2": ("CD", 80.0), "k3": ("CD", 100.0), "k4": ("AB", 190.0)}
    around = Around(NETWORK, beside(**places))
    assert around.cameras(case()) == ["k1", "k2", "k4"]
    assert around.cameras(case(queue_segment_ids=[])) == ["k1", "k2", "k3"]


def test_a_camera_out_of_sight_is_not_named() -> None:
    assert Around(NETWORK, beside(k1=("AB", 1.0))).cameras(case(queue_segment_ids=[])) == []


def test_bus_lines_that_stop_in_the_queue_are_named_with_their_delay() -> None:
    around = Around(NETWORK, beside(s1=("BC", 20.0), s2=("CD", 50.0), s3=("FG", 50.0)))
    lines = around.bus_lines(case(), speeds(BC=3.6, CD=7.2))
    # 100 m take 100 s and 50 s in place of 10 s
    assert lines == [BusLine("ALL", 2, 130), BusLine("S1", 1, 90), BusLine("S2", 1, 40)]


def test_bus_lines_that_drive_through_the_queue_are_held_up_all_along_it_stops_or_not() -> None:
    number = NETWORK.segment_ids.index
    driven = {"S1": frozenset(map(number, ("AB", "BC", "CD"))), "71": frozenset({number("CD")}),
              "far": frozenset({number("FG")})}  # fmt: skip
    around = Around(NETWORK, beside(s1=("BC", 20.0)), driven)
    lines = around.bus_lines(case(), speeds(BC=3.6, CD=7.2))
    assert lines == [BusLine("S1", 1, 130), BusLine("ALL", 1, 90), BusLine("71", 0, 40)]


def test_of_a_queue_at_a_signal_its_approach_gets_green_and_one_that_flows_gives() -> None:
    around = Around(NETWORK, beside())
    hints = around.signals(case(cause="signal"), speeds(GD=30.0, ID=5.0))
    said = {(hint.segment_id, hint.action) for hint in hints}
    assert said == {("CD", "more"), ("GD", "less"), *((s, "hold_back") for s in ("AB", "FB", "HB"))}
    (more,) = (hint for hint in hints if hint.action == "more")
    assert (more.node_id, more.green_s) == ("D", 40.0)  # 20 vehicles at one in 2 s


def test_behind_a_crash_no_green_helps_and_only_what_feeds_the_queue_is_held_back() -> None:
    hints = Around(NETWORK, beside()).signals(case(cause="incident"), speeds())
    assert {hint.action for hint in hints} == {"hold_back"}
