"""How well fixes were put on segments, and how well routes were followed."""

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from incidents.kernels.alignment import shared_length
from mapmatch.network import Network


class FixScore(msgspec.Struct, frozen=True):
    """How many fixes are on their true segment; a fix that the run refused counts as unmatched.

    `exact_share` is of the fixes truly on a segment of the network, `unmatched_share` of all.
    """

    fix_count: int
    placed_count: int  # of them truly on a segment of the network
    exact_share: float
    unmatched_share: float


class RouteScore(msgspec.Struct, frozen=True):
    """Route mismatch fraction = (missed + added) / true length (Newson and Krumm 2009)."""

    vehicle_count: int
    true_km: float
    missed_km: float
    added_km: float
    mismatch_fraction: float


class MatchingScore(msgspec.Struct, frozen=True):
    """Fixes and routes; None where a file was missing."""

    fixes: FixScore | None
    routes: RouteScore | None


def score_fixes(matched: pa.Table, truth: pa.Table, network: Network) -> FixScore | None:
    """Compare each true fix with the run's row for the same vehicle and time.

    The n-th row of a vehicle at one time answers the n-th true row of that vehicle and time, so
    the order of the files does not matter. A true fix without a row counts as unmatched. A fix
    truly on no segment (on a junction, where the truth is finer than the network) cannot be placed
    rightly and is left out of the exact share. None where no fix is truly on a segment.
    """
    left, right = _numbered(truth, "link_id"), _numbered(matched, "segment_id")
    joined = left.merge(right, on=["vehicle_id", "time", "number"], how="left")
    is_matched = joined.segment_id.notna()
    is_exact = is_matched & (joined.segment_id == joined.link_id)
    is_placed = joined.link_id.isin(network.segment_ids)
    if not is_placed.any():
        return None
    return FixScore(
        fix_count=len(left),
        placed_count=int(is_placed.sum()),
        exact_share=float(is_exact[is_placed].mean()),
        unmatched_share=float(1 - is_matched.mean()),
    )


def _numbered(table: pa.Table, place: str) -> pd.DataFrame:
    frame = table.select(["vehicle_id", "event_time", place]).to_pandas()
    frame["time"] = frame.event_time.dt.tz_localize(None).astype("datetime64[ms]").astype("int64")
    frame["number"] = frame.groupby(["vehicle_id", "time"]).cumcount()
    return frame[["vehicle_id", "time", "number", place]]


def score_routes(traversals: pa.Table, routes: pa.Table, network: Network) -> RouteScore | None:
    """Compare each vehicle's true route with the segments the run says it drove, in order.

    A segment repeated in a row (a traversal cut in two) counts once. A vehicle without traversals
    has missed its whole route. A recorded route may plan on beyond the segment where the vehicle
    was when the recording ended: what it did not drive is left out.
    """
    true_routes, driven_routes = _routes(_driven(routes), network), _routes(traversals, network)
    if not true_routes:
        return None
    nothing = np.zeros(0, dtype=np.int32)
    true_m = missed_m = added_m = 0.0
    for vehicle, true_route in true_routes.items():
        driven = driven_routes.get(vehicle, nothing)
        length = float(network.length_m[true_route].sum())
        shared = shared_length(true_route, driven, network.length_m)
        true_m += length
        missed_m += length - shared
        added_m += float(network.length_m[driven].sum()) - shared
    return RouteScore(
        vehicle_count=len(true_routes),
        true_km=true_m / 1000,
        missed_km=missed_m / 1000,
        added_km=added_m / 1000,
        mismatch_fraction=(missed_m + added_m) / true_m,
    )


def _driven(routes: pa.Table) -> pa.Table:
    """Give the rows up to each vehicle's first segment that it had not left at the end.

    A segment never left has no exit time, or one earlier than that of the segment before it.
    """
    if "exit_time" not in routes.column_names:
        return routes
    frame = routes.select(["vehicle_id", "exit_time"]).to_pandas()
    earlier = frame.groupby("vehicle_id").exit_time.shift()
    is_unfinished = frame.exit_time.isna() | (frame.exit_time < earlier)
    unfinished_before = is_unfinished.groupby(frame.vehicle_id).cumsum() - is_unfinished
    return routes.filter(pa.array(unfinished_before.to_numpy() == 0))


def _routes(table: pa.Table, network: Network) -> dict[str, npt.NDArray[np.int32]]:
    column = "link_id" if "link_id" in table.column_names else "segment_id"
    frame = table.select(["vehicle_id", column]).to_pandas()
    index = pd.Series(np.arange(network.segment_count), index=network.segment_ids)
    frame["segment"] = frame[column].map(index)
    known = frame.dropna(subset="segment")
    routes = {}
    for vehicle, rows in known.groupby("vehicle_id", sort=False):
        segments = rows.segment.to_numpy(dtype=np.int32)
        is_new = np.ones(len(segments), dtype=bool)
        is_new[1:] = segments[1:] != segments[:-1]
        routes[str(vehicle)] = np.ascontiguousarray(segments[is_new])
    return routes
