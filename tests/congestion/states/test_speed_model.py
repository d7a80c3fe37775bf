import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.kernels import trees as kernels
from congestion.region import region_of
from congestion.roadside import Roadside
from congestion.states.fusion import Fusion
from congestion.states.plain_evidence import ROADS, PlainEvidence
from congestion.states.speed_model import ModelReader, RoadTrees, SpeedModel, read_model
from congestion.states.trees import Forest, Tree, TreeSum
from tests.drawing import draw as drawn
from tests.reference.trees import value_of
from tests.roadside import roadside

NO_EVIDENCE = PlainEvidence({}, {})
LARGEST, TINY, INFINITY = float(np.finfo(np.float32).max), 1e-45, float("inf")
edges = [0.0, TINY, 1e-38, 0.998, 1.0, 1.0078124, 1.0078125, 2.5, 1e30, LARGEST]
numbers = st.one_of(
    st.sampled_from([*edges, *(-edge for edge in edges)]), st.floats(-4.0, 4.0, width=32)
)
values = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.5])


@st.composite
def trees(draw, leaves=25):
    tree = Tree([], [], [], [], [])
    waiting, made = 1, 0
    while waiting:
        waiting -= 1
        is_leaf = made + waiting > leaves or draw(st.integers(0, 3)) == 0
        tree.feature.append(-1 if is_leaf else draw(st.integers(0, 2)))
        tree.threshold.append(0.0 if is_leaf else draw(numbers))
        tree.nan_left.append(draw(st.booleans()))
        tree.child.append(0 if is_leaf else made + waiting + 1)
        tree.value.append(draw(values) if is_leaf else 0.0)
        made += 1
        waiting += 0 if is_leaf else 2
    return tree


rows = st.lists(
    st.tuples(*[st.one_of(numbers, st.sampled_from([float("nan"), INFINITY, -INFINITY]))] * 3),
    max_size=200,
)


@settings(max_examples=60)
@given(st.lists(trees(), max_size=5), st.lists(trees(leaves=50), max_size=2), rows)
def test_a_forest_agrees_with_walking_each_row_down_each_tree(made, others, given_rows):
    forest = Forest.of(TreeSum(0.25, made), TreeSum(-1.0, others))
    got = forest(np.array(given_rows, np.float32).reshape(-1, 3))
    for start, of, sums in ((0.25, made, got[0]), (-1.0, others, got[1])):
        expected = [start + sum(value_of(tree, list(row)) for tree in of) for row in given_rows]
        assert np.allclose(sums, expected)


def balanced(depth):
    """Give a tree of 2 ** depth leaves, numbered from the left, that asks a feature a level."""
    inner = 2**depth - 1
    nodes = range(2 * inner + 1)
    return Tree(
        feature=[(node + 1).bit_length() - 1 if node < inner else -1 for node in nodes],
        threshold=[0.3 + 0.4 * (node * 7 % 11) / 11 for node in nodes],
        nan_left=[node % 2 == 0 for node in nodes],
        child=[2 * node + 1 if node < inner else 0 for node in nodes],
        value=[float(node - inner) if node >= inner else 0.0 for node in nodes],
    )


def chain(depth):
    """Give a tree whose every node sends what is over its threshold on to the next."""
    nodes = range(2 * depth + 1)
    return Tree(
        feature=[0 if node % 2 == 0 and node < 2 * depth else -1 for node in nodes],
        threshold=[node / (2 * depth) for node in nodes],
        nan_left=[False] * len(nodes),
        child=[node + 1 if node % 2 == 0 and node < 2 * depth else 0 for node in nodes],
        value=[float(node) for node in nodes],
    )


@pytest.mark.parametrize("tree", [balanced(5), balanced(6), balanced(9), chain(31)])
def test_a_tree_of_more_leaves_than_a_word_has_bits_is_read_in_pieces(tree):
    given_rows = np.random.default_rng(3).random((600, 9)).astype(np.float32)
    given_rows[::7, 1] = np.nan
    expected = [value_of(tree, row) for row in given_rows.tolist()]
    assert Forest.of(TreeSum(0.0, [tree]))(given_rows)[0].tolist() == expected
    assert len(set(expected)) > 25


@pytest.mark.parametrize("rows", [0, 1, 511, 512, 513, 1025])
def test_rows_of_any_number_are_read(rows):
    given_rows = np.random.default_rng(rows).random((rows, 5), np.float32)
    expected = [value_of(balanced(5), row) for row in given_rows.tolist()]
    assert Forest.of(TreeSum(0.0, [balanced(5)]))(given_rows)[0].tolist() == expected


def stump(threshold, nan_left=True):
    """Give a tree of two leaves, 0 on the left and 1 on the right."""
    return Tree([0, -1, -1], [threshold, 0.0, 0.0], [nan_left] * 3, [1, 0, 0], [0.0, 0.0, 1.0])


@pytest.mark.parametrize("nan_left", [True, False])
@pytest.mark.parametrize("threshold", [-INFINITY, -1.0, 0.0, 1e-35, LARGEST, 1e300, INFINITY])
def test_a_missing_number_goes_where_its_node_says(threshold, nan_left):
    signed = np.array([[0x7FC00000], [0xFFC00000]], np.uint32).view(np.float32)
    got = Forest.of(TreeSum(0.0, [stump(threshold, nan_left)]))(signed)[0]
    assert got.tolist() == [0.0 if nan_left else 1.0] * 2


@pytest.mark.parametrize(
    ("threshold", "left", "right"),
    [
        (0.0, [0.0, -0.0, -TINY, -1.0], [1e-38, 1.0]),
        (-0.0, [0.0, -0.0, -TINY, -1.0], [1e-38, 1.0]),
        (1e-35, [0.0, 1e-36], [1e-34]),
        (1.0, [1.0, 1.0078124], [1.0078125]),
        (1.0078124, [1.0, 1.0078124], [1.0078125]),
        (-1.0, [-1.0, -1.0078124, -1.0078125], [-0.99]),
        (-1.01, [-1.02, -1.0079], [-1.0078, -1.0]),
        (LARGEST, [LARGEST, 1.0], [INFINITY]),
        (-LARGEST, [-INFINITY, -LARGEST], [-1e38]),
    ],
)
def test_numbers_are_compared_by_their_first_eight_bits(threshold, left, right):
    got = Forest.of(TreeSum(0.0, [stump(threshold)]))(np.array([[n] for n in left + right], "f4"))
    assert got[0].tolist() == [0.0] * len(left) + [1.0] * len(right)


def test_a_tree_deeper_than_a_word_is_refused():
    with pytest.raises(ValueError, match="32 nodes deep, expected at most 31"):
        Forest.of(TreeSum(0.0, [chain(32)]))


def test_the_shipped_model_says_how_it_was_learnt_and_is_whole():
    model = read_model()
    assert model.learnt_from and model.learnt_how
    assert set(model.roads) == set(ROADS)
    of = [
        sums
        for road in model.roads.values()
        for sums in (road.speed, road.error, road.slow, *road.more.values())
        if sums
    ]
    for tree in [tree for sums in of for tree in sums.trees]:
        assert max(tree.feature) < len(model.features)
        assert len(tree.feature) == len(tree.child) == len(tree.value)


def test_a_speed_is_under_the_bound_just_where_it_is_judged_slow():
    def always(value):
        return TreeSum(value, [])

    def read(speed, log_odds, limit_kmh=50.0):
        share, error, slow = always(speed / limit_kmh), always(-2.0), always(log_odds)
        trees = {"street": RoadTrees([], share, {}, error, slow)}
        model = SpeedModel(5, "", "", [], trees, 20.0, -0.2, 28.0, NO_EVIDENCE)
        rows = np.zeros((1, 1), np.float32)
        got, _ = ModelReader(model)(rows, np.array([limit_kmh / 3.6]), np.zeros(1, np.bool_))
        return float(got[0]) * 3.6

    assert read(12.0, 1.0) == pytest.approx(12.0)
    assert 19.0 < read(23.0, 1.0) < 20.0
    assert read(18.0, -1.0) == pytest.approx(20.0)
    assert read(30.0, -1.0) == pytest.approx(30.0)
    assert read(29.0, 1.0) == pytest.approx(29.0)  # nobody doubts that it is faster
    assert read(10.0, -1.0, limit_kmh=15.0) == pytest.approx(1.15 * 15.0)  # a yard is never fast


def test_more_trees_are_added_where_no_probe_drove_and_where_no_detector_is():
    names = [
        "probe_time_long", "flow_now", "occupancy_long", "spot_speed_long", "down_occupancy_short",
        "up_occupancy_short", "down_spot_now", "up_spot_now",
    ]  # fmt: skip
    nan = np.nan
    rows = [
        ([9.0, 300.0, nan, nan, nan, nan, nan, nan], 0.1),
        ([9.0, nan, nan, 0.5, nan, nan, nan, nan], 0.1),
        ([9.0, nan, nan, nan, nan, 0.2, nan, nan], 0.1),  # where it is entered
        ([9.0, nan, nan, nan, nan, nan, 0.8, nan], 0.1),  # where it is left
        ([9.0, nan, nan, nan, nan, nan, nan, nan], 0.3),
        ([0.0, 300.0, nan, nan, nan, nan, nan, nan], 0.5),
        ([0.0, nan, nan, nan, nan, nan, nan, nan], 0.5),
    ]
    more = {"no probes": TreeSum(0.4, []), "no detectors": TreeSum(0.2, [])}
    trees = {"street": RoadTrees([], TreeSum(0.1, []), more, TreeSum(-2.0, []), None)}
    model = SpeedModel(5, "", "", names, trees, 20.0, 0.0, 28.0, NO_EVIDENCE)
    given = np.array([row for row, _ in rows], np.float32)
    speed, _ = ModelReader(model)(given, np.full(7, 10.0), np.zeros(7, np.bool_))
    assert speed == pytest.approx([10.0 * share for _, share in rows])


def test_a_model_of_another_format_is_refused(tmp_path):
    path = tmp_path / "model.json"
    model = SpeedModel(1, "", "", [], {}, 20.0, 0.0, 0.0, NO_EVIDENCE)
    path.write_bytes(msgspec.json.encode(model))
    with pytest.raises(ValueError, match="format 1, expected 5"):
        read_model(path)
    path.write_bytes(b'{"format": "one"}')
    with pytest.raises(ValueError, match="no speed model"):
        read_model(path)


def test_the_tree_kernel_has_one_compiled_signature():
    read = read_model()
    Forest.of(read.roads["street"].speed)(np.zeros((3, len(read.features)), np.float32))
    assert len(getattr(kernels.sum_trees, "signatures", [0])) == 1


def test_the_trees_of_an_open_road_correct_the_first_speed_that_is_known_unless_it_is_plain():
    trees = RoadTrees(["space_speed_now", "before"], TreeSum(0.1, []), {}, TreeSum(-2.0, []), None)
    names = ["before", "space_speed_now", "reading_age_now"]
    model = SpeedModel(5, "", "", names, {"open": trees}, 20.0, 0.0, 28.0, NO_EVIDENCE)
    nan = np.nan
    rows = [
        ([0.5, 0.3, 0.5], 0.4),
        ([0.5, nan, nan], 0.6),
        ([nan, nan, nan], 0.1),
        ([0.5, 0.9, 0.5], 0.9),  # free
        ([0.5, 0.3, 2.5], 0.3),  # held from minutes ago
        ([0.9, nan, nan], 1.0),  # free, but not read by a detector now
        ([0.5, 9.0, 0.5], 1.3),
    ]
    given = np.array([row for row, _ in rows], np.float32)
    speed, std = ModelReader(model)(given, np.full(7, 30.0), np.ones(7, np.bool_))
    assert speed == pytest.approx([30.0 * share for _, share in rows])
    assert std == pytest.approx([30.0 * np.exp(-2.0)] * 7)


def test_the_trees_that_ship_are_laid_out_once_for_all_regions(monkeypatch):
    roads = drawn("A-----a----->B", cell_m=50)
    region = region_of(roads.network, 0, Roadside(roadside(roads).detectors))
    Fusion(region)
    laid_out = []
    monkeypatch.setattr(Forest, "of", lambda *sums: laid_out.append(sums))
    for _ in range(20):
        Fusion(region)
    assert laid_out == []
