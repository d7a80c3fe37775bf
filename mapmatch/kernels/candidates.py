"""The segments that a fix may be on: its nearest place on each, and the K likeliest."""

from math import acos, cos, erf, log, sin, sqrt

import numpy as np

from ingest.kernels.compiling import inlined_part
from mapmatch.kernels.layout import LISTS, MatchGraph, Memory

FAR_SIGMAS = 2.5
"""An end of a segment further off than this cuts off nothing. Unit: standard deviations. Source:
chosen; less than 0.7 % of the error lies beyond."""
END_M = 0.02
"""An offset so near an end is the end. Unit: m. Source: chosen; offsets are 32 bits."""
WHOLE_SIGMAS = 6.0
"""The other end counts only where it is nearer than this. Unit: standard deviations. Source:
chosen; 1e-9 of the error lies beyond."""
TUNNEL_END_M = 50.0
"""So far into a tunnel a receiver may still see the sky, or fixes be drawn in. Unit: m. Source:
chosen, the noise of GPS at a portal."""
FLOWING = 0.6
"""Traffic from this share of the free speed on does not stop and go. Unit: share. Source: chosen,
between level of service D and E of an urban street (Highway Capacity Manual)."""
LEAST_MASS = 1e-9
"""What of the error lies on a segment at least. Unit: share. Source: chosen; what lies within the
search radius is not impossible."""
STEPS_A_SIGMA = 64
"""Entries of MASS_COST a standard deviation. Unit: count. Source: chosen; a straight line between
two entries is off by 3e-5."""
MASS_COST = np.array(
    [
        -log(max(0.5 * (1.0 + erf((n / STEPS_A_SIGMA - WHOLE_SIGMAS) / sqrt(2.0))), LEAST_MASS))
        for n in range(int((WHOLE_SIGMAS + FAR_SIGMAS) * STEPS_A_SIGMA) + 2)
    ]
)
"""Minus the logarithm of the normal error's mass before an end, by how many standard deviations the
end lies ahead: from -WHOLE_SIGMAS to FAR_SIGMAS."""


@inlined_part
def project(
    graph: MatchGraph, segment: int, x: float, y: float
) -> tuple[float, float, float, float, float]:
    """Give the nearest point of a segment to a point, all in metres.

    Five numbers: the offset along the segment, the point's signed distance to the left of the
    segment's direction there, that unit direction (two), and how far the point lies beyond the end
    of its piece, 0 where it projects inside.
    """
    best = 1e300
    offset = across = ux = uy = beyond = 0.0
    for v in range(graph.segments[segment].vertex_first, graph.segments[segment].vertex_stop - 1):
        piece = graph.vertices[v]
        dx, dy = x - piece.x, y - piece.y
        along = dx * piece.along_x + dy * piece.along_y
        left = dy * piece.along_x - dx * piece.along_y
        inside = min(max(along, 0.0), float(piece.drawn_m))
        past = abs(along - inside)
        square = left * left + past * past
        if square < best:
            best = square
            offset = piece.distance_m + inside * piece.stretch
            across, beyond = left, past
            ux, uy = float(piece.along_x), float(piece.along_y)
    return offset, across, ux, uy, beyond


@inlined_part
def place_at(graph: MatchGraph, segment: int, offset: float) -> tuple[float, float]:
    """Give x and y of an offset along a segment, metres."""
    first, last = graph.segments[segment].vertex_first, graph.segments[segment].vertex_stop - 1
    v = first
    while v < last - 1 and graph.vertices[v + 1].distance_m < offset:
        v += 1
    piece = graph.vertices[v]
    inside = min(max((offset - piece.distance_m) / piece.stretch, 0.0), float(piece.drawn_m))
    return piece.x + inside * piece.along_x, piece.y + inside * piece.along_y


@inlined_part
def heading_cost(
    mem: Memory, ux: float, uy: float, speed_mps: float, heading_rad: float, sigma_rad: float
) -> float:
    """Give the cost of a heading on a road of a unit direction, nats; 0 where there is none.

    The angle between them is normal with a spread, sigma_rad at speed, that grows as speed falls: a
    receiver's course is the angle of its velocity, whose error is a fixed speed (heading_speed_mps)
    across it.
    """
    model = mem.model[0]
    if heading_rad != heading_rad or not speed_mps >= model.standing_speed_mps:
        return 0.0
    cosine = ux * sin(heading_rad) + uy * cos(heading_rad)
    angle = acos(min(max(cosine, -1.0), 1.0))
    slow = model.heading_speed_mps / speed_mps
    spread = sigma_rad * sigma_rad + slow * slow
    return min(0.5 * angle * angle / spread, model.skip_cost)


@inlined_part
def standing_cost(mem: Memory, offset: float) -> float:
    """Give the cost of standing at an offset, nats: all of it within junction_m, none beyond
    two."""
    model = mem.model[0]
    beyond = 2.0 - offset / max(model.junction_m, 0.1)
    return model.standing_cost * min(max(beyond, 0.0), 1.0)


@inlined_part
def layer_cost(
    graph: MatchGraph, mem: Memory, segment: int, offset: float, pace_mps: float
) -> float:
    """Give the cost of a fix at a place off the ground, nats; `pace_mps` is NaN if not known.

    In a tunnel there are no fixes but at its ends; on a viaduct traffic rarely stops.
    """
    road = graph.segments[segment]
    if road.layer < 0:
        depth = min(offset, road.length_m - offset)
        return mem.model[0].tunnel_cost * min(max(depth / TUNNEL_END_M, 0.0), 1.0)
    if pace_mps != pace_mps:
        return 0.0
    return mem.model[0].slow_cost * max(0.0, 1.0 - pace_mps / (FLOWING * road.free_speed_mps))


@inlined_part
def _keep(
    graph: MatchGraph,
    mem: Memory,
    count: int,
    segment: int,
    rank: float,
    offset: float,
    across: float,
) -> tuple[int, int]:
    """Give the place for a candidate among `count`, and the new count; -1 where all are likelier.

    Once all K places are taken the least likely makes room.
    """
    place = count
    if count == mem.model[0].candidate_count:
        place = np.int64(0)
        for k in range(1, count):
            if mem.candidates[k].rank > mem.candidates[place].rank:
                place = np.int64(k)
        if rank >= mem.candidates[place].rank:
            return np.int64(-1), count
        count -= 1
    candidate = mem.candidates[place]
    candidate.rank = rank
    candidate.offset = offset
    candidate.across = across
    candidate.segment = segment
    candidate.free_speed_mps = graph.segments[segment].free_speed_mps
    candidate.from_node = graph.segments[segment].from_node
    candidate.target_of = graph.segments[segment].target_of
    candidate.back_via = graph.segments[segment].back_via
    return place, count + 1


@inlined_part
def along_cost(
    offset: float, beyond: float, length_m: float, sigma: float, begin_m: float, end_m: float
) -> float:
    """Give the cost that a vehicle is anywhere on a segment whose nearest place is `offset`, nats.

    Minus the logarithm of the normal error's mass between the segment's ends, so that a short piece
    of a junction does not count as much as a long road. The segment counts as if it began and
    ended `begin_m` and `end_m` further on.
    """
    before, after = offset, length_m - offset
    if beyond > 0.0:
        if before < END_M:
            before, after = -beyond, beyond + length_m
        elif after < END_M:
            before, after = beyond + length_m, -beyond
    before -= begin_m
    after += end_m
    near = min(before, after) / sigma
    if near > FAR_SIGMAS:
        return 0.0
    if max(before, after) > WHOLE_SIGMAS * sigma:
        place = max(near + WHOLE_SIGMAS, 0.0) * STEPS_A_SIGMA
        entry = int(place)
        return MASS_COST[entry] + (place - entry) * (MASS_COST[entry + 1] - MASS_COST[entry])
    scale = 1.0 / (sigma * sqrt(2.0))
    mass = 0.5 * (erf(after * scale) + erf(before * scale))
    return -log(max(mass, LEAST_MASS))


@inlined_part
def cell_of(graph: MatchGraph, x: float, y: float) -> int:
    """Give the grid's cell at a place, -1 where the grid does not reach."""
    grid = graph.grid[0]
    column, row = int((x - grid.x0) // grid.cell_m), int((y - grid.y0) // grid.cell_m)
    if column < 0 or row < 0 or column >= grid.columns or row >= grid.rows:
        return np.int64(-1)
    return row * grid.columns + column


@inlined_part
def radius_of(mem: Memory, sigma: float) -> float:
    """Give how far from a fix roads are looked for where its noise is sigma, metres."""
    model = mem.model[0]
    return min(max(model.search_sigmas * sigma, model.min_radius_m), model.max_radius_m)


@inlined_part
def forget_lists(graph: MatchGraph) -> None:
    """Empty the lists of segments about fixes."""
    for row in range(LISTS):
        graph.lists[row].fix = -1


@inlined_part
def list_about(graph: MatchGraph, fix: int, x: float, y: float, radius: float) -> tuple[int, int]:
    """List the segments whose box in the grid is within a radius of a fix, if not yet listed.

    Gives where in graph.listed they begin and how many they are. A list made before for a wider
    radius is used as it is. Whether a segment is listed is added to the end, not branched on: a
    branch here is one that the processor guesses wrong.
    """
    about = graph.lists[fix % LISTS]
    begin = (fix % LISTS) * (len(graph.listed) // LISTS)
    if about.fix == fix and about.radius_m >= radius:
        return begin, about.count
    about.fix, about.radius_m, about.count = fix, radius, 0
    cell = cell_of(graph, x, y)
    if cell < 0:
        return begin, np.int64(0)
    grid = graph.grid[0]
    row, column = cell // grid.columns, cell % grid.columns
    unit = 255.0 / (grid.cell_m + 2.0 * grid.padding_m)
    from_left = x - grid.x0 - column * grid.cell_m + grid.padding_m
    from_bottom = y - grid.y0 - row * grid.cell_m + grid.padding_m
    left, right = int((from_left - radius) * unit), int((from_left + radius) * unit) + 1
    bottom, top = int((from_bottom - radius) * unit), int((from_bottom + radius) * unit) + 1
    first, stop = np.int64(graph.grid_offsets[cell]), np.int64(graph.grid_offsets[cell + 1])
    end = begin
    for k in range(first, stop):
        box = graph.grid_boxes[k]
        graph.listed[end] = graph.grid_segments[k]
        end += np.int64((box[0] <= right) & (box[2] >= left) & (box[1] <= top) & (box[3] >= bottom))
    about.count = end - begin
    return begin, end - begin


@inlined_part
def find_candidates(
    graph: MatchGraph,
    mem: Memory,
    fix: int,
    x: float,
    y: float,
    speed_mps: float,
    heading_rad: float,
    is_bus: int,
    sigma: float,
    heading_sigma_rad: float,
    pace_mps: float,
) -> int:
    """Write the K likeliest segments about a fix into mem.candidates, in no order; gives how many.

    `fix` is its number in the call, under which list_about may have listed what is near. A
    candidate's `cost` is all but the distance across: the place along the segment, standing or
    heading, a bus off its line, a tunnel or a viaduct. `pace_mps` is how fast the vehicle goes.
    """
    model = mem.model[0]
    radius = radius_of(mem, sigma)
    half = 0.5 / (sigma * sigma)
    # Vehicles wait before signals, so who is seen at one is rather before it; a speed says so.
    wait_m = model.signal_sigmas * sigma if speed_mps != speed_mps else 0.0
    count = np.int64(0)
    begin, listed_count = list_about(graph, fix, x, y, radius)
    for k in range(begin, begin + listed_count):
        segment = np.int64(graph.listed[k])
        if graph.segments[segment].is_bus_only and not is_bus:
            continue
        offset, across, ux, uy, beyond = project(graph, segment, x, y)
        if across * across + beyond * beyond > radius * radius:
            continue
        cost = along_cost(
            offset, beyond, graph.segments[segment].length_m, sigma,
            wait_m * graph.segments[segment].begins_at_signal,
            wait_m * graph.segments[segment].has_signal,
        )  # fmt: skip
        if is_bus and not graph.segments[segment].is_on_line:
            cost += model.off_line_cost
        tunnel_nats = 0.0
        if graph.segments[segment].layer != 0:
            off_ground = layer_cost(graph, mem, segment, offset, pace_mps)
            cost += off_ground
            if graph.segments[segment].layer < 0:
                tunnel_nats = off_ground
        if speed_mps < model.standing_speed_mps:
            cost += standing_cost(mem, offset)
        else:
            cost += heading_cost(mem, ux, uy, speed_mps, heading_rad, heading_sigma_rad)
        place, count = _keep(
            graph, mem, count, segment, cost + across * across * half, offset, across
        )
        if place >= 0:
            mem.candidates[place].along_x = ux
            mem.candidates[place].along_y = uy
            mem.candidates[place].cost = cost
            mem.candidates[place].tunnel_nats = tunnel_nats
    return count
