"""How noisy one vehicle's fixes are, learned from the fixes already settled."""

from math import exp, log

import numba

from mapmatch.kernels.layout import Model, Slots


@numba.njit(cache=True, nogil=True)
def sigma_of(slots: Slots, model: Model, slot: int) -> float:
    """Give a vehicle's GPS noise: standard deviation on one axis, metres."""
    square = slots.noise_square[slot] + model.sigma_weight * model.sigma_m * model.sigma_m
    sigma = (square / (slots.noise_weight[slot] + model.sigma_weight)) ** 0.5
    return min(max(sigma, model.min_sigma_m), model.max_sigma_m)


@numba.njit(cache=True, nogil=True)
def tau_of(slots: Slots, model: Model, slot: int) -> float:
    """Give the time over which a vehicle's GPS error persists, seconds (first-order Markov)."""
    pairs = slots.noise_pairs[slot]
    if pairs <= 0.0:
        return model.tau_s
    step = slots.noise_step[slot] / pairs
    usual = slots.noise_pair[slot] / pairs
    weight = model.tau_weight * usual
    product = slots.noise_product[slot] + weight * exp(-step / model.tau_s)
    rho = product / (slots.noise_pair[slot] + weight + 1e-9)
    rho = min(max(rho, 1e-3), 0.995)
    return min(max(-step / log(rho), 0.1), 4.0 * model.tau_s)


@numba.njit(cache=True, nogil=True)
def forget_noise(slots: Slots, slot: int) -> None:
    """Set a vehicle's noise back to what is assumed of any."""
    slots.noise_square[slot] = 0.0
    slots.noise_weight[slot] = 0.0
    slots.noise_product[slot] = 0.0
    slots.noise_pair[slot] = 0.0
    slots.noise_step[slot] = 0.0
    slots.noise_pairs[slot] = 0.0
    slots.last_across[slot] = float("nan")


@numba.njit(cache=True, nogil=True)
def learn_noise(
    slots: Slots, model: Model, slot: int, across: float, ux: float, uy: float, step_s: float
) -> None:
    """Take a settled fix's signed distance across its segment, step_s after the one before.

    Variance and autocovariance as sums that decay; pairs count only where the road keeps its
    direction, because on a bend the distance across is another axis of the error.
    """
    keep = model.noise_decay
    slots.noise_square[slot] = keep * slots.noise_square[slot] + across * across
    slots.noise_weight[slot] = keep * slots.noise_weight[slot] + 1.0
    last = slots.last_across[slot]
    cosine = ux * slots.last_along_x[slot] + uy * slots.last_along_y[slot]
    if last == last and cosine > 0.9:
        slots.noise_product[slot] = keep * slots.noise_product[slot] + across * last
        slots.noise_pair[slot] = keep * slots.noise_pair[slot] + 0.5 * (
            across * across + last * last
        )
        slots.noise_step[slot] = keep * slots.noise_step[slot] + step_s
        slots.noise_pairs[slot] = keep * slots.noise_pairs[slot] + 1.0
    slots.last_across[slot] = across
    slots.last_along_x[slot] = ux
    slots.last_along_y[slot] = uy
