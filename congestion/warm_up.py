"""Compiles the stage's kernels before the first minute waits for them."""

import numpy as np
import numpy.typing as npt

from congestion.kernels.neighbours import MEAN, over_neighbours
from congestion.kernels.ordering import order_by_vehicle
from congestion.kernels.probes import PROBE_FIELDS, follow_stands, sum_probes
from congestion.kernels.queues import (
    cut_rings,
    join_slow,
    link_standing,
    trace_origins,
    trace_roots,
)
from congestion.kernels.reach import reach_from
from congestion.states.trees import Forest, Tree, TreeSum


def warm_up() -> None:
    """Call every kernel once, on one row."""
    number, index = np.zeros(1), np.zeros(1, np.int32)
    offsets = np.array([0, 1], np.int32)
    sum_probes(
        index, np.zeros(1, np.bool_), index, number, number, number, number, offsets, number, 1.0,
        index.copy(), np.zeros((1, 2 * PROBE_FIELDS)), number.copy(),
    )  # fmt: skip
    follow_stands(
        offsets, index, number, number, number, 1.0, 1.0,
        index.copy(), number.copy(), number.copy(), number.copy(),
    )  # fmt: skip
    over_neighbours(MEAN, offsets, index, number, number, number.copy())
    order_by_vehicle(
        index, number, number, index, np.zeros(1, np.float32),
        np.zeros(2, np.int64), np.zeros(1, np.int64),
    )  # fmt: skip
    reach_from(
        0, np.zeros(2, np.int32), index[:0], number, 1.0, np.empty(1), index.copy(),
        np.full(1, np.inf), index.copy(), index.copy(),
    )  # fmt: skip
    _warm_up_queues(number, index, offsets)
    leaf = Tree(feature=[-1], threshold=[0.0], nan_left=[False], child=[0], value=[0.0])
    Forest.of(TreeSum(0.0, [leaf]))(np.zeros((1, 1), np.float32))


def _warm_up_queues(
    number: npt.NDArray[np.float64], index: npt.NDArray[np.int32], offsets: npt.NDArray[np.int32]
) -> None:
    parent, root, scratch, rounds = (index.copy() for _ in range(4))
    along, is_full = np.zeros((1, 2)), np.zeros(1, np.bool_)
    link_standing(offsets, index, index, number, is_full, 0.5, parent)
    cut_rings(number, parent, scratch)
    trace_roots(number, 0.5, number, number, parent, scratch, root, along)
    join_slow(
        offsets, index, offsets, index, index, number, is_full, 0.5, number, number,
        scratch, rounds, parent, root, along,
    )  # fmt: skip
    trace_origins(index, parent, number, number, 1.0, 1.0, root)
