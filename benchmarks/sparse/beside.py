"""How well are fixes 10, 30 and 60 s apart matched on real networks, beside Valhalla?

Drives made on OpenStreetMap extracts, simulated taxis of Beijing, both with new noise, and
a recorded drive. Ours is what `clearway match` does; Valhalla gets the same fixes, on tiles built
from the same roads. Where Valhalla is not there its figures are missing and the result says why.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.matching import Roads, folder_of, truth_of
from benchmarks.matching_grid import motion_of
from benchmarks.peers.valhalla import Valhalla
from benchmarks.recordings import SHARED
from benchmarks.result import write_result
from benchmarks.sparse.drives import drives_on
from incidents.scoring.matching import score_fixes, score_routes
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from mapmatch.network import Network, load_network
from mapmatch.paths import load_path_table
from mapmatch.recorded import match_recorded
from streams.cli.options import cache_folder

EXTRACTS = {
    "Monaco": "real/osm/monaco.osm.gz",
    "Krems": "real/osm/krems.osm.gz",
    "Liechtenstein": "real/osm/liechtenstein.osm.pbf",
    "Porto Alegre": "real/osm/porto-alegre.osm.pbf",
    "Shanghai": "networks/shanghai_center.osm.gz",
}
SEEN_BELOW = ("Monaco", "Shanghai")
"""Networks with long tunnels, where the drives are matched with the fixes from inside them too."""
BEIJING, BEIJING_SET = "networks/beijing", "bj_a10_1s"
RECORDED, RECORDED_SET = "networks/kubicka0", "kubicka0_1s"
INTERVALS_S = (10, 30, 60)
NOISE_M = 10.0
FIGURES = ("exact", "RMF", "unmatched")
QUESTION = (
    "Share of fixes on the exact directed segment, route mismatch fraction (Newson and Krumm 2009) "
    "between each vehicle's first fix and its last, and share unmatched, of clearway match and of "
    "Valhalla on the same fixes."
)


@dataclass(frozen=True)
class Case:
    """Fixes, the true segment of each (None: not known) and the true routes."""

    interval_s: int
    fixes: pa.Table
    truth: pa.Table | None
    routes: pa.Table


def roads_of(source: str) -> Roads:
    """Give a network, built once."""
    folder = artefact_for(SHARED / source, cache_folder())
    return Roads(load_network(folder), load_path_table(folder))


def drawn_below(network: Network) -> Iterator[Case]:
    """Give the drives made on a network as receivers with dead reckoning tell them."""
    motion, routes = drives_on(network)
    for interval_s in INTERVALS_S:
        fixes, truth = motion.fixes(interval_s, NOISE_M)
        yield Case(interval_s, fixes, truth, between(routes, truth.to_pandas()))


def drawn(network: Network) -> Iterator[Case]:
    """Give the drives made on a network, without the fixes below ground: few receivers have
    such."""
    motion, routes = drives_on(network)
    below = pa.array([network.segment_ids[k] for k in np.flatnonzero(network.layer < 0).tolist()])
    for interval_s in INTERVALS_S:
        fixes, truth = motion.fixes(interval_s, NOISE_M)
        is_seen = pc.invert(pc.is_in(truth["link_id"], below.cast(pa.string())))
        fixes, truth = fixes.filter(is_seen), truth.filter(is_seen)
        yield Case(interval_s, fixes, truth, between(routes, truth.to_pandas()))


def simulated(network: Network) -> Iterator[Case]:
    """Give the taxis of Beijing."""
    given = open_feed(folder_of(BEIJING_SET)).fixes
    true_fixes, routes = truth_of(BEIJING_SET, "fixes"), truth_of(BEIJING_SET, "routes")
    assert given is not None and true_fixes is not None and routes is not None
    motion = motion_of(given, true_fixes, routes, network)
    frame = routes.to_pandas().sort_values(["vehicle_id", "seq"])
    for interval_s in INTERVALS_S:
        fixes, truth = motion.fixes(interval_s, NOISE_M)
        yield Case(interval_s, fixes, truth, between(frame, truth.to_pandas()))


def recorded(_: Network) -> Iterator[Case]:
    """Give the one recorded drive, whose fixes are known by its route alone."""
    given, routes = open_feed(folder_of(RECORDED_SET)).fixes, truth_of(RECORDED_SET, "routes")
    assert given is not None and routes is not None
    for interval_s in INTERVALS_S:
        yield Case(interval_s, given.take(list(range(0, given.num_rows, interval_s))), None, routes)


def between(routes: pd.DataFrame, truth: pd.DataFrame) -> pa.Table:
    """Give routes from each vehicle's first fix to its last: nothing tells what lies beyond."""
    seen = truth.sort_values("event_time").groupby("vehicle_id").link_id.agg(["first", "last"])
    parts = []
    for vehicle, rows in routes.groupby("vehicle_id", sort=True):
        links = rows.link_id.tolist()
        begin = links.index(seen.at[vehicle, "first"])
        end = len(links) - links[::-1].index(seen.at[vehicle, "last"])
        parts.append(rows.iloc[begin:end][["vehicle_id", "link_id"]])
    return pa.Table.from_pandas(pd.concat(parts), preserve_index=False)


def figures(
    matched: pa.Table, driven: pa.Table, case: Case, network: Network, tool: str
) -> dict[str, Any]:
    """Give one matcher's columns."""
    fixes = None if case.truth is None else score_fixes(matched, case.truth, network)
    routes = score_routes(driven, case.routes, network)
    unmatched = matched["segment_id"].null_count / matched.num_rows
    return {
        f"exact, {tool}": round(fixes.exact_share, 4) if fixes else None,
        f"RMF, {tool}": round(routes.mismatch_fraction, 4) if routes else None,
        f"unmatched, {tool}": round(unmatched, 4),
    }


def row_of(name: str, case: Case, roads: Roads, peer: Valhalla | None) -> dict[str, Any]:
    """Match one case with both and give its row."""
    ours = match_recorded(case.fixes, roads.network, roads.paths)
    row = figures(ours.matched, ours.traversals, case, roads.network, "clearway")
    if peer is not None:
        matched, driven, _ = peer.match(case.fixes, NOISE_M)
        row |= figures(matched, driven, case, roads.network, "Valhalla")
    by_figure = sorted(row.items(), key=lambda item: FIGURES.index(item[0].split(",")[0]))
    about = {"network": name, "interval, s": case.interval_s, "fixes": case.fixes.num_rows}
    return about | dict(by_figure)


def main() -> None:
    """Print the table and write benchmarks/results/sparse_fixes.json."""
    if not SHARED.is_dir():
        raise SystemExit(f"no recordings at {SHARED}; set CLEARWAY_SHARED_DATA")
    sources: dict[str, tuple[str, Callable[[Network], Iterator[Case]]]] = {
        name: (source, drawn) for name, source in EXTRACTS.items()
    }
    sources |= {f"{name}, seen in tunnels": (EXTRACTS[name], drawn_below) for name in SEEN_BELOW}
    sources |= {"Beijing": (BEIJING, simulated), "Kubicka, recorded": (RECORDED, recorded)}
    rows: list[dict[str, Any]] = []
    absent: list[str] = []
    for name, (source, cases) in sources.items():
        roads = roads_of(source)
        with tempfile.TemporaryDirectory() as cache:
            peer: Valhalla | None = None
            try:
                peer = Valhalla(roads.network, Path(cache))
            except ImportError as error:
                absent = [f"Valhalla is left out: {error}"]
            for case in cases(roads.network):
                rows.append(row_of(name, case, roads, peer))
                print(rows[-1], flush=True)
    print(*absent, sep="\n")
    data = [SHARED / source for source in (*EXTRACTS.values(), BEIJING, RECORDED)]
    data += [folder_of(name) for name in (BEIJING_SET, RECORDED_SET)]
    write_result("sparse_fixes", QUESTION, rows, data, absent=absent)


if __name__ == "__main__":
    main()
