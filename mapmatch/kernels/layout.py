"""The flat arrays that the matcher's kernels share.

Arrays of records rather than one array a field: a fix touches a few vehicles, segments and routes
but most of what is known of each, so a record is one or two cache lines; and a kernel call passes a
dozen arrays instead of a hundred. Costs are in nats, lengths in metres, times in seconds since
1970.

Words: a fix waits as a pending record. A layer is a fix with its states, the places where the
vehicle may have been; a way is one state a layer, joined by routes. A layer is decided when the
state that answers it and the state that the route passes are chosen. The settled route is what has
been written of the way so far; it never changes.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Int32s, Int64s

MOST_STATES = 12
"""States that a layer holds at most, K. Unit: count. Source: chosen on the matching sets; with 8
the other way of each street crowds out the road driven, with 15 little is gained."""

Records = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]

NO_PLACE = 255
"""The place among the ways at a node of one that is not there."""
NO_TURN, MID_BLOCK, DEAD_END = 0, 1, 2
"""Whether a vehicle may turn round on a segment, and whether it can go on from its end at all."""
UNIT = 32767.0
"""What a unit direction's component is multiplied by to be held in 16 bits."""

SEGMENT = np.dtype(
    [
        ("length_m", "f8"),
        ("free_speed_mps", "f4"),
        ("from_node", "i4"),
        ("to_node", "i4"),
        ("reverse_segment", "i4"),  # -1 if none
        ("source_of", "i4"),  # the row that holds the routes from its end
        ("target_of", "i4"),  # the state it starts at
        ("vertex_first", "i4"),
        ("vertex_stop", "i4"),
        # where every turn is permitted: the place of its other way among the segments out of its
        # end, and among those into its start; NO_PLACE if none
        ("back_mark", "u1"),
        ("back_via", "u1"),
        ("is_bus_only", "u1"),
        ("has_signal", "u1"),  # at its end
        ("begins_at_signal", "u1"),
        ("is_on_line", "u1"),  # a bus line drives it; 1 where no lines are known
        ("may_turn", "u1"),  # turning round on it: NO_TURN, MID_BLOCK or DEAD_END
        ("layer", "i1"),  # above 0 on a bridge, below in a tunnel
        ("spare", "u1", (16,)),  # a cache line a segment
    ],
    align=True,
)
VERTEX = np.dtype(
    [
        ("x", "f4"),
        ("y", "f4"),
        ("distance_m", "f4"),  # along its segment
        # of the piece to the next vertex
        ("along_x", "f4"),  # unit direction
        ("along_y", "f4"),
        ("drawn_m", "f4"),
        ("stretch", "f4"),  # metres of the segment to one drawn
        ("spare", "f4"),  # two vertices fill a cache line
    ]
)
GRID = np.dtype(
    [(name, "f8") for name in ("x0", "y0", "cell_m", "padding_m")]
    + [("columns", "i8"), ("rows", "i8")]
)
ARC = np.dtype(
    [
        ("to", "i4"),  # the state it leads to
        ("segment", "i4"),  # the segment it drives
        ("length_m", "f4"),
        ("counted_m", "f4"),  # what it counts when routes are compared; see match_graph
        ("is_u_turn", "u1"),
        ("via", "u1"),  # its position among the arcs into `to`
    ],
    align=True,
)
SEARCH_STATE = np.dtype(
    [
        ("cost", "f8"),
        ("distance_m", "f4"),
        ("stamp", "i4"),
        ("is_settled", "u1"),
        ("via", "u1"),
        ("mark", "u1"),
    ],
    align=True,
)
PATH_ROW = np.dtype([("start", "i8"), ("near_stop", "i8"), ("stop", "i8")])
"""Where the entries of one row of the path table stand; see MatchGraph."""
PATH_ENTRY = np.dtype(
    [
        ("target", "i4"),
        ("distance_dm", "u2"),  # decimetres
        ("via", "u1"),  # arc into the target, 255 where the route is empty
        ("mark", "u1"),  # node-based: the first arc's position; edge-based: count of U-turns
    ]
)
LISTS = 8
"""Fixes about which segments are listed at a time. Unit: count. Source: chosen, a power of two
above the four fixes ahead that kernels/ahead.py lists them."""
LISTED = np.dtype([("fix", "i8"), ("count", "i8"), ("radius_m", "f8")])
"""What a row of MatchGraph.listed holds: the segments within a radius of a fix, -1: nothing."""
RULE = np.dtype(
    [
        ("is_edge_based", "i4"),
        ("generation", "i4"),  # of the last search
        ("limit_m", "f8"),  # of the path table, counted metres
        ("sure_m", "f8"),  # a whole row holds all within so many true metres
        ("most_share", "f8"),  # counted metres to a true one at most
        ("fastest_mps", "f8"),  # the highest free speed of any segment
        ("cache_rows", "i8"),
        ("cache_width", "i8"),
    ]
)


class MatchGraph(NamedTuple):
    """A network as the matcher reads it, its path table, and scratch for searches.

    Routes are searched over states joined by arcs (CSR). Where every turn is permitted a state is a
    node and an arc a segment; else a state is "at the start of segment s", and an arc drives s and
    turns into a permitted successor.

    Row r of the path table is entries start to near_stop - 1, the targets within NEAR_M, and
    near_stop to stop - 1, those beyond; each sorted by the target's hash. Most fixes are near the
    one before, and their targets then share a few cache lines. A row not filled has stop = start.
    With cache_rows above 0 rows are computed when asked for; row r lives in place r % cache_rows
    until another takes it.
    """

    segments: Records  # SEGMENT, n
    vertices: Records  # VERTEX
    grid: Records  # GRID, 1
    grid_offsets: Int32s  # cells + 1
    grid_segments: Int32s
    grid_boxes: Bytes  # entries x 4; see mapmatch.network
    arcs: Records  # ARC
    arc_offsets: Int32s  # states + 1
    into_offsets: Int32s  # states + 1
    into_segments: Int32s  # the segment driven by each arc into a state
    rule: Records  # RULE, 1
    path_rows: Records  # PATH_ROW
    path_entries: Records  # PATH_ENTRY
    cache_owner: Int32s  # cache_rows, -1 if free
    listed: Int32s  # LISTS x the fullest cell: the segments about some fixes, see LISTED
    lists: Records  # LISTED, LISTS
    states: Records  # SEARCH_STATE; `stamp` says which search wrote a state
    order: Int32s  # states, settled ones of the last search, nearest first
    heap_cost: Floats
    heap_state: Int32s
    keys: Int64s  # states


SLOT = np.dtype(
    [
        ("last_time", "f8"),  # of the newest fix
        ("layer_time", "f8"),
        ("route_time", "f8"),
        ("enter_time", "f8"),  # of the traversal under way
        ("route_offset", "f8"),
        ("head", "i4"),  # oldest pending record in the pool, -1 if none
        ("tail", "i4"),  # newest pending record
        ("pending", "i4"),  # pending records
        ("layers", "i4"),  # pending records with an undecided layer
        ("layer_record", "i4"),  # record of the newest layer, -1 once it is answered
        ("route_segment", "i4"),  # the settled route, -1: none yet
        ("answer_segment", "i4"),  # of the layer answered last, -1 where it is on the route
        ("route_x", "f4"),  # the fix settled last that made a layer
        ("route_y", "f4"),
        ("route_mps", "f4"),  # speed of the fix settled last, NaN if it gave none
        ("enter_offset", "f4"),
        ("layer_x", "f4"),
        ("layer_y", "f4"),
        # a vehicle that stands: the mean of its fixes since the newest layer
        ("mean_x", "f4"),
        ("mean_y", "f4"),
        ("mean_span", "f4"),  # seconds
        ("mean_count", "i4"),  # 0 where the newest layer's fix was moving
        # noise: decayed sums over settled fixes
        ("noise_square", "f4"),
        ("noise_weight", "f4"),
        ("noise_product", "f4"),
        ("noise_pair", "f4"),
        ("noise_step", "f4"),
        ("noise_pairs", "f4"),
        ("last_across", "f4"),
        ("last_along_x", "f4"),
        ("last_along_y", "f4"),
        # states of the newest layer
        ("score", "f4", (MOST_STATES,)),  # 0 at the best
        # nats more on the likeliest way that goes on from the settled route; NO_WAY: none does
        ("debt", "f4", (MOST_STATES,)),
        ("segment", "i4", (MOST_STATES,)),
        ("offset", "f4", (MOST_STATES,)),
        ("across", "f4", (MOST_STATES,)),  # signed distance of the fix to the left of the segment
        ("along_x", "i2", (MOST_STATES,)),  # unit direction of the segment, in parts of UNIT
        ("along_y", "i2", (MOST_STATES,)),
        ("age", "f4", (MOST_STATES,)),  # how much older than the layer the state's own fix is
        ("state_x", "f4", (MOST_STATES,)),  # the state's own fix
        ("state_y", "f4", (MOST_STATES,)),
        ("root", "u1", (MOST_STATES,)),  # the state it came from in the oldest undecided layer
        ("gap_s", "f4"),  # between the newest fix and the one before
        ("last_x", "f4"),  # of the newest fix, NaN if none
        ("last_y", "f4"),
        ("off_s", "f4"),  # from the newest layer to the first fix since without a road, -1: none
        # answered fixes off the road since the route's time: the first and the last, seconds after
        # it, -1: none
        ("off_first", "f4"),
        ("off_last", "f4"),
        ("layer_count", "i1"),  # states of the newest layer, 0: no layer yet
        ("is_active", "u1"),
        # what the receiver's headings are worth; see kernels/noise.py
        ("last_heading", "f4"),  # of the newest layer, rad, NaN if none
        ("heading_trust", "f4"),  # mean cosine between headings and the way gone
        ("code_trust", "f4"),  # the same, headings taken for codes of eighths
        ("heading_varies", "u1"),  # bits: VARIED, CODE_VARIED, PROVEN, SEEN
        ("eighths", "u1"),  # headings in a row that were whole eighths of a circle
        ("is_ambiguous", "u1"),  # whether the layer settled last is
        ("spare", "u1", (7,)),  # whole cache lines
    ],
    align=True,
)
"""What is remembered of one vehicle."""

PENDING = np.dtype(
    [
        ("time", "f8"),
        ("tag", "i8"),  # the caller's number of the fix
        ("x", "f4"),
        ("y", "f4"),
        ("speed_mps", "f4"),  # NaN if it gave none
        ("next", "i4"),  # -1 at the newest
        ("previous_layer", "i4"),  # the record of the layer before, -1 if answered
        ("segment", "i4", (MOST_STATES,)),
        ("offset", "f4", (MOST_STATES,)),
        ("back", "u1", (MOST_STATES,)),  # bits 0-3 the state before, FROZEN, BROKEN, TURNED
        ("route_back", "u1", (MOST_STATES,)),  # the same on the settled route
        ("kind", "u1"),  # LAYER, NEAR, OFF_ROAD or REPEATED
        ("choice", "i1"),  # the state the route goes through, -1 while open
        ("answer", "i1"),  # the likeliest state
        ("count", "i1"),
        ("is_ambiguous", "u1"),  # nothing tells on which of stacked roads it is
        ("level", "i1", (MOST_STATES,)),  # of each state's segment; see SEGMENT's layer
        ("as_likely", "u2"),  # bits: states that cost as much as one on another level
    ],
    align=True,
)
"""A fix not answered yet: a record in its vehicle's linked list, oldest to newest."""

FIX = np.dtype(
    [
        ("time", "f8"),
        ("x", "f8"),
        ("y", "f8"),
        ("speed_mps", "f8"),  # NaN where absent
        ("heading_rad", "f8"),  # clockwise from north, NaN where absent
        ("tag", "i8"),
        ("slot", "i4"),
        ("is_bus", "u1"),
    ],
    align=True,
)
MATCHED_ROW = np.dtype(
    [
        ("slot", "i4"),
        ("segment", "i4"),  # -1: unmatched
        ("time", "f8"),
        ("tag", "i8"),
        ("x", "f8"),
        ("y", "f8"),
        ("offset", "f4"),
        ("reason", "u1"),
    ],
    align=True,
)
PROGRESS_ROW = np.dtype(
    [
        ("slot", "i4"),
        ("segment", "i4"),
        ("enter", "f8"),
        ("exit", "f8"),
        ("enter_offset", "f4"),
        ("exit_offset", "f4"),
    ]
)
TRAVERSAL_ROW = np.dtype([*PROGRESS_ROW.descr, ("is_complete", "u1")], align=True)
BREAK_ROW = np.dtype(
    [("slot", "i4"), ("reason", "u1"), ("since", "f8"), ("time", "f8")], align=True
)

CANDIDATE = np.dtype(
    [
        ("offset", "f8"),
        ("across", "f8"),
        ("along_x", "f8"),
        ("along_y", "f8"),
        ("cost", "f8"),  # without the distance across
        ("tunnel_nats", "f8"),  # what of it is for a tunnel
        ("rank", "f8"),
        ("free_speed_mps", "f4"),
        ("segment", "i4"),
        ("from_node", "i4"),
        ("target_of", "i4"),
        ("back_via", "u1"),
    ],
    align=True,
)
DEPARTURE = np.dtype(
    [
        ("score", "f8"),
        ("debt", "f8"),
        ("offset", "f8"),
        ("rest_m", "f8"),  # from there to the segment's end
        ("across", "f8"),
        ("along_x", "f8"),
        ("along_y", "f8"),
        ("dt", "f8"),  # since the state's own fix, seconds
        ("gap", "f8"),  # straight from it, metres
        ("rho", "f8"),  # correlation of the error since then
        ("across_floor", "f8"),  # the least that a distance across costs after it, nats
        ("drift", "f8"),  # standard deviation of how far the error moved, metres
        ("beta", "f8"),
        ("detour_nats", "f8"),  # the most that the length of a way from it costs
        ("tunnel_nats", "f8"),  # what its place in a tunnel costs
        ("free_speed_mps", "f4"),
        ("segment", "i4"),
        ("reverse_segment", "i4"),
        ("to_node", "i4"),
        ("source_of", "i4"),
        ("back_mark", "u1"),
        ("may_turn", "u1"),
        ("is_searched", "u1"),
    ],
    align=True,
)
"""A state of the newest layer, as routes leave it towards a new fix."""
HYPOTHESIS = np.dtype(
    [
        ("score", "f8"),
        ("route_score", "f8"),  # of ways that go on from the settled route
        ("offset", "f8"),
        ("back", "u1"),
        ("route_back", "u1"),
    ],
    align=True,
)
KEPT = np.dtype(
    [(name, "f8") for name in ("across", "along_x", "along_y", "age", "x", "y")]
    + [("segment", "i4"), ("root", "u1")],
    align=True,
)

MODEL_FIELDS = (
    "settle_after_s", "hold_s", "restart_after_s", "search_sigmas", "min_radius_m", "max_radius_m",
    "sigma_m", "min_sigma_m", "max_sigma_m", "sigma_weight", "tau_s", "tau_weight", "noise_decay",
    "near_sigmas", "near_m", "layer_s", "layer_m", "beta_m", "beta_share", "beta_sigmas",
    "detour_nats", "sparse_s", "sparse_skip", "turn_back_cost", "u_turn_cost", "skip_cost",
    "suspect_cost", "break_cost", "beam", "speeding", "speeding_cost_m", "heading_sigma_rad",
    "heading_speed_mps", "standing_speed_mps", "standing_cost", "standing_sigmas", "junction_m",
    "reach_m", "bridge_s", "off_line_cost", "tunnel_cost", "slow_cost",
    "signal_sigmas",
)  # fmt: skip
MODEL = np.dtype(
    [("candidate_count", "i8"), ("lag", "i8"), *((name, "f8") for name in MODEL_FIELDS)]
)
"""The settings as the kernels need them; see mapmatch.matcher_settings."""


class Memory(NamedTuple):
    """The vehicles under way, what a call writes, and its working memory."""

    model: Records  # MODEL, 1
    slots: Records  # SLOT, one a vehicle
    due: Floats  # one a slot: before that event time nothing of it can be settled by time alone
    pool: Records  # PENDING
    free: Int32s  # stack of free pool records
    free_count: Int64s  # 1
    written: Int64s  # rows written: matched, progress, traversals, breaks
    matched: Records  # MATCHED_ROW
    progress: Records  # PROGRESS_ROW
    traversals: Records  # TRAVERSAL_ROW
    breaks: Records  # BREAK_ROW
    candidates: Records  # CANDIDATE, K, of the fix at hand
    departures: Records  # DEPARTURE, K
    hypotheses: Records  # HYPOTHESIS, K and the skip hypotheses
    choice: Int32s  # K, hypotheses kept
    kept: Records  # KEPT, K
    path: Int32s  # segments of the route being driven
