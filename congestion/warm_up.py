"""Compiles the stage's kernels before the first minute waits for them."""

import numpy as np

from congestion.kernels.probes import PROBE_FIELDS, follow_stands, sum_probes
from congestion.kernels.queues import link_slow, trace_roots
from congestion.learnt import Forest, Tree, TreeSum


def warm_up() -> None:
    """Call every kernel once, on one row."""
    number, index = np.zeros(1), np.zeros(1, np.int32)
    offsets, flag = np.array([0, 1], np.int32), np.zeros(1, np.bool_)
    sum_probes(
        index, index, number, number, number, number, offsets, number, 1.0,
        index.copy(), np.zeros((1, PROBE_FIELDS)), number.copy(),
    )  # fmt: skip
    follow_stands(
        offsets, index, number, number, number, 1.0, 1.0,
        index.copy(), number.copy(), number.copy(), number.copy(),
    )  # fmt: skip
    link_slow(offsets, index, index, flag, number, index.copy())
    trace_roots(flag, number, number, index.copy(), index.copy(), number.copy())
    leaf = Tree(feature=[-1], threshold=[0.0], nan_left=[False], child=[0], value=[0.0])
    Forest.of(TreeSum(0.0, [leaf]))(np.zeros((1, 1), np.float32))
