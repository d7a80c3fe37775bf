import numpy as np
import pytest

from congestion.kernels.lengths import weigh_lengths
from tests.reference import lengths as reference

SHIFTS = np.array([-4, 3])


@pytest.mark.parametrize("seed", range(5))
def test_the_kernel_weighs_each_length_as_its_slow_twin(seed):
    random = np.random.default_rng(seed)
    classes, slack, most, evidence, keep = 12, 0.1, 3.0, 12.0, 0.99
    usual = random.random(classes)
    lengths = np.zeros((1, classes), np.float32)
    sums, since, is_off = np.zeros((1, 2)), np.zeros((1, 2)), np.zeros(1)
    history, gains = [0.0] * classes, {-4: [], 3: []}
    for minute, seen in enumerate(random.integers(0, classes, 30).tolist()):
        was_off = is_off[0] > 0
        for shift in gains:
            value = reference.gain(history, usual.tolist(), slack, seen, shift)
            gains[shift].append(min(max(value, -most), most))
        weigh_lengths(
            np.zeros(1, np.int64), np.array([seen]), np.ones(1, np.bool_), float(minute), usual,
            SHIFTS, slack, most, evidence, keep, lengths, sums, since, is_off,
        )  # fmt: skip
        expected = [reference.page(gains[shift], 1.5 * evidence) for shift in (-4, 3)]
        assert sums[0] == pytest.approx(expected, abs=1e-3)
        assert bool(is_off[0]) == (max(expected) >= evidence or (was_off and max(expected) > 0.0))
        if not is_off[0]:
            history = [keep * count for count in history]
            history[seen] += 1.0
