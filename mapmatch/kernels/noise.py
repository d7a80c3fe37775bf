"""How noisy one vehicle's fixes are, by those already settled."""

from math import exp, log, sqrt

import numba

from mapmatch.kernels.layout import Memory

SAME_DIRECTION = 0.9
"""Where the cosine of a turn is above this the distances across before and after it are of one axis
of the error. Unit: none. Source: chosen, 26 deg."""
LEAST_RHO, MOST_RHO = 1e-3, 0.995
"""Bounds of the correlation of two errors. Unit: none. Source: chosen, so that its logarithm stays
a number that a receiver may have."""
LEAST_TAU_S = 0.1
"""The shortest time over which an error persists. Unit: s. Source: chosen, less than a fix
apart."""
MOST_TAUS = 4.0
"""The longest such time, in those assumed of any vehicle. Unit: none. Source: chosen; a longer one
is the drawing of the road that is off."""


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def sigma_of(mem: Memory, slot: int) -> float:
    """Give a vehicle's GPS noise: standard deviation on one axis, metres."""
    vehicle = mem.slots[slot]
    model = mem.model[0]
    square = vehicle.noise_square + model.sigma_weight * model.sigma_m * model.sigma_m
    sigma = sqrt(square / (vehicle.noise_weight + model.sigma_weight))
    return min(max(sigma, model.min_sigma_m), model.max_sigma_m)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def tau_of(mem: Memory, slot: int) -> float:
    """Give the time over which a vehicle's GPS error persists, seconds.

    For a first-order Markov process errors `step` apart have correlation exp(-step / tau).
    """
    vehicle = mem.slots[slot]
    model = mem.model[0]
    pairs = vehicle.noise_pairs
    if pairs <= 0.0:
        return model.tau_s
    step = vehicle.noise_step / pairs
    usual = vehicle.noise_pair / pairs
    weight = model.tau_weight * usual
    product = vehicle.noise_product + weight * exp(-step / model.tau_s)
    rho = product / (vehicle.noise_pair + weight + 1e-9)
    rho = min(max(rho, LEAST_RHO), MOST_RHO)
    return min(max(-step / log(rho), LEAST_TAU_S), MOST_TAUS * model.tau_s)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def forget_noise(mem: Memory, slot: int) -> None:
    """Set a vehicle's noise back to what is assumed of any."""
    vehicle = mem.slots[slot]
    vehicle.noise_square = 0.0
    vehicle.noise_weight = 0.0
    vehicle.noise_product = 0.0
    vehicle.noise_pair = 0.0
    vehicle.noise_step = 0.0
    vehicle.noise_pairs = 0.0
    vehicle.last_across = float("nan")


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def learn_noise(mem: Memory, slot: int, across: float, ux: float, uy: float, step_s: float) -> None:
    """Take a settled fix's signed distance (m) across its segment, step_s after the one before.

    ux, uy are the segment's unit direction there. Variance and autocovariance are kept as sums that
    decay. A pair counts only where the road keeps its direction: on a bend the distance across is
    of another axis of the error.
    """
    vehicle = mem.slots[slot]
    keep = mem.model[0].noise_decay
    vehicle.noise_square = keep * vehicle.noise_square + across * across
    vehicle.noise_weight = keep * vehicle.noise_weight + 1.0
    last = vehicle.last_across
    cosine = ux * vehicle.last_along_x + uy * vehicle.last_along_y
    if last == last and cosine > SAME_DIRECTION:
        vehicle.noise_product = keep * vehicle.noise_product + across * last
        vehicle.noise_pair = keep * vehicle.noise_pair + 0.5 * (across * across + last * last)
        vehicle.noise_step = keep * vehicle.noise_step + step_s
        vehicle.noise_pairs = keep * vehicle.noise_pairs + 1.0
    vehicle.last_across = across
    vehicle.last_along_x = ux
    vehicle.last_along_y = uy
