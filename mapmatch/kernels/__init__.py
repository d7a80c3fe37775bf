"""Numba kernels of the matcher: numbers in, numbers out."""
