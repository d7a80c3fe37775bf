"""Numba kernels of the segment states and queues: numbers in, numbers out."""

from ingest.kernel_cache import keep_compiled_kernels

keep_compiled_kernels()
