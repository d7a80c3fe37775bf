"""How noisy one vehicle's fixes are, by those already settled, and what its headings are worth.

Receivers say a heading of 0 all day, or one turned round, or the code of an eighth of the circle.
So a vehicle's headings count while they vary and go with the way that it goes.
"""

from math import cos, degrees, exp, hypot, log, pi, radians, sqrt

import numpy as np

from ingest.kernels.compiling import inlined_part, part
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
TRUST = 0.7
"""Headings count from this mean cosine between them and the way gone on. Unit: none. Source: chosen
on shanghai-core-quiet; right ones come to 0.9, those stuck or at random to under 0.5."""
FIRST_TRUST = 0.75
"""That mean before any is known. Unit: none. Source: chosen; one wrong heading loses trust."""
TRUST_DECAY = 0.85
"""What a heading still counts for in that mean when one more comes. Unit: share. Source: chosen;
the last seven make up the mean, so that one that sticks is found out within a block."""
LEAST_WAY_M = 25.0
"""A shorter way between two fixes says nothing of headings. Unit: m. Source: chosen, three times
the noise."""
LEAST_WAY_SIGMAS = 3.0
"""And a way of less than so many standard deviations. Unit: none. Source: chosen; its direction is
off by 25 deg."""
LEAST_HEADING_MPS = 3.0
"""A slower vehicle's heading says nothing of the receiver's. Unit: m/s. Source: chosen, three times
heading_speed_kmh."""
VARIES = cos(radians(0.1))
"""Two headings whose cosine is below this vary. Unit: none. Source: chosen, 0.1 deg; one that
sticks never does."""
EIGHTHS = 6
"""So many headings in a row that are whole eighths of a circle are of a receiver that knows no
others. Unit: count. Source: chosen; by chance it is one in 10^11."""
EIGHTH_DEG = 45.0
"""An eighth of a circle. Unit: deg. Source: by definition."""
CODE_DEG = 0.01
"""A heading this near to a whole number is one. Unit: deg. Source: chosen; headings are 32 bits."""

VARIED, CODE_VARIED, PROVEN, SEEN = np.uint8(1), np.uint8(2), np.uint8(4), np.uint8(8)
"""Bits of `heading_varies`: headings are taken to vary, codes did, headings did, one has come."""


@inlined_part
def sigma_of(mem: Memory, slot: int) -> float:
    """Give a vehicle's GPS noise: standard deviation on one axis, metres."""
    vehicle = mem.slots[slot]
    model = mem.model[0]
    square = vehicle.noise_square + model.sigma_weight * model.sigma_m * model.sigma_m
    sigma = sqrt(square / (vehicle.noise_weight + model.sigma_weight))
    return min(max(sigma, model.min_sigma_m), model.max_sigma_m)


@inlined_part
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


@inlined_part
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


@inlined_part
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


@inlined_part
def forget_headings(mem: Memory, slot: int) -> None:
    """Set what a vehicle's headings are worth back to what is assumed of any."""
    vehicle = mem.slots[slot]
    vehicle.last_heading = float("nan")
    vehicle.heading_trust = FIRST_TRUST
    vehicle.code_trust = 0.0
    vehicle.heading_varies = 0
    vehicle.eighths = 0


@inlined_part
def code_of(heading_rad: float) -> int:
    """Give the code, 0 to 8, that a heading may be instead of degrees; -1 if it is none."""
    given = degrees(heading_rad)
    whole = np.rint(given)
    if abs(given - whole) > CODE_DEG or not 0.0 <= whole <= 8.0:
        return np.int64(-1)
    return np.int64(whole)


@inlined_part
def believed_heading(mem: Memory, slot: int, heading_rad: float) -> float:
    """Give what a vehicle's heading says, rad; NaN where its headings are not believed."""
    vehicle = mem.slots[slot]
    if vehicle.heading_varies & VARIED and vehicle.heading_trust >= TRUST:
        return heading_rad
    if vehicle.heading_varies & VARIED and vehicle.heading_trust <= -TRUST:
        return heading_rad + pi
    code = code_of(heading_rad)
    if vehicle.heading_varies & CODE_VARIED and vehicle.code_trust >= TRUST and code >= 0:
        return radians(EIGHTH_DEG * code)
    return float("nan")


@inlined_part
def heading_sigma_of(mem: Memory, slot: int) -> float:
    """Give how far a vehicle's heading at speed is off the road, standard deviation, rad.

    One that knows eighths of a circle only is off by up to half of one more, evenly.
    """
    vehicle, sigma = mem.slots[slot], mem.model[0].heading_sigma_rad
    is_trusted = vehicle.heading_varies & VARIED and abs(vehicle.heading_trust) >= TRUST
    if is_trusted and vehicle.eighths < EIGHTHS:
        return sigma
    half = radians(0.5 * EIGHTH_DEG)
    return sqrt(sigma * sigma + half * half / 3.0)


@inlined_part
def _agreement(way_rad: float, heading_rad: float, last_rad: float) -> float:
    """Give the cosine between a way and the nearer of the headings at its two ends."""
    return max(cos(heading_rad - way_rad), cos(last_rad - way_rad))


@part
def learn_heading(
    mem: Memory, slot: int, x: float, y: float, speed_mps: float, heading_rad: float, sigma: float
) -> None:
    """Hold the heading of a fix that may make a layer against the way since the last layer's.

    The vehicle turned on the way, if at all, between the headings at its ends: the nearer counts.
    """
    vehicle = mem.slots[slot]
    last = float(vehicle.last_heading)
    vehicle.last_heading = heading_rad
    if heading_rad == heading_rad and not vehicle.heading_varies & SEEN:
        vehicle.heading_varies |= SEEN
        # A first heading is believed, but for the 0 of a receiver that knows none.
        if heading_rad != 0.0:
            vehicle.heading_varies |= VARIED
    if heading_rad != heading_rad or last != last or not speed_mps >= LEAST_HEADING_MPS:
        return
    east, north = x - vehicle.layer_x, y - vehicle.layer_y
    if vehicle.layer_count == 0 or hypot(east, north) < max(LEAST_WAY_M, LEAST_WAY_SIGMAS * sigma):
        return
    way = np.arctan2(east, north)
    new = 1.0 - TRUST_DECAY
    agreement = _agreement(way, heading_rad, last)
    vehicle.heading_trust = TRUST_DECAY * vehicle.heading_trust + new * agreement
    if cos(heading_rad - last) < VARIES:
        vehicle.heading_varies |= VARIED | PROVEN
    elif not vehicle.heading_varies & PROVEN:
        vehicle.heading_varies &= ~VARIED
    given = degrees(heading_rad) / EIGHTH_DEG
    is_eighth = abs(given - np.rint(given)) < CODE_DEG
    vehicle.eighths = min(vehicle.eighths + 1, EIGHTHS) if is_eighth else 0
    code, last_code = code_of(heading_rad), code_of(last)
    if code < 0 or last_code < 0:
        vehicle.code_trust = 0.0
        return
    agreement = _agreement(way, radians(EIGHTH_DEG * code), radians(EIGHTH_DEG * last_code))
    vehicle.code_trust = TRUST_DECAY * vehicle.code_trust + new * agreement
    if code != last_code:
        vehicle.heading_varies |= CODE_VARIED
