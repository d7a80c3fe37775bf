"""Numba kernels of the segment states and queues: numbers in, numbers out."""
