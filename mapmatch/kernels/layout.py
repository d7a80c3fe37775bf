"""The flat arrays that the matcher's kernels share, by name: each field is an array or a scalar."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


class Roads(NamedTuple):
    """What the matcher reads of a network of n segments; lengths in metres, speeds in m/s."""

    from_node: Ints  # n
    to_node: Ints  # n
    length_m: Floats  # n
    free_speed_mps: Floats  # n
    class_cost: Singles  # n, nats: how unlikely a probe drives this class of road
    is_bus_only: Bytes  # n, 0 or 1
    reverse_segment: Ints  # n, -1 if none
    vertex_offsets: Ints  # n + 1
    vertex_x: Floats
    vertex_y: Floats
    vertex_distance_m: Floats
    grid_x0: float
    grid_y0: float
    grid_cell_m: float
    grid_columns: int
    grid_rows: int
    grid_offsets: Ints
    grid_segments: Ints


class Graph(NamedTuple):
    """Where a route can go on: states joined by arcs (CSR).

    Where every turn is permitted a state is a node and an arc a segment; else a state is "at the
    start of segment s" and an arc drives s and turns into a permitted successor.
    """

    is_edge_based: bool
    arc_offsets: Ints  # states + 1
    arc_to: Ints  # the state an arc leads to
    arc_length_m: Singles
    arc_is_u_turn: Bytes
    out_segments: Ints  # the segment an arc drives
    arc_via: Bytes  # the arc's position among the arcs into `arc_to`
    into_offsets: Ints  # states + 1
    into_segments: Ints  # the segment driven by each arc into a state
    source_of: Ints  # n segments: the row that holds the routes from a segment's end
    target_of: Ints  # n segments: the state that a segment starts at


class Search(NamedTuple):
    """Scratch of one bounded search over s states; `stamp` says which search wrote a state."""

    generation: Ints  # 1
    stamp: Ints  # s
    is_settled: Bytes  # s
    cost: Floats  # s, metres, with u_turn_m for each U-turn
    via: Bytes  # s
    mark: Bytes  # s
    order: Ints  # s, settled states, nearest first
    heap_cost: Floats
    heap_state: Ints


class Table(NamedTuple):
    """Rows of the path table: entries row_start[r] to row_stop[r] - 1, sorted by target.

    A row that is not filled has row_stop = row_start. In cache mode (`cache_rows` above 0) row r is
    computed when asked for and lives in cache slot r % cache_rows until another takes the slot.
    """

    row_start: Longs  # rows
    row_stop: Longs  # rows
    target: Ints
    distance_dm: npt.NDArray[np.uint16]  # decimetres
    via: Bytes  # arc into the target, 255 where the route is empty
    mark: Bytes  # node-based: the first arc's position; edge-based: count of U-turns
    limit_m: float
    cache_rows: int
    cache_width: int
    cache_owner: Ints  # cache_rows, -1 if free


class Slots(NamedTuple):
    """One vehicle's memory at each index; K states of its newest layer."""

    is_active: Bytes
    is_bus: Bytes
    last_time: Floats  # of the newest fix
    head: Ints  # oldest pending record in the pool, -1 if none
    tail: Ints  # newest pending record
    pending: Ints  # pending records
    layers: Ints  # pending records with an undecided layer
    layer_record: Ints  # record of the newest layer, -1 once it is answered
    layer_count: npt.NDArray[np.int8]  # states of the newest layer, 0: no layer yet
    layer_time: Floats
    layer_x: Singles
    layer_y: Singles
    score: Singles  # K, nats, 0 at the best
    segment: Ints  # K, -1 where the state is dead
    offset: Singles  # K
    across: Singles  # K, signed distance of the fix to the left of the segment, metres
    along_x: Singles  # K, unit direction of the segment
    along_y: Singles  # K
    age: Singles  # K, seconds the state's own fix is older than the layer (skip hypotheses)
    state_x: Singles  # K, the state's own fix
    state_y: Singles  # K
    # the settled route
    route_segment: Ints  # -1: none yet
    route_offset: Floats
    route_time: Floats
    route_x: Singles  # the fix settled last that made a layer
    route_y: Singles
    enter_time: Floats  # of the traversal under way
    enter_offset: Singles
    # noise: decayed sums over settled fixes
    noise_square: Singles
    noise_weight: Singles
    noise_product: Singles
    noise_pair: Singles
    noise_step: Singles
    noise_pairs: Singles
    last_across: Singles
    last_along_x: Singles
    last_along_y: Singles


class Pool(NamedTuple):
    """Pending fixes of all vehicles, each a record in a linked list from oldest to newest."""

    free: Ints  # stack of free records
    free_count: Ints  # 1
    next: Ints  # -1 at the newest
    previous_layer: Ints  # the record of the layer before, -1 if answered
    kind: Bytes  # LAYER, NEAR or OFF_ROAD
    choice: npt.NDArray[np.int8]  # the state decided on, -1 while open
    time: Floats
    x: Singles
    y: Singles
    tag: Longs  # the caller's number of the fix
    count: npt.NDArray[np.int8]
    segment: Ints  # K
    offset: Singles  # K
    back: Bytes  # K: bits 0-3 the state before, FROZEN, BROKEN


class Rows(NamedTuple):
    """What a call writes: counts in `written`, then columns."""

    written: Longs  # matched, progress, traversals, breaks
    matched_slot: Ints
    matched_time: Floats
    matched_segment: Ints  # -1: unmatched
    matched_offset: Singles
    matched_x: Floats
    matched_y: Floats
    matched_tag: Longs
    matched_reason: Bytes
    progress_slot: Ints
    progress_segment: Ints
    progress_enter: Floats
    progress_exit: Floats
    progress_enter_offset: Singles
    progress_exit_offset: Singles
    traversal_slot: Ints
    traversal_segment: Ints
    traversal_enter: Floats
    traversal_exit: Floats
    traversal_enter_offset: Singles
    traversal_exit_offset: Singles
    traversal_is_complete: Bytes
    break_slot: Ints
    break_time: Floats
    break_reason: Bytes
    break_since: Floats


class Scratch(NamedTuple):
    """Working memory of one call: candidates of the fix at hand, and the route being driven."""

    cand_segment: Ints  # K
    cand_offset: Floats
    cand_across: Floats
    cand_along_x: Floats
    cand_along_y: Floats
    cand_cost: Floats  # nats, without the distance across
    cand_rank: Floats
    new_score: Floats  # 2 K
    new_back: Bytes
    new_offset: Floats
    choice: Ints  # K
    kept_segment: Ints  # K
    kept_place: Floats  # K, 6
    path: Ints  # segments of a route, first to last
    path_m: Floats  # metres of each driven
    records: Ints  # pending records, for walking a list both ways


class Model(NamedTuple):
    """The settings as the kernels need them; costs in nats."""

    candidate_count: int
    lag: int
    settle_after_s: float
    hold_s: float
    restart_after_s: float
    search_sigmas: float
    min_radius_m: float
    max_radius_m: float
    sigma_m: float
    min_sigma_m: float
    max_sigma_m: float
    sigma_weight: float
    tau_s: float
    tau_weight: float
    noise_decay: float
    near_sigmas: float
    near_m: float
    beta_m: float
    beta_share: float
    beta_sigmas: float
    u_turn_cost: float
    skip_cost: float
    suspect_cost: float
    break_cost: float
    beam: float
    speeding: float
    speeding_cost_m: float
    heading_sigma_rad: float
    heading_speed_mps: float
    standing_speed_mps: float
    speed_sigma_mps: float
    reach_m: float
