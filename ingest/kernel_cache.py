"""Where compiled kernels are kept: apart for each state of the kernels' sources.

Numba renews a compiled kernel when its own file changes, but not when a kernel that it calls from
another file does; after an update it would run the old one, or fail to read it. A folder named by
the digest of all kernel sources can hold nothing stale.

Where a disk is full, or fails, kernels are compiled and used all the same, and not kept.
"""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import numba
from numba.core import dispatcher
from numba.core.caching import FunctionCache

log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("ingest", "mapmatch", "congestion", "incidents")


def keep_compiled_kernels() -> None:
    """Point Numba's cache at the folder of these sources, unless NUMBA_CACHE_DIR chose one."""
    numba.config.CACHE_DIR = str(kernel_folder())
    dispatcher.FunctionCache = KernelCache  # type: ignore[attr-defined]  # Numba has no setting for it


class KernelCache(FunctionCache):
    """Numba's cache of one function; `refused` is why the disk did not keep a kernel, if it did."""

    refused: ClassVar[OSError | None] = None

    @contextmanager
    def _guard_against_spurious_io_errors(self) -> Iterator[None]:
        """Go on without the cache where the disk refuses; that is said once a process."""
        try:
            yield
        except OSError as error:
            if KernelCache.refused is None:
                log.warning(
                    "%s: %s, compiled kernels are not kept there: every start compiles them anew; "
                    "make room or name another folder in CLEARWAY_CACHE",
                    kernel_folder(), error.strerror or error,
                )  # fmt: skip
            KernelCache.refused = error


def not_kept() -> OSError | None:
    """Give why a kernel of this process was not kept or read, None where all were."""
    return KernelCache.refused


def kernel_folder() -> Path:
    """Give the folder in which the compiled kernels of these sources are kept."""
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(chosen)
    cache = Path(os.environ.get("CLEARWAY_CACHE") or Path.home() / ".cache" / "clearway")
    return cache / "kernels" / kernel_digest(_ROOT)


def kernel_digest(root: Path) -> str:
    """Give a digest of every file in the kernels folders of the packages below the root.

    Other folders are not looked into: of an installed Clearway the root is site-packages.
    """
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((root / package / "kernels").glob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
