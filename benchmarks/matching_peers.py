"""The other matchers that benchmarks/matching.py sets ours beside, as many as are there."""

from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
from fastmm_peer import Fastmm
from leuven_peer import Leuven
from valhalla_peer import Valhalla

from mapmatch.network import Network

MATCHERS = {"fastmm": Fastmm, "Leuven": Leuven, "Valhalla": Valhalla}


class Peer(Protocol):
    """A matcher made by others, on one network."""

    fix_limit: int | None
    """How many fixes of a set it is given, as whole vehicles; None for all."""

    def match(self, fixes: pa.Table, error_m: float) -> tuple[pa.Table, pa.Table, float]:
        """Give matched fixes, routes, and the seconds of processor time that matching took."""


def peers_on(network: Network, cache: Path) -> tuple[dict[str, Peer], list[str]]:
    """Give the matchers on a network, and why others are left out."""
    present: dict[str, Peer] = {}
    absent = []
    for tool, matcher in MATCHERS.items():
        try:
            present[tool] = matcher(network, cache)
        except ImportError as error:
            absent.append(f"{tool} is left out: {error}")
            print(absent[-1])
    return present, absent


def share_of(fixes: pa.Table, limit: int | None) -> pa.Table:
    """Give the fixes of the first vehicles (by id) that together have no more than a limit.

    One vehicle at least, however many its fixes.
    """
    if limit is None or fixes.num_rows <= limit:
        return fixes
    counted = fixes.group_by("vehicle_id").aggregate([("event_time", "count")])
    counted = counted.sort_by("vehicle_id")
    reached = pc.cumulative_sum(counted["event_time_count"]).to_numpy()
    count = max(1, int((reached <= limit).sum()))
    return of_vehicles(fixes, counted["vehicle_id"][:count])


def of_vehicles(table: pa.Table, vehicles: pa.ChunkedArray) -> pa.Table:
    """Give the rows of some vehicles."""
    return table.filter(pc.is_in(table["vehicle_id"], value_set=pc.unique(vehicles)))
