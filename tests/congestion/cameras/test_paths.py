import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.kernels.reach import reach_from
from tests.reference import reach as reference

TURNS = st.lists(st.lists(st.integers(0, 5), max_size=4, unique=True), min_size=6, max_size=6)


# Few values, so that ways are as quick as others.
@settings(derandomize=True)
@given(
    TURNS,
    st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=6, max_size=6),
    st.integers(0, 5),
    st.floats(1.0, 12.0),
)
def test_the_kernel_agrees_with_its_twin(
    ahead: list[list[int]], through: list[float], come: int, limit: float
) -> None:
    offsets = np.cumsum([0, *(len(turns) for turns in ahead)]).astype(np.int32)
    flat = np.array([to for turns in ahead for to in turns], np.int32)
    time_s, before, order = np.full(6, np.inf), np.empty(6, np.int32), np.empty(6, np.int32)
    heap = np.empty(len(flat) + 1), np.empty(len(flat) + 1, np.int32)
    count = reach_from(
        come, offsets, flat, np.array(through), limit, *heap, time_s, before, order
    )  # fmt: skip
    found = {int(s): (float(time_s[s]), int(before[s])) for s in order[:count]}
    assert found == reference.reach_from(come, ahead, through, limit)
    assert sorted(time_s[order[:count]]) == time_s[order[:count]].tolist()
