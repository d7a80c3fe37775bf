"""What Python calls is compiled once."""

import pytest

from mapmatch.kernels import online, open_fixes, search
from mapmatch.warm_up import warm_up
from tests.mapmatch.driving import START, batch_of, drive, new_matcher
from tests.mapmatch.sources.towns import random_town


def test_what_python_calls_is_compiled_for_one_signature() -> None:
    warm_up()  # as a first start does, before it has a road network
    town = random_town(1)
    matcher = new_matcher(town)
    matcher.match(batch_of(town.network, drive(town, "ABCGKL", noise_m=10)), START)
    matcher.provisional()
    matcher.finish()
    kernels = (online.step, open_fixes.read_open, search.fill_rows, search.count_within)
    if not hasattr(online.step, "signatures"):
        pytest.skip("numba compiles nothing here (NUMBA_DISABLE_JIT)")
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1, 1, 1]
