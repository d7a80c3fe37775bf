import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.kernels import queues as kernels
from congestion.queues.find import find_queues
from congestion.queues.queue_settings import QueueSettings
from mapmatch.network import NONE, Network
from tests.drawing import draw
from tests.reference import queues as reference

FREE = 50.0 / 3.6
SETTINGS = QueueSettings(standing_share=0.3, slow_share=0.5)
TWO = draw("A-a>B-b>C", cell_m=25).network
FOUR = draw("A-a>B-b>C-c>D-d>E", cell_m=25).network
FORK = draw(
    """
    A-a>B-b>C
        |
        c
        v
        D
    """,
    cell_m=25,
).network
THREE = draw("A-a>B-b>C-c>D", cell_m=25).network


def queues_of(
    network: Network,
    slow: dict[str, float],
    queued_m: np.ndarray | None = None,
    occupancy: dict[str, float] | None = None,
):
    """Queues where the named segments drive at the given share of free flow."""
    ratio = np.array([slow.get(name, 1.0) for name in network.segment_ids])
    free = np.full(network.segment_count, FREE)
    reported = np.array([(occupancy or {}).get(name, np.nan) for name in network.segment_ids])
    return find_queues(network, ratio * FREE, free, queued_m, SETTINGS, reported)


def names(network: Network, segments: np.ndarray) -> str:
    return "".join(network.segment_ids[i] for i in segments)


def test_a_queue_runs_from_its_most_downstream_standing_segment_to_its_last():
    network = FOUR
    queues = queues_of(network, {"a": 0.2, "b": 0.25, "c": 0.28})
    assert names(network, queues.roots) == "c"
    assert names(network, queues.members_of(0)) == "cba"
    assert names(network, queues.tails) == "a"
    assert queues.length_m.tolist() == [300.0]


def test_the_tail_ends_where_its_own_segment_is_queued_to():
    network = FOUR
    queued = np.array([40.0, 100.0, 100.0, 0.0])
    assert queues_of(network, {"a": 0.2, "b": 0.2, "c": 0.2}, queued).length_m.tolist() == [240.0]


def test_a_slow_segment_joins_the_queue_it_runs_into_but_is_no_queue_by_itself():
    network = draw(
        """
        A-a>B-b>C-c>D-d>E
        X-x>Y-y>Z
        """,
        cell_m=25,
    ).network
    queues = queues_of(network, {"a": 0.4, "b": 0.45, "c": 0.2, "x": 0.4})
    assert names(network, queues.members_of(0)) == "cba"
    assert len(queues) == 1


def test_a_slow_segment_does_not_join_two_queues_into_one():
    network = FOUR
    queues = queues_of(network, {"a": 0.2, "b": 0.4, "c": 0.2})
    assert names(network, queues.roots) == "ac"
    assert queues.parent_of[network.index_of("b")] == network.index_of("c")


def test_a_queue_with_room_behind_it_holds_nobody_up():
    network = FOUR
    stands = {"a": 0.2, "b": 0.2, "c": 0.2}
    queues = queues_of(network, stands, occupancy={"b": 0.05, "c": 0.9})
    assert [names(network, queues.members_of(q)) for q in range(2)] == ["a", "cb"]
    slow_behind = queues_of(network, stands | {"a": 0.4}, occupancy={"b": 0.05, "c": 0.9})
    assert names(network, slow_behind.members) == "cb"


def test_a_segment_whose_detectors_say_nothing_is_taken_for_full():
    network = THREE
    stands = {"a": 0.2, "b": 0.2}
    assert names(network, queues_of(network, stands).roots) == "b"
    assert names(network, queues_of(network, stands, occupancy={"b": 0.9}).roots) == "b"


def test_a_segment_that_every_red_fills_passes_no_queue_on():
    network = draw("A----a--->Bb>C----c--->D----d--->E").network  # b is of 30 m
    queues = queues_of(network, {"a": 0.2, "b": 0.2, "c": 0.2})
    assert [names(network, queues.members_of(q)) for q in range(2)] == ["a", "cb"]


def test_of_two_ways_on_a_segment_backs_up_from_the_one_that_is_full():
    network = FORK
    slow = {"a": 0.2, "b": 0.1, "c": 0.25}
    queues = queues_of(network, slow, occupancy={"b": 0.1, "c": 0.8})
    assert queues.parent_of[0] == network.index_of("c")


def test_two_queues_that_do_not_touch_stay_two():
    network = FOUR
    queues = queues_of(network, {"a": 0.2, "c": 0.2})
    assert names(network, queues.roots) == "ac"


def test_branches_of_one_head_are_one_queue_as_long_as_the_longest():
    network = draw(
        """
        A-a>C-c>D
            ^
            b
            |
            B
            ^
            e
            |
            E
        """,
        cell_m=25,
    ).network
    queues = queues_of(network, {"a": 0.2, "b": 0.2, "c": 0.2, "e": 0.2})
    assert names(network, queues.members_of(0)) == "cabe"
    assert queues.length_m.tolist() == [300.0]


def test_a_segment_backs_up_from_the_slower_of_two_ways_on():
    network = FORK
    queues = queues_of(network, {"a": 0.2, "b": 0.25, "c": 0.1})
    assert names(network, queues.roots) == "bc"
    assert queues.parent_of[0] == network.index_of("c")


def test_a_ring_of_standing_segments_has_its_slowest_as_head():
    network = draw(
        r"""
        A-a>B
         <  |
          c b
           \v
            C
        """,
        cell_m=25,
    ).network
    queues = queues_of(network, {"a": 0.25, "b": 0.1, "c": 0.2})
    assert names(network, queues.roots) == "b"
    assert names(network, queues.members_of(0)) == "bac"


def test_nothing_slow_gives_no_queue():
    queues = queues_of(TWO, {})
    assert len(queues) == 0
    assert queues.member_offsets.tolist() == [0]
    assert queues.queue_of(0) is None


def test_a_segment_of_unknown_speed_is_in_no_queue():
    network = THREE
    assert len(queues_of(network, {"a": np.nan, "b": np.nan})) == 0


def test_delay_is_what_driving_from_tail_to_head_costs_against_free_flow():
    network = THREE
    queues = queues_of(network, {"a": 0.25, "b": 0.25})
    assert np.isclose(queues.delay_s[0], 2 * 100.0 * (1 / (0.25 * FREE) - 1 / FREE))


GRID = draw(
    """
    A---B---C---D
    |   |   |   |
    E---F-<-G---H
    |   ^   |   |
    I---J---K---L
    """,
    cell_m=25,
).network


@settings(max_examples=60)
@given(st.data())
def test_kernels_agree_with_walking_segment_by_segment(data):
    count, ids = GRID.segment_count, GRID.segment_ids
    given_ratios = st.sampled_from([0.1, 0.2, 0.4, 0.45, 0.9])
    ratios = data.draw(st.lists(given_ratios, min_size=count, max_size=count))
    reported = data.draw(st.lists(st.sampled_from([0.1, 0.8]), min_size=count, max_size=count))
    queues = queues_of(
        GRID, dict(zip(ids, ratios, strict=True)), occupancy=dict(zip(ids, reported, strict=True))
    )
    stores = GRID.length_m >= SETTINGS.least_storage_m
    full = {i for i in range(count) if reported[i] == 0.8 and stores[i]}
    # Every way out of a node but the way back.
    ahead = {
        i: [k for k in range(count) if ids[k][0] == ids[i][1] and ids[k] != ids[i][::-1]]
        for i in range(count)
    }
    ratio = dict(enumerate(ratios))
    parent = reference.cut_rings(reference.parents(ahead, ratio, full, 0.3), ratio)
    parent = reference.grown(parent, ahead, ratio, full, 0.5)
    length = dict(enumerate(GRID.length_m.tolist()))
    for segment in range(count):
        if segment not in parent:
            assert queues.root_of[segment] == NONE
            continue
        root, reach = reference.root_and_reach(segment, parent, length)
        assert queues.root_of[segment] == root
        assert np.isclose(queues.reach_m[segment], reach)
    since = {i: 60.0 * data.draw(st.integers(0, 6)) for i in range(count)}
    origin = np.full(count, NONE, np.int32)
    kernels.trace_origins(
        queues.members, queues.parent_of, np.array(list(since.values())), GRID.length_m,
        0.5, 60.0, origin,
    )  # fmt: skip
    for segment in parent:
        assert origin[segment] == reference.origin(segment, parent, since, length, 0.5, 60.0)


def test_each_kernel_has_one_compiled_signature():
    queues_of(TWO, {"a": 0.2})
    for kernel in (
        kernels.link_standing, kernels.cut_rings, kernels.trace_roots, kernels.join_slow,
        kernels.trace_origins,
    ):  # fmt: skip
        assert len(getattr(kernel, "signatures", [0])) == 1


def by_default(speeds: dict[str, float], occupancy: dict[str, float] | None = None) -> list[str]:
    """Give the queues of a road of four by the settings that ship, each head first."""
    ratio = np.array([speeds.get(name, 1.0) for name in "abcd"])
    felt = np.array([(occupancy or {}).get(name, np.nan) for name in "abcd"])
    queues = find_queues(FOUR, ratio * FREE, np.full(4, FREE), occupancy=felt)
    return [names(FOUR, queues.members_of(q)) for q in range(len(queues))]


def test_by_default_a_fifth_of_free_flow_stands_and_under_three_tenths_joins():
    assert by_default({"c": 0.21}) == []
    assert by_default({"c": 0.19}) == ["c"]
    assert by_default({"b": 0.29, "c": 0.19}) == ["cb"]
    assert by_default({"b": 0.31, "c": 0.19}) == ["c"]


def test_a_segment_is_full_from_an_occupancy_of_four_tenths_on():
    stand = {"b": 0.1, "c": 0.1}
    assert by_default(stand, {"c": 0.4}) == ["cb"]
    assert by_default(stand, {"c": 0.39}) == ["b", "c"]


def test_a_tail_stands_within_its_segment_whatever_is_said_of_it():
    slow = {"a": 0.2, "b": 0.2, "c": 0.2}
    lengths = [
        queues_of(FOUR, slow, np.array([queued_m, 100.0, 100.0, 0.0])).length_m.tolist()
        for queued_m in (250.0, -10.0, np.nan)
    ]
    # The whole of a, none of it, and none that is known.
    assert lengths == [[300.0], [200.0], [200.0]]


def test_the_delay_of_a_queue_is_counted_over_all_segments_up_to_its_tail():
    slow = {"a": 0.25, "b": 0.2, "c": 0.1}
    lost = sum(100.0 * (1 / (share * FREE) - 1 / FREE) for share in slow.values())
    assert np.isclose(queues_of(FOUR, slow).delay_s[0], lost)
