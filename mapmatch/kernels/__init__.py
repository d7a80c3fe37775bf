"""Numba kernels of the matcher: numbers in, numbers out.

They allocate nothing, so they are compiled without reference counts (`_nrt=False`): counting the
arrays of every call took about a quarter of the time.
"""

from ingest.kernel_cache import keep_compiled_kernels

keep_compiled_kernels()
