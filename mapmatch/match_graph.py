"""The graph that the matcher's kernels read: a network and its path table as records."""

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Int32s
from mapmatch.kernels.layout import (
    ARC,
    DEAD_END,
    GRID,
    LISTED,
    LISTS,
    MID_BLOCK,
    NO_PLACE,
    NO_TURN,
    RULE,
    SEARCH_STATE,
    SEGMENT,
    VERTEX,
    MatchGraph,
    Records,
)
from mapmatch.memory import records
from mapmatch.network import Network, NetworkError

FULL_SPEED_MPS = 100.0 / 3.6
"""Free speed at which a metre counts as one when routes are compared. Unit: m/s. Source: chosen,
that of urban motorways."""
MOST_SHARE = 2.0
"""What a metre counts at most. Unit: none. Source: chosen, that of a road of 25 km/h."""
MOST_WAYS = 254
"""Ways into or out of one node at most. Unit: count. Source: a path entry holds one in 8 bits."""


def match_graph_of(
    network: Network,
    limit_m: float,
    path_rows: Records,
    path_entries: Records,
    cache_owner: Int32s,
    cache_width: int,
) -> MatchGraph:
    """Give a network and path table rows as records.

    Raises NetworkError for a node with more than MOST_WAYS ways in or out.
    """
    segments = _segments(network)
    arcs, start, states = _arcs(network)
    into = np.argsort(arcs["to"], kind="stable")
    into_offsets = _offsets(arcs["to"], states)
    position = np.empty(len(arcs), np.int64)
    position[into] = np.arange(len(arcs)) - into_offsets[arcs["to"][into]]
    arc_offsets = _offsets(start, states)
    most = max(int(np.diff(arc_offsets).max(initial=0)), int(position.max(initial=-1)) + 1)
    if most > MOST_WAYS:
        raise NetworkError(f"{network.name}: {most} ways at one node, expected at most {MOST_WAYS}")
    arcs["via"] = position
    if not network.has_movements:
        _mark_ways_back(segments, arcs, arc_offsets)
    rule = records(RULE, 1)
    rule["is_edge_based"] = network.has_movements
    rule["limit_m"] = limit_m
    rule["most_share"] = counted_share(network.free_speed_mps).max()
    rule["sure_m"] = limit_m / rule["most_share"]
    rule["fastest_mps"] = network.free_speed_mps.max()
    rule["cache_rows"] = len(cache_owner) if cache_width else 0
    rule["cache_width"] = cache_width
    heap = len(arcs) + states + 1
    return MatchGraph(
        segments=segments,
        vertices=_vertices(network),
        grid=_grid(network),
        grid_offsets=network.grid_offsets,
        grid_segments=network.grid_segments,
        grid_boxes=network.grid_boxes,
        arcs=arcs,
        arc_offsets=arc_offsets,
        into_offsets=into_offsets,
        into_segments=np.ascontiguousarray(arcs["segment"][into]),
        rule=rule,
        path_rows=path_rows.view(np.recarray),
        path_entries=path_entries.view(np.recarray),
        cache_owner=cache_owner,
        listed=np.empty(LISTS * (1 + int(np.diff(network.grid_offsets).max(initial=0))), np.int32),
        lists=records(LISTED, LISTS),
        states=records(SEARCH_STATE, states),
        order=np.empty(states, np.int32),
        heap_cost=np.empty(heap, np.float64),
        heap_state=np.empty(heap, np.int32),
        keys=np.empty(states, np.int64),
    )


def counted_share(free_speed_mps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give what a metre of each road counts when routes are compared: less where it is fast.

    Between metres and seconds, for drivers take neither the shortest way nor quite the fastest.
    """
    share = np.sqrt(FULL_SPEED_MPS / np.maximum(free_speed_mps, 1.0))
    return np.clip(share, 1.0, MOST_SHARE)


def state_count(network: Network) -> int:
    """Give how many states routes are searched over, which is also the path table's rows."""
    return network.segment_count if network.has_movements else len(network.node_ids)


def _segments(network: Network) -> Records:
    segments = records(SEGMENT, network.segment_count)
    own = np.arange(network.segment_count)
    for name in ("length_m", "free_speed_mps", "from_node", "to_node", "reverse_segment"):
        segments[name] = getattr(network, name)
    segments["is_bus_only"] = network.is_bus_only
    segments["has_signal"] = network.node_has_signal[network.to_node]
    segments["begins_at_signal"] = network.node_has_signal[network.from_node]
    segments["source_of"] = own if network.has_movements else network.to_node
    segments["target_of"] = own if network.has_movements else network.from_node
    segments["vertex_first"] = network.vertex_offsets[:-1]
    segments["vertex_stop"] = network.vertex_offsets[1:]
    segments["is_on_line"] = True
    segments["layer"] = network.layer
    segments["may_turn"] = _may_turn(network)
    segments["back_mark"] = segments["back_via"] = NO_PLACE
    return segments


def _may_turn(network: Network) -> npt.NDArray[np.uint8]:
    """Say of each segment how a vehicle may go on from it by the same street's other way."""
    back, own = network.reverse_segment, np.arange(network.segment_count)
    ways_on = np.bincount(network.from_node, minlength=len(network.node_ids))[network.to_node]
    may_turn = back >= 0
    if network.has_movements:
        driven = np.repeat(own, np.diff(network.successor_offsets))
        ways_on = np.diff(network.successor_offsets)
        may_turn = np.isin(own, driven[back[driven] == network.successors])
    kind = np.where(ways_on == 1, DEAD_END, MID_BLOCK)
    return np.where(may_turn, kind, NO_TURN).astype(np.uint8)


def _mark_ways_back(segments: Records, arcs: Records, arc_offsets: Int32s) -> None:
    """Say of each two-way segment by which places at its nodes a path entry shows a U-turn."""
    out_place = np.empty(len(segments), np.int64)
    out_place[arcs["segment"]] = np.arange(len(arcs)) - np.repeat(
        arc_offsets[:-1], np.diff(arc_offsets)
    )
    in_place = np.empty(len(segments), np.int64)
    in_place[arcs["segment"]] = arcs["via"]
    two_way = np.flatnonzero(segments["reverse_segment"] >= 0)
    back = segments["reverse_segment"][two_way]
    segments["back_mark"][two_way] = out_place[back]
    segments["back_via"][two_way] = in_place[back]


def _vertices(network: Network) -> Records:
    vertices = records(VERTEX, len(network.vertex_x))
    vertices["x"], vertices["y"] = network.vertex_x, network.vertex_y
    vertices["distance_m"] = network.vertex_distance_m
    step_x, step_y = np.diff(network.vertex_x), np.diff(network.vertex_y)
    # Between two segments there is no piece; what is written there is never read.
    drawn = np.maximum(np.hypot(step_x, step_y), 1e-9)
    vertices["along_x"][:-1], vertices["along_y"][:-1] = step_x / drawn, step_y / drawn
    vertices["drawn_m"][:-1] = drawn
    vertices["stretch"][:-1] = np.diff(network.vertex_distance_m) / drawn
    return vertices


def _grid(network: Network) -> Records:
    grid = records(GRID, 1)
    for name in GRID.names or ():
        grid[name] = getattr(network, f"grid_{name}")
    return grid


def _arcs(network: Network) -> tuple[Records, Int32s, int]:
    """Give the arcs sorted by the state they leave, those states, and the number of states."""
    if network.has_movements:
        own = np.arange(network.segment_count, dtype=np.int32)
        driven = np.repeat(own, np.diff(network.successor_offsets))
        start, to = driven, network.successors
    else:
        driven = np.argsort(network.from_node, kind="stable").astype(np.int32)
        start, to = network.from_node[driven], network.to_node[driven]
    arcs = records(ARC, len(driven))
    arcs["to"], arcs["segment"] = to, driven
    arcs["length_m"] = network.length_m[driven]
    arcs["counted_m"] = network.length_m[driven] * counted_share(network.free_speed_mps[driven])
    if network.has_movements:
        arcs["is_u_turn"] = network.reverse_segment[driven] == to
    return arcs, start, state_count(network)


def _offsets(states: Int32s, count: int) -> Int32s:
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(states, minlength=count), out=offsets[1:])
    return offsets
