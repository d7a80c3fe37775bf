"""Numba kernels of the incident stage: numbers in, numbers out."""

from ingest.kernel_cache import keep_compiled_kernels

keep_compiled_kernels()
