import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from congestion.kernels import neighbours as kernels
from congestion.region import Neighbours
from tests.reference import neighbours as reference

values = st.sampled_from([np.nan, -2.5, 0.0, 0.1, 3.0, 7e9])
segments = st.lists(
    st.tuples(values, st.sampled_from([0.0, 0.3, 1.0]), st.lists(st.integers(0, 3), max_size=5)),
    min_size=4,
    max_size=12,
)


@given(segments)
def test_what_neighbours_have_is_that_of_lists(drawn):
    value, weight, of = zip(*drawn, strict=True)
    offsets = np.r_[0, np.cumsum([len(some) for some in of])].astype(np.int32)
    around = Neighbours(offsets, np.array([other for some in of for other in some], np.int32))
    numbers, weights = np.array(value), np.array(weight)
    one = [1.0] * len(of)
    at = [[value[other] for other in some] for some in of]
    weighing = [[weight[other] for other in some] for some in of]
    even = [[one[other] for other in some] for some in of]
    for got, expected in (
        (around.mean(numbers, weights), map(reference.mean, at, weighing)),
        (around.mean(numbers), map(reference.mean, at, even)),
        (around.least(numbers), (reference.chosen(some, min) for some in at)),
        (around.most(numbers), (reference.chosen(some, max) for some in at)),
    ):
        np.testing.assert_allclose(got, list(expected), rtol=1e-12)


def test_the_neighbours_kernel_has_one_compiled_signature():
    around = Neighbours(np.array([0, 1], np.int32), np.array([0], np.int32))
    around.mean(np.zeros(1))
    around.least(np.zeros((1, 2))[:, 0])
    assert len(getattr(kernels.over_neighbours, "signatures", [0])) == 1
