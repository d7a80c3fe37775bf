"""The route alignment kernel against its slow twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.kernels import alignment
from tests.reference import alignment as reference

LENGTHS = [10.0, 20.0, 35.0, 5.0, 80.0]
ROUTES = st.lists(st.integers(0, 4), max_size=9)


@settings(derandomize=True)
@given(ROUTES, ROUTES)
def test_the_kernel_agrees_with_its_twin(true_route: list[int], driven: list[int]) -> None:
    shared = alignment.shared_length(
        np.array(true_route, dtype=np.int32), np.array(driven, dtype=np.int32), np.array(LENGTHS)
    )
    assert shared == pytest.approx(reference.shared_length(true_route, driven, LENGTHS))


def test_the_heavier_of_two_common_subsequences_is_shared() -> None:
    one, other = np.array([0, 3, 4], dtype=np.int32), np.array([4, 0, 3], dtype=np.int32)
    assert alignment.shared_length(one, other, np.array(LENGTHS)) == 80.0
