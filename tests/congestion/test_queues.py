import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.hotspots import HotSpots
from congestion.kernels import queues as kernels
from congestion.queues import find_queues
from mapmatch.network import NONE, Network
from tests.congestion.drawing import draw
from tests.reference import queues as reference

FREE = 50.0 / 3.6


def queues_of(network: Network, slow: dict[str, float]):
    """Queues where the named segments drive at the given share of free flow."""
    ratio = np.array([slow.get(name, 1.0) for name in network.segment_ids])
    free = np.full(network.segment_count, FREE)
    level = np.where(ratio < 0.5, 4, 0).astype(np.int8)
    return find_queues(network, ratio * FREE, free, level, np.full(len(ratio), 600.0))


def names(network: Network, segments: np.ndarray) -> str:
    return "".join(network.segment_ids[i] for i in segments)


def test_a_queue_runs_from_its_most_downstream_slow_segment_to_its_last():
    network = draw({"a": "b", "b": "c", "c": "d"})
    queues = queues_of(network, {"a": 0.2, "b": 0.3, "c": 0.4})
    assert names(network, queues.roots) == "c"
    assert names(network, queues.members_of(0)) == "cba"
    assert names(network, queues.tails) == "a"
    assert queues.length_m.tolist() == [300.0]


def test_two_queues_that_do_not_touch_stay_two():
    network = draw({"a": "b", "b": "c", "c": "d"})
    queues = queues_of(network, {"a": 0.2, "c": 0.2})
    assert names(network, queues.roots) == "ac"


def test_branches_of_one_head_are_one_queue_as_long_as_the_longest():
    network = draw({"a": "c", "b": "c", "c": "d", "e": "b"})
    queues = queues_of(network, {"a": 0.2, "b": 0.2, "c": 0.2, "e": 0.2})
    assert names(network, queues.members_of(0)) == "cabe"
    assert queues.length_m.tolist() == [300.0]


def test_a_segment_backs_up_from_the_slower_of_two_ways_on():
    network = draw({"a": "bc", "b": "d", "c": "d"})
    queues = queues_of(network, {"a": 0.2, "b": 0.4, "c": 0.1})
    assert names(network, queues.roots) == "bc"
    assert queues.parent_of[0] == network.index_of("c")


def test_a_ring_of_slow_segments_has_its_slowest_as_head():
    network = draw({"a": "b", "b": "c", "c": "a"})
    queues = queues_of(network, {"a": 0.3, "b": 0.1, "c": 0.2})
    assert names(network, queues.roots) == "b"
    assert names(network, queues.members_of(0)) == "bac"


def test_nothing_slow_gives_no_queue():
    queues = queues_of(draw({"a": "b"}), {})
    assert len(queues) == 0
    assert queues.member_offsets.tolist() == [0]


def test_delay_is_what_the_slow_members_cost_against_free_flow():
    network = draw({"a": "b", "b": "c"})
    queues = queues_of(network, {"a": 0.25, "b": 0.25})
    lost = 2 * 100.0 * (1 / (0.25 * FREE) - 1 / FREE)
    assert np.isclose(queues.delay_s[0], lost)
    # Ten vehicles a minute through each.
    assert np.isclose(queues.delay_veh_h[0], 10 * lost / 3600)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_kernels_agree_with_the_plain_walk(data):
    count = data.draw(st.integers(2, 9))
    letters = "abcdefghi"[:count]
    turns = {
        name: "".join(data.draw(st.lists(st.sampled_from(letters), max_size=3, unique=True)))
        for name in letters
    }
    network = draw(turns)
    ratios = data.draw(
        st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.9]), min_size=count, max_size=count)
    )
    slow = {i for i, r in enumerate(ratios) if r < 0.5}
    queues = queues_of(network, dict(zip(letters, ratios, strict=True)))
    ahead = {
        i: [network.segment_ids.index(t) for t in turns[name]] for i, name in enumerate(letters)
    }
    ratio = dict(enumerate(ratios))
    parent = reference.cut_rings(reference.parents(ahead, slow, ratio), ratio)
    length = dict.fromkeys(range(count), 100.0)
    for segment in range(count):
        if segment not in slow:
            assert queues.root_of[segment] == NONE
            continue
        root, reach = reference.root_and_reach(segment, parent, length)
        assert queues.root_of[segment] == root
        assert queues.reach_m[segment] == reach


def test_each_kernel_has_one_compiled_signature():
    queues_of(draw({"a": "b"}), {"a": 0.2})
    for kernel in (kernels.link_slow, kernels.trace_roots):
        assert len(getattr(kernel, "signatures", [0])) == 1


def test_a_hot_spot_opens_only_when_its_queue_lasts_and_clears_only_when_it_stays_away():
    network = draw({"a": "b", "b": "c", "c": "d"})
    jam, none = queues_of(network, {"a": 0.2, "b": 0.2, "c": 0.2}), queues_of(network, {})
    spots = HotSpots()
    seen = []
    for minute, queues in enumerate([jam, none] + [jam] * 6 + [none] * 2 + [jam] + [none] * 5):
        seen += [(s.change, minute) for s in spots.step(minute * 60.0, network, queues)]
    assert seen == [("open", 6), ("cleared", 14)]


def test_a_growing_hot_spot_is_told_again_and_keeps_its_onset():
    network = draw({"a": "b", "b": "c", "c": "d", "d": "e", "e": "f"})
    short = queues_of(network, {"c": 0.2, "d": 0.2, "e": 0.2})
    long = queues_of(network, {name: 0.2 for name in "abcde"})
    spots = HotSpots()
    seen = []
    for minute, queues in enumerate([short] * 5 + [long]):
        seen += spots.step(minute * 60.0, network, queues)
    assert [s.change for s in seen] == ["open", "updated"]
    assert {s.onset for s in seen} == {0.0}


def test_a_restored_hot_spot_goes_on_with_its_life():
    network = draw({"a": "b", "b": "c", "c": "d"})
    jam = queues_of(network, {"a": 0.2, "b": 0.2, "c": 0.2})
    spots, again = HotSpots(), HotSpots()
    for minute in range(4):
        spots.step(minute * 60.0, network, jam)
    again.restore(spots.snapshot())
    assert [s.change for s in again.step(240.0, network, jam)] == ["open"]
