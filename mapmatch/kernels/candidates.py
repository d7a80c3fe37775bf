"""Segments near a fix: projection, and the K likeliest by bounded insertion."""

from math import acos, cos, sin, sqrt

import numba
import numpy as np

from mapmatch.kernels.layout import City, Memory


@numba.njit(cache=True, nogil=True, _nrt=False)
def project(
    city: City, segment: int, x: float, y: float
) -> tuple[float, float, float, float, float, float, float]:
    """Give the nearest point of a segment to a point, all in metres.

    Offset along the segment, x, y, the signed distance of the point to the left of the segment's
    direction there, that unit direction, and how far the point lies beyond the piece's end (along
    its direction; 0 where it projects inside).
    """
    best = 1e300
    offset = px = py = across = ux = uy = beyond = 0.0
    for v in range(city.segments[segment].vertex_first, city.segments[segment].vertex_stop - 1):
        ax, ay = city.vertices[v].x, city.vertices[v].y
        dx, dy = city.vertices[v + 1].x - ax, city.vertices[v + 1].y - ay
        square = dx * dx + dy * dy
        share = ((x - ax) * dx + (y - ay) * dy) / square
        clamped = min(max(share, 0.0), 1.0)
        qx, qy = ax + clamped * dx, ay + clamped * dy
        distance = (x - qx) * (x - qx) + (y - qy) * (y - qy)
        if distance < best:
            best = distance
            length = sqrt(square)
            ux, uy = dx / length, dy / length
            across = (y - ay) * ux - (x - ax) * uy
            beyond = abs(share - clamped) * length
            px, py = qx, qy
            start = city.vertices[v].distance_m
            offset = start + clamped * (city.vertices[v + 1].distance_m - start)
    return offset, px, py, across, ux, uy, beyond


@numba.njit(cache=True, nogil=True, _nrt=False)
def place_at(city: City, segment: int, offset: float) -> tuple[float, float]:
    """Give x and y of an offset along a segment, metres."""
    first, last = city.segments[segment].vertex_first, city.segments[segment].vertex_stop - 1
    v = first
    while v < last - 1 and city.vertices[v + 1].distance_m < offset:
        v += 1
    start, stop = city.vertices[v].distance_m, city.vertices[v + 1].distance_m
    share = min(max((offset - start) / max(stop - start, 1e-9), 0.0), 1.0)
    x, y = city.vertices[v].x, city.vertices[v].y
    return x + share * (city.vertices[v + 1].x - x), y + share * (city.vertices[v + 1].y - y)


@numba.njit(cache=True, nogil=True, _nrt=False)
def heading_cost(mem: Memory, ux: float, uy: float, speed_mps: float, heading_rad: float) -> float:
    """Give what a heading says against a direction, nats; 0 where there is no heading.

    A wrapped normal whose spread grows as speed falls: a receiver's course is the angle of its
    velocity, whose error is a fixed speed (heading_speed_mps) across it.
    """
    model = mem.model[0]
    if heading_rad != heading_rad or not speed_mps >= model.standing_speed_mps:
        return 0.0
    cosine = ux * sin(heading_rad) + uy * cos(heading_rad)
    angle = acos(min(max(cosine, -1.0), 1.0))
    slow = model.heading_speed_mps / speed_mps
    spread = model.heading_sigma_rad * model.heading_sigma_rad + slow * slow
    return min(0.5 * angle * angle / spread, model.skip_cost)


@numba.njit(cache=True, nogil=True, _nrt=False)
def standing_cost(mem: Memory, offset: float) -> float:
    """Give what it costs to stand at an offset, nats: whole in the junction, none one length on."""
    model = mem.model[0]
    beyond = 2.0 - offset / max(model.junction_m, 0.1)
    return model.standing_cost * min(max(beyond, 0.0), 1.0)


@numba.njit(cache=True, nogil=True, _nrt=False)
def find_candidates(
    city: City,
    mem: Memory,
    x: float,
    y: float,
    speed_mps: float,
    heading_rad: float,
    is_bus: int,
    sigma: float,
) -> int:
    """Write the K likeliest segments about a fix into mem.candidates; gives how many.

    `cost` holds what is not the distance across: overshoot beyond an end, heading, road class.
    """
    model = mem.model[0]
    column = int((x - city.grid[0].x0) // city.grid[0].cell_m)
    row = int((y - city.grid[0].y0) // city.grid[0].cell_m)
    if column < 0 or row < 0 or column >= city.grid[0].columns or row >= city.grid[0].rows:
        return 0
    cell = row * city.grid[0].columns + column
    radius = min(max(model.search_sigmas * sigma, model.min_radius_m), model.max_radius_m)
    half = 0.5 / (sigma * sigma)
    count = 0
    for k in range(city.grid_offsets[cell], city.grid_offsets[cell + 1]):
        segment = np.int64(city.grid_segments[k])
        if city.segments[segment].is_bus_only and not is_bus:
            continue
        offset, px, py, across, ux, uy, beyond = project(city, segment, x, y)
        if (x - px) * (x - px) + (y - py) * (y - py) > radius * radius:
            continue
        cost = beyond * beyond * half + city.segments[segment].class_cost
        if speed_mps < model.standing_speed_mps:
            cost += standing_cost(mem, offset)
        else:
            cost += heading_cost(mem, ux, uy, speed_mps, heading_rad)
        rank = cost + across * across * half
        if count == model.candidate_count:
            if rank >= mem.candidates[count - 1].rank:
                continue
            count -= 1
        at = count
        while at > 0 and mem.candidates[at - 1].rank > rank:
            mem.candidates[at].rank = mem.candidates[at - 1].rank
            mem.candidates[at].segment = mem.candidates[at - 1].segment
            mem.candidates[at].offset = mem.candidates[at - 1].offset
            mem.candidates[at].across = mem.candidates[at - 1].across
            mem.candidates[at].along_x = mem.candidates[at - 1].along_x
            mem.candidates[at].along_y = mem.candidates[at - 1].along_y
            mem.candidates[at].cost = mem.candidates[at - 1].cost
            at -= 1
        mem.candidates[at].rank = rank
        mem.candidates[at].segment = segment
        mem.candidates[at].offset = offset
        mem.candidates[at].across = across
        mem.candidates[at].along_x = ux
        mem.candidates[at].along_y = uy
        mem.candidates[at].cost = cost
        count += 1
    return count
