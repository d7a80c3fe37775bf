"""What kernels call is compiled into them, once, and runs from Python all the same."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from ingest.kernels.compiling import inlined_part, part

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="numba compiles nothing here (NUMBA_DISABLE_JIT)"
)

KERNEL = """
import math

import numba

from ingest.kernels.compiling import inlined_part, part


@inlined_part
def square(x):
    return x * x


@part
def length(x, y):
    return math.sqrt(square(x) + square(y))


@numba.njit(cache=True, nogil=True)
def fill(lengths, x, y):
    for n in range(len(lengths)):
        lengths[n] = length(x, y + n)
"""
CALL = """
import numpy, kernel
lengths = numpy.zeros(3)
kernel.fill(lengths, 3.0, 4.0)
print(lengths.tolist(), sum(kernel.fill.stats.cache_hits.values()))
"""


@part
def _cube(x: float) -> float:
    return x * _square(x)


@inlined_part
def _square(x: float) -> float:
    return x * x


@numba.njit(nogil=True)
def _sum_cubes(count: int) -> float:
    total = 0.0
    for n in range(count):
        total += _cube(float(n))
    return total


def test_a_part_gives_the_same_in_a_kernel_and_called_alone() -> None:
    assert _sum_cubes(4) == 36.0
    assert [_cube(3.0), _cube(3), _square(1.5)] == [27.0, 27, 2.25]
    assert _sum_cubes(4) == 36.0


def test_only_the_kernel_is_made_machine_code_and_kept(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(KERNEL)
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    where = os.environ | {"PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    said = [
        subprocess.run(
            [sys.executable, "-c", CALL], env=where, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    lengths = [math.hypot(3.0, y) for y in (4.0, 5.0, 6.0)]
    assert said == [f"{lengths} 0\n", f"{lengths} 1\n"]
    assert [path.name.split("-")[0] for path in tmp_path.rglob("*.nbc")] == ["kernel.fill"]
