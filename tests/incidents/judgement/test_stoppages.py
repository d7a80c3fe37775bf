"""What speaks for and against a stopped flow being an incident."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from incidents.judgement.neighbours import segments_after, segments_around, segments_backing_up
from incidents.judgement.stoppages import Stoppage, count_other_jams, find_stoppage
from incidents.settings import JudgementSettings
from incidents.signs.flows import FlowSigns
from mapmatch.network import Network
from tests.drawing import draw
from tests.incidents.city import avenue

AVENUE = avenue()
SETTINGS = JudgementSettings()
S1, S2, S3, S4 = (AVENUE.index_of(name) or 0 for name in ("s1", "s2", "s3", "s4"))


def signs(**at: dict[int, Any]) -> FlowSigns:
    """Give signs of a city where nothing happens, but for some fields at some segments."""
    n = AVENUE.segment_count
    zeros, no = np.zeros(n), np.zeros(n, dtype=np.bool_)
    calm = FlowSigns(
        stopped=zeros, is_jammed=no, full_lanes=zeros, line_full=zeros, line_empty=no,
        line_offset_m=np.full(n, 260.0), standing=zeros, standing_offset_m=np.full(n, np.nan),
        standing_s=zeros, stop_minutes=zeros, jam_minutes=zeros, jam_share=zeros,
        occupancy_before=zeros, level=zeros, is_known=~no, serving=zeros, full_minutes=zeros,
        short=zeros,
    )  # fmt: skip
    changed = {}
    for name, values in at.items():
        changed[name] = getattr(calm, name).copy()
        for segment, value in values.items():
            changed[name][segment] = value
    return replace(calm, **changed)


def stoppage_at(segment: int, flows: FlowSigns, network: Network = AVENUE) -> Stoppage | None:
    return find_stoppage(network, SETTINGS, segment, flows)


def odds(stoppage: Stoppage | None) -> float:
    return 0.0 if stoppage is None else sum(sign.odds for sign in stoppage.signs)


BLOCK: dict[str, dict[int, Any]] = {
    "stopped": {S3: 6.0}, "is_jammed": {S3: True}, "standing": {S3: 2},
    "standing_offset_m": {S3: 200.0}, "standing_s": {S3: 120.0},
}  # fmt: skip


def test_a_stopped_flow_with_a_queue_and_free_road_ahead_is_a_stoppage_at_the_head() -> None:
    found = stoppage_at(S3, signs(**BLOCK))
    assert found is not None
    assert (found.head, found.offset_m, found.cause) == (S3, 200.0, "incident")
    assert odds(found) == pytest.approx(6.0 + 1.0)


def test_no_queue_or_no_stop_is_no_stoppage() -> None:
    assert stoppage_at(S3, signs(stopped={S3: 6.0})) is None
    assert stoppage_at(S3, signs(is_jammed={S3: True}, standing={S3: 2})) is None


def test_a_jam_ahead_makes_it_spillback_unless_the_queue_ends_short_of_an_empty_line() -> None:
    jam = {**BLOCK, "is_jammed": {S3: True, S4: True}}
    assert stoppage_at(S3, signs(**jam)) is None
    assert stoppage_at(S3, signs(**jam, line_empty={S3: True})) is not None


def test_a_queue_that_stands_short_of_the_line_speaks_for_a_block() -> None:
    bare = odds(stoppage_at(S3, signs(**BLOCK)))
    assert odds(stoppage_at(S3, signs(**BLOCK, short={S3: 1.4}))) == bare
    found = stoppage_at(S3, signs(**BLOCK, short={S3: 2.0}))
    assert found is not None
    by_name = {sign.name: sign for sign in found.signs}
    assert by_name["short"].odds == pytest.approx(2.0 * SETTINGS.per_short)
    assert by_name["short"].seen.values == {"short_m": 100}  # 200 m along a street of 300 m
    assert by_name["stopped"].odds == pytest.approx(6.0)
    most = stoppage_at(S3, signs(**BLOCK, short={S3: 50.0}))
    assert odds(most) == pytest.approx(6.0 + SETTINGS.most_short + 1.0)


def test_a_jam_ahead_is_no_reason_for_a_queue_that_stands_short_of_the_line() -> None:
    jam = {**BLOCK, "is_jammed": {S3: True, S4: True}}
    assert stoppage_at(S3, signs(**jam, short={S3: 1.4})) is None
    assert stoppage_at(S3, signs(**jam, short={S3: 2.0})) is not None


def test_where_vehicles_get_away_a_queue_that_stands_short_is_no_stoppage() -> None:
    assert stoppage_at(S3, signs(**{**BLOCK, "stopped": {S3: 1.9}}, short={S3: 9.0})) is None


def test_a_queue_upstream_of_an_empty_segment_has_its_head_at_that_segments_start() -> None:
    found = stoppage_at(S3, signs(stopped={S3: 6.0}, is_jammed={S2: True}, full_lanes={S2: 2.0}))
    assert found is not None
    assert (found.head, found.offset_m) == (S2, 300.0)


@pytest.mark.parametrize(
    "against",
    [
        {"jam_share": {S3: 0.3}},
        {"occupancy_before": {S3: 0.25}},
        {"jam_minutes": {S3: 12.0}},
        {"stop_minutes": {S3: 12.0}},
        {"level": {S4: 4.0}},
        {"is_known": {S4: False}},
    ],
)
def test_what_is_usual_there_and_what_lies_ahead_speak_against_it(
    against: dict[str, dict[int, Any]],
) -> None:
    assert odds(stoppage_at(S3, signs(**BLOCK, **against))) < odds(stoppage_at(S3, signs(**BLOCK)))


def test_a_queue_as_old_as_the_stop_is_of_one_block_with_it() -> None:
    together = signs(**BLOCK, jam_minutes={S3: 12.0}, stop_minutes={S3: 13.0})
    assert odds(stoppage_at(S3, together)) == odds(stoppage_at(S3, signs(**BLOCK)))


def test_other_queues_near_by_speak_against_it_and_its_own_does_not() -> None:
    own = {**BLOCK, "is_jammed": {S3: True}, "jam_minutes": {S3: 1.0, S2: 1.0, S1: 1.0}}
    assert odds(stoppage_at(S3, signs(**own))) == odds(stoppage_at(S3, signs(**BLOCK)))
    s5 = AVENUE.index_of("s5") or 0
    crowded = {**BLOCK, "jam_minutes": {S3: 1.0, s5: 4.0}}
    assert odds(stoppage_at(S3, signs(**crowded))) < odds(stoppage_at(S3, signs(**own)))
    assert count_other_jams(AVENUE, SETTINGS, S3, S3, signs(jam_minutes={S2: 1.0, s5: 4.0})) == 1


def test_vehicles_that_stand_beyond_a_signals_cycle_add_to_it() -> None:
    short, long = signs(**BLOCK), signs(**{**BLOCK, "standing_s": {S3: 400.0}})
    assert odds(stoppage_at(S3, long)) > odds(stoppage_at(S3, short))


@pytest.mark.parametrize(
    ("at_line", "line_full", "cause"),
    [
        (True, 0.0, "signal"),
        (True, 1.0, "signal"),
        (True, 0.5, "incident"),
        (False, 0.0, "incident"),
    ],
)
def test_a_queue_in_all_lanes_up_to_a_signals_stop_line_is_the_signals(
    at_line: bool, line_full: float, cause: str
) -> None:
    queue = {**BLOCK, "standing_offset_m": {S3: 290.0 if at_line else 180.0}}
    found = stoppage_at(S3, signs(**queue, line_full={S3: line_full}))
    assert found is not None
    assert found.cause == cause


def test_neighbours_leave_u_turns_out_and_queues_grow_upstream() -> None:
    road = draw("A-a>B---C").network  # a, BC and CB
    assert segments_after(road, 0) == [1]
    assert segments_after(road, 1) == []
    assert segments_around(road, 0, 1).tolist() == [0, 1]
    assert segments_backing_up(road, 1, np.array([True, True, True])) == {0, 1}


def found(*, segment: int = S3, **at: dict[int, Any]) -> Stoppage:
    """Give the stoppage of the block at s3 with some fields changed."""
    stoppage = stoppage_at(segment, signs(**{**BLOCK, **at}))
    assert stoppage is not None
    return stoppage


def weights(**at: dict[int, Any]) -> list[float]:
    """Give the odds of the flow and of those who stand."""
    return [round(sign.odds, 6) for sign in found(**at).signs]


@pytest.mark.parametrize(
    ("against", "odds_left"),
    [
        ({"jam_share": {S3: 0.1}}, 6 - 12 * 0.1),
        ({"occupancy_before": {S3: 0.2}}, 6 - 25 * (0.2 - 0.08)),
        ({"occupancy_before": {S3: 0.05}}, 6),
        ({"jam_minutes": {S3: 12.0}}, 6 - 0.4 * (12 - 3)),
        ({"stop_minutes": {S3: 12.0}}, 6 - 0.4 * (12 - 3)),
        ({"jam_minutes": {S3: 3.0}}, 6),
        ({"level": {S4: 3.0}}, 6 - 1.2 * (3 - 1)),
        ({"level": {S4: 1.0}}, 6),
        ({"is_known": {S4: False}}, 6 - 1.5),
    ],
)
def test_each_thing_against_it_takes_its_own_weight(
    against: dict[str, dict[int, Any]], odds_left: float
) -> None:
    assert weights(**against) == pytest.approx([odds_left, 1.0])


def test_each_other_queue_near_by_takes_two_and_half_of_that_where_the_road_ahead_is_empty() -> (
    None
):
    s5 = AVENUE.index_of("s5") or 0
    crowd = {"jam_minutes": {S3: 1.0, S1: 1.0, s5: 4.0}}
    assert weights(**crowd) == [6 - 2 * 2, 1.0]
    assert weights(**crowd, line_empty={S3: True}) == [6 - 2, 1.0]
    # A head beyond the detectors at the line is not short of them.
    beyond = {"standing_offset_m": {S3: 270.0}}
    assert weights(**crowd, **beyond, line_empty={S3: True}) == [6 - 2 * 2, 1.0]


def test_queues_count_as_near_by_up_to_three_movements_away() -> None:
    s5 = AVENUE.index_of("s5") or 0
    assert count_other_jams(AVENUE, SETTINGS, s5, s5, signs(jam_minutes={S2: 1.0})) == 1
    assert count_other_jams(AVENUE, SETTINGS, s5, s5, signs(jam_minutes={S1: 1.0})) == 0


def test_the_queue_of_another_arm_that_a_stuck_signal_holds_is_no_other_jam() -> None:
    drawing = """
        A----p---->B----a---->C----o---->D
                              ^
                              b
                              |
                              X
    """
    has_stopped = SETTINGS.least_stopped
    for signal, stopped, others in (
        ("C", has_stopped, 0), ("C", has_stopped - 0.1, 1), ("", has_stopped, 1),
    ):  # fmt: skip
        network = draw(drawing, cell_m=25, signals=signal).network
        a, b = network.index_of("a") or 0, network.index_of("b") or 0
        flows = FlowSigns(**{
            name: values[: network.segment_count].copy()
            for name, values in vars(signs()).items()
        })  # fmt: skip
        flows.jam_minutes[b], flows.stopped[b] = 3.0, stopped
        assert count_other_jams(network, SETTINGS, a, a, flows) == others


def test_a_way_on_that_is_known_is_enough() -> None:
    fork = draw(
        """
        A----s1---->B----s2---->C
                    |
                    x
                    v
                    X
        """,
        cell_m=25,
    ).network
    first, second, side = (fork.index_of(name) or 0 for name in ("s1", "s2", "x"))
    block = {
        "stopped": {first: 6.0}, "is_jammed": {first: True}, "standing": {first: 2},
        "standing_offset_m": {first: 200.0}, "standing_s": {first: 120.0},
    }  # fmt: skip

    def flow_odds(**more: dict[int, Any]) -> float:
        stoppage = stoppage_at(first, signs(**block, **more), fork)
        assert stoppage is not None
        return stoppage.signs[0].odds

    assert flow_odds(is_known={second: False}) == 6.0
    assert flow_odds(is_known={second: False, side: False}) == 4.5
    assert flow_odds(level={second: 2.0, side: 4.0}) == pytest.approx(6 - 1.2 * 3)  # the worse way


def test_a_flow_counts_from_two_up_to_seven_and_a_half() -> None:
    assert stoppage_at(S3, signs(**{**BLOCK, "stopped": {S3: 1.9}})) is None
    assert weights(stopped={S3: 2.0}) == [2.0, 1.0]
    assert weights(stopped={S3: 12.0}) == [7.5, 1.0]


@pytest.mark.parametrize(
    ("standing", "longest_s", "full_lanes", "expected"),
    [
        (1, 120.0, 0, 0.5),
        (2, 120.0, 0, 1.0),
        (6, 120.0, 0, 1.5),  # at most
        (2, 150.0, 0, 1.0),  # a cycle
        (2, 270.0, 0, 1.0 + 0.5 * 2),  # two minutes more
        (1, 1200.0, 0, 0.5),  # one alone may be parked
        (1, 1200.0, 1, 0.5 + 3.0),  # beside a full lane it is not; at most 3 for the time
        (6, 1200.0, 0, 7.5 / 2),  # at most half of what the flow says
    ],
)
def test_those_who_stand_add_by_number_and_time_beyond_a_cycle(
    standing: int, longest_s: float, full_lanes: int, expected: float
) -> None:
    at = {
        "stopped": {S3: 12.0}, "standing": {S3: standing}, "standing_s": {S3: longest_s},
        "full_lanes": {S3: full_lanes},
    }  # fmt: skip
    assert weights(**at) == pytest.approx([7.5, expected])


def test_what_is_said_names_how_many_stand_and_how_long() -> None:
    said = found(standing={S3: 3}, standing_s={S3: 260.0})
    assert said.signs[1].seen.text == "3 vehicles standing, up to 4 min"


def test_upstream_of_an_empty_segment_the_head_is_where_most_stands() -> None:
    side = AVENUE.index_of("j") or 0
    jammed = {"is_jammed": {S3: False, S2: True, side: True}, "standing": {S3: 0}}
    at_s2 = found(**jammed, full_lanes={S2: 2.0, side: 1.0})
    at_j = found(**jammed, full_lanes={S2: 1.0, side: 2.0})
    assert (at_s2.head, at_j.head) == (S2, side)


@pytest.mark.parametrize(("offset_m", "cause"), [(270.0, "signal"), (269.0, "incident")])
def test_a_queue_stands_at_the_line_from_30_m_before_it_on(offset_m: float, cause: str) -> None:
    assert found(standing_offset_m={S3: offset_m}).cause == cause


def test_at_a_junction_without_a_signal_a_queue_up_to_the_line_is_an_incident() -> None:
    block = {name: {S2: value} for name, value in (
        ("stopped", 6.0), ("is_jammed", True), ("standing", 2), ("standing_offset_m", 290.0),
    )}  # fmt: skip
    stoppage = stoppage_at(S2, signs(**block))
    assert stoppage is not None
    assert (stoppage.head, stoppage.cause) == (S2, "incident")


def test_a_queue_that_only_detectors_see_stands_where_they_are() -> None:
    block = {"stopped": {S3: 6.0}, "is_jammed": {S3: True}, "full_lanes": {S3: 2.0}}
    stoppage = stoppage_at(S3, signs(**block))
    assert stoppage is not None
    assert (stoppage.head, stoppage.offset_m) == (S3, 260.0)


def test_lanes_that_are_full_for_long_add_what_standing_probes_would_where_none_is() -> None:
    full: dict[str, dict[int, Any]] = {
        "stopped": {S3: 6.0}, "is_jammed": {S3: True}, "full_lanes": {S3: 2},
        "full_minutes": {S3: 5},
    }  # fmt: skip
    found = stoppage_at(S3, signs(**full))
    assert found is not None
    assert [(s.source, s.seen.text) for s in found.signs][1:] == [
        ("magnetometer", "2 lanes full, for 5 min")
    ]
    # 0.5 a lane, and 0.5 for each of the two and a half minutes beyond a cycle.
    assert odds(found) == pytest.approx(6.0 + 1.0 + 1.25)
    assert odds(stoppage_at(S3, signs(**full, standing={S3: 1}))) == pytest.approx(6.0 + 0.5)


def test_a_jam_before_says_less_where_many_stand_short_of_a_line_that_has_run_dry() -> None:
    dry: dict[str, dict[int, Any]] = {
        **BLOCK, "line_empty": {S3: True}, "occupancy_before": {S3: 0.18}, "jam_share": {S3: 0.1},
    }  # fmt: skip
    # 25 x 0.1 of occupancy and 12 x 0.1 of time jammed, a fifth of it.
    assert odds(stoppage_at(S3, signs(**dry))) == pytest.approx(6.0 - 0.2 * 3.7 + 1.0)
    alone = {**dry, "standing": {S3: 1}}
    assert odds(stoppage_at(S3, signs(**alone))) == pytest.approx(6.0 - 3.7 + 0.5)
