"""Numba kernels of the incident detectors: numbers in, numbers out."""
