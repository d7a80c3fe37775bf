"""A disk that is full costs the keeping of compiled kernels, and nothing else."""

import errno
import logging
import os
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import caching

from ingest import kernel_cache
from ingest.kernel_cache import keep_compiled_kernels, not_kept


def _twice(number: float) -> float:
    return 2.0 * number


@pytest.fixture(autouse=True)
def _nothing_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(kernel_cache.KernelCache, "refused", None)
    keep_compiled_kernels()


def test_a_kernel_is_used_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_file: object, _name: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "twice.nbc"))

    monkeypatch.setattr(caching.IndexDataCacheFile, "_save_data", refuse)
    twice = numba.njit(cache=True)(_twice)
    with caplog.at_level(logging.WARNING):
        assert twice(2.0) == 4.0
        assert twice(np.float32(2.0)) == 4.0
    assert isinstance(not_kept(), OSError)
    [record] = caplog.records  # said once, however many kernels there are
    assert record.message == (
        f"{tmp_path}: No space left on device, compiled kernels are not kept there: every start "
        "compiles them anew; make room or name another folder in CLEARWAY_CACHE"
    )


def test_a_kernel_that_cannot_be_read_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert numba.njit(cache=True)(_twice)(2.0) == 4.0

    def fail(_file: object) -> dict[object, str]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(caching.IndexDataCacheFile, "_load_index", fail)
    again = numba.njit(cache=True)(_twice)
    assert again(2.0) == 4.0
    assert again.stats.cache_hits == {}


def test_kernels_are_kept_where_there_is_room() -> None:
    assert numba.njit(cache=True)(_twice)(2.0) == 4.0
    assert not_kept() is None
    again = numba.njit(cache=True)(_twice)
    assert again(2.0) == 4.0
    assert sum(again.stats.cache_hits.values()) == 1
