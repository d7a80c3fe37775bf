"""Segments near a fix: projection, and the K likeliest by bounded insertion."""

from math import acos, cos, sin, sqrt

import numba

from mapmatch.kernels.layout import Model, Roads, Scratch


@numba.njit(cache=True, nogil=True)
def project(
    roads: Roads, segment: int, x: float, y: float
) -> tuple[float, float, float, float, float, float, float]:
    """Give the nearest point of a segment to a point, all in metres.

    Offset along the segment, x, y, the signed distance of the point to the left of the segment's
    direction there, that unit direction, and how far the point lies beyond the piece's end (along
    its direction; 0 where it projects inside).
    """
    best = 1e300
    offset = px = py = across = ux = uy = beyond = 0.0
    for v in range(roads.vertex_offsets[segment], roads.vertex_offsets[segment + 1] - 1):
        ax, ay = roads.vertex_x[v], roads.vertex_y[v]
        dx, dy = roads.vertex_x[v + 1] - ax, roads.vertex_y[v + 1] - ay
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
            start = roads.vertex_distance_m[v]
            offset = start + clamped * (roads.vertex_distance_m[v + 1] - start)
    return offset, px, py, across, ux, uy, beyond


@numba.njit(cache=True, nogil=True)
def place_at(roads: Roads, segment: int, offset: float) -> tuple[float, float]:
    """Give x and y of an offset along a segment, metres."""
    first, last = roads.vertex_offsets[segment], roads.vertex_offsets[segment + 1] - 1
    v = first
    while v < last - 1 and roads.vertex_distance_m[v + 1] < offset:
        v += 1
    start, stop = roads.vertex_distance_m[v], roads.vertex_distance_m[v + 1]
    share = min(max((offset - start) / max(stop - start, 1e-9), 0.0), 1.0)
    x, y = roads.vertex_x[v], roads.vertex_y[v]
    return x + share * (roads.vertex_x[v + 1] - x), y + share * (roads.vertex_y[v + 1] - y)


@numba.njit(cache=True, nogil=True)
def heading_cost(model: Model, ux: float, uy: float, speed_mps: float, heading_rad: float) -> float:
    """Give what a heading says against a direction, nats; 0 where there is no heading.

    A wrapped normal whose spread grows as speed falls: a receiver's course is the angle of its
    velocity, whose error is a fixed speed (heading_speed_mps) across it.
    """
    if not heading_rad == heading_rad or not speed_mps >= model.standing_speed_mps:
        return 0.0
    cosine = ux * sin(heading_rad) + uy * cos(heading_rad)
    angle = acos(min(max(cosine, -1.0), 1.0))
    slow = model.heading_speed_mps / speed_mps
    spread = model.heading_sigma_rad * model.heading_sigma_rad + slow * slow
    return min(0.5 * angle * angle / spread, model.skip_cost)


@numba.njit(cache=True, nogil=True)
def find_candidates(
    roads: Roads,
    model: Model,
    scratch: Scratch,
    x: float,
    y: float,
    speed_mps: float,
    heading_rad: float,
    is_bus: int,
    sigma: float,
) -> int:
    """Write the K likeliest segments about a fix into scratch.cand_*; gives how many.

    cand_cost holds what is not the distance across: overshoot beyond an end, heading, road class.
    """
    column = int((x - roads.grid_x0) // roads.grid_cell_m)
    row = int((y - roads.grid_y0) // roads.grid_cell_m)
    if column < 0 or row < 0 or column >= roads.grid_columns or row >= roads.grid_rows:
        return 0
    cell = row * roads.grid_columns + column
    radius = min(max(model.search_sigmas * sigma, model.min_radius_m), model.max_radius_m)
    half = 0.5 / (sigma * sigma)
    count = 0
    for k in range(roads.grid_offsets[cell], roads.grid_offsets[cell + 1]):
        segment = roads.grid_segments[k]
        if roads.is_bus_only[segment] and not is_bus:
            continue
        offset, px, py, across, ux, uy, beyond = project(roads, segment, x, y)
        if (x - px) * (x - px) + (y - py) * (y - py) > radius * radius:
            continue
        cost = beyond * beyond * half + roads.class_cost[segment]
        cost += heading_cost(model, ux, uy, speed_mps, heading_rad)
        rank = cost + across * across * half
        if count == model.candidate_count:
            if rank >= scratch.cand_rank[count - 1]:
                continue
            count -= 1
        at = count
        while at > 0 and scratch.cand_rank[at - 1] > rank:
            scratch.cand_rank[at] = scratch.cand_rank[at - 1]
            scratch.cand_segment[at] = scratch.cand_segment[at - 1]
            scratch.cand_offset[at] = scratch.cand_offset[at - 1]
            scratch.cand_across[at] = scratch.cand_across[at - 1]
            scratch.cand_along_x[at] = scratch.cand_along_x[at - 1]
            scratch.cand_along_y[at] = scratch.cand_along_y[at - 1]
            scratch.cand_cost[at] = scratch.cand_cost[at - 1]
            at -= 1
        scratch.cand_rank[at] = rank
        scratch.cand_segment[at] = segment
        scratch.cand_offset[at] = offset
        scratch.cand_across[at] = across
        scratch.cand_along_x[at] = ux
        scratch.cand_along_y[at] = uy
        scratch.cand_cost[at] = cost
        count += 1
    return count
