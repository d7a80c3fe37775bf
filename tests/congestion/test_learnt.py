import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.kernels import trees as kernels
from congestion.learnt import Forest, ModelReader, SpeedModel, Tree, TreeSum, read_model
from tests.reference.trees import value_of

numbers = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.5])


@st.composite
def trees(draw):
    tree = Tree([], [], [], [], [])
    waiting, made = 1, 0
    while waiting:
        waiting -= 1
        is_leaf = made + waiting > 12 or draw(st.booleans())
        tree.feature.append(-1 if is_leaf else draw(st.integers(0, 2)))
        tree.threshold.append(0.0 if is_leaf else draw(numbers))
        tree.nan_left.append(draw(st.booleans()))
        tree.child.append(0 if is_leaf else made + waiting + 1)
        tree.value.append(draw(numbers) if is_leaf else 0.0)
        made += 1
        waiting += 0 if is_leaf else 2
    return tree


rows = st.lists(
    st.tuples(*[st.one_of(numbers, st.just(float("nan")))] * 3), min_size=1, max_size=200
)


@settings(max_examples=60, deadline=None)
@given(st.lists(trees(), max_size=4), rows)
def test_a_forest_agrees_with_walking_each_row_down_each_tree(made, given_rows):
    forest = Forest.of(TreeSum(0.25, made))
    got = forest(np.array(given_rows, np.float32))
    expected = [0.25 + sum(value_of(tree, list(row)) for tree in made) for row in given_rows]
    assert np.allclose(got, expected)


def test_the_shipped_model_says_how_it_was_learnt_and_is_whole():
    model = read_model()
    assert model.learnt_from and model.learnt_how
    for tree in [*model.speed.trees, *model.error.trees, *model.slow.trees]:
        assert max(tree.feature) < len(model.features)
        assert len(tree.feature) == len(tree.child) == len(tree.value)


def test_a_speed_is_under_the_bound_just_where_it_is_told_to_be_slow():
    def always(value):
        return TreeSum(value, [])

    def read(speed, log_odds, limit_kmh=50.0):
        model = SpeedModel(
            2, "", "", [], always(speed / limit_kmh), always(-2.0), always(log_odds), 20.0, -0.2
        )
        rows = np.zeros((1, 1), np.float32)
        got, _ = ModelReader(model)(rows, np.array([limit_kmh / 3.6]))
        return float(got[0]) * 3.6

    assert read(12.0, 1.0) == pytest.approx(12.0)
    assert 19.0 < read(23.0, 1.0) < 20.0
    assert read(18.0, -1.0) == pytest.approx(20.0)
    assert read(30.0, -1.0) == pytest.approx(30.0)
    assert read(10.0, -1.0, limit_kmh=15.0) == pytest.approx(1.15 * 15.0)  # a yard is never fast


def test_a_model_of_another_format_is_refused(tmp_path):
    path = tmp_path / "model.json"
    empty = TreeSum(0.0, [])
    path.write_bytes(msgspec.json.encode(SpeedModel(1, "", "", [], empty, empty, empty, 20.0, 0.0)))
    with pytest.raises(ValueError, match="format 1, expected 2"):
        read_model(path)
    path.write_bytes(b'{"format": "one"}')
    with pytest.raises(ValueError, match="no speed model"):
        read_model(path)


def test_the_tree_kernel_has_one_compiled_signature():
    read = read_model()
    Forest.of(read.speed)(np.zeros((3, len(read.features)), np.float32))
    assert len(getattr(kernels.sum_trees, "signatures", [0])) == 1
