"""How well and how fast are fixes put on roads, beside the peers and for each lag?

Runs the whole matcher (frames in, batches out) over every set with truth and scores it by the
published rule; the lag from none to full Viterbi; a fleet of 10,888 interleaved vehicles; and
fastmm, Leuven and Valhalla, where they are installed, on the same network and fixes. Speeds are
fixes a second of processor time of one core, so that other programs on the machine do not count.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.matching_grid import grid, motion_of
from benchmarks.peers.matchers import Peer, peers_on
from benchmarks.recordings import SHARED
from benchmarks.result import write_result
from incidents.scoring.matching import score_fixes, score_routes
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from mapmatch.kernels.online import step
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network, load_network
from mapmatch.paths import PathTable, load_path_table
from mapmatch.recorded import CleanRecording, MatchedRecording, answered, cleaned, matched_frames
from mapmatch.records import MatchOutput
from streams.cli.options import cache_folder

SETS = {
    "beijing": ("bj_a10_1s", "bj_a10_10s", "bj_a10_30s", "bj_a20_10s", "bj_s10_10s"),
    "kubicka0": ("kubicka0_1s", "kubicka0_10s", "kubicka0_30s"),
    "shanghai-core": (
        "shanghai-core-quiet", "shanghai-core-incidents",
        "shanghai-core-second", "shanghai-core-heavy",
    ),
}  # fmt: skip
# Where the peers, which know no bans of turns, are set beside ours.
PEER_SETS = {"beijing": SETS["beijing"], "shanghai-core": ("shanghai-core-quiet",)}
GRID_NETWORK, GRID_SET, FLEET_SET = "beijing", "bj_a10_1s", "bj_a10_10s"
PATIENCE_S = 3600.0
LAG_SETS = ("bj_a10_10s", "bj_a10_30s")
LAGS: dict[int | str, int] = {0: 0, 1: 1, 5: 5, 10: 10, 30: 30, "all": 50}
FLEET, TRACE_S, FRAME_ROWS = 10_888, 1200.0, 5_000


@dataclass(frozen=True)
class Case:
    """Fixes of a set's vehicles: of which set, how noisy, and what the table says of them."""

    name: str
    noise_m: float
    columns: dict[str, Any]


@dataclass(frozen=True)
class Roads:
    """A network and its path table."""

    network: Network
    paths: PathTable

    def run(
        self, clean: CleanRecording, settings: MatcherSettings | None = None
    ) -> tuple[list[MatchOutput], float]:
        """Match a recording's frames; give what was settled and the seconds it took."""
        matcher = OnlineMatcher(self.network, self.paths, settings)
        matcher.warm_up()
        began = time.process_time()
        outputs = list(matched_frames(matcher, clean.frames))
        return outputs, time.process_time() - began


def roads_of(name: str) -> Roads:
    """Give a network of the large recordings, built once."""
    folder = artefact_for(SHARED / "networks" / name, cache_folder())
    return Roads(load_network(folder), load_path_table(folder))


def folder_of(name: str) -> Path:
    """Give a set's folder."""
    place = SHARED / "matching" / name
    return place if place.is_dir() else SHARED / "feeds" / name


def truth_of(name: str, what: str) -> pa.Table | None:
    """Give a set's true `fixes` or `routes`, None where it has none."""
    path = folder_of(name) / "truth" / f"{what}.parquet"
    return pq.read_table(path) if path.is_file() else None


def figures_of(
    matched: pa.Table, routes: pa.Table, true_fixes: pa.Table | None, name: str, network: Network
) -> dict[str, Any]:
    """Score against some true fixes and the true routes of a set."""
    true_routes = truth_of(name, "routes")
    assert true_routes is not None
    fixes = None if true_fixes is None else score_fixes(matched, true_fixes, network)
    route = score_routes(routes, true_routes, network)
    unmatched = matched["segment_id"].null_count / matched.num_rows
    return {
        "exact": round(fixes.exact_share, 4) if fixes else None,
        "RMF": round(route.mismatch_fraction, 4) if route else None,
        "unmatched": round(unmatched, 4),
    }


def measure(name: str, roads: Roads, settings: MatcherSettings | None = None) -> dict[str, Any]:
    """Match one set and give its row."""
    fixes = open_feed(folder_of(name)).fixes
    assert fixes is not None
    clean = cleaned(fixes, roads.network)
    outputs, seconds = roads.run(clean, settings)
    result: MatchedRecording = answered(fixes, clean, outputs)
    true_fixes = truth_of(name, "fixes")
    figures = figures_of(result.matched, result.traversals, true_fixes, name, roads.network)
    return {"set": name, **figures, "fixes/s": round(fixes.num_rows / seconds)}


def lag_row(lag: int | str, roads: Roads) -> dict[str, Any]:
    """Give exact share and RMF of the Beijing sets for one lag."""
    depth = LAGS[lag]
    row: dict[str, Any] = {"lag, fixes": lag}
    for name in LAG_SETS:
        found = measure(name, roads, MatcherSettings(lag=depth, settle_after_s=PATIENCE_S))
        row |= {f"{name} exact": found["exact"], f"{name} RMF": found["RMF"]}
    return row


def fleet(fixes: pa.Table, first: float, last: float) -> Iterator[tuple[pa.RecordBatch, float]]:
    """Give frames of many vehicles' fixes in time order, with event time, from first to last.

    Each of a set's vehicles drives again and again under other ids, each time begun at another
    moment of the span, so that at no moment two of them are at one place of the network.
    """
    vehicles = pc.count_distinct(fixes["vehicle_id"]).as_py()
    kind = fixes.schema.field("event_time").type
    place = fixes.schema.get_field_index("event_time")
    times = fixes["event_time"].cast(pa.int64()).to_numpy()
    copies = []
    for copy in range(-(-FLEET // vehicles)):
        moved = times + int(1000 * TRACE_S * ((copy * 0.618034) % 1.0))
        is_asked = pa.array((moved >= 1000 * first) & (moved < 1000 * last))
        ids = pc.binary_join_element_wise(fixes["vehicle_id"], str(copy), "/")
        moment = pa.array(moved).cast(pa.timestamp("ms")).cast(kind)
        one = fixes.set_column(0, "vehicle_id", ids).set_column(place, "event_time", moment)
        copies.append(one.filter(is_asked))
    rows = pa.concat_tables(copies)
    rows = rows.take(pc.sort_indices(rows["event_time"])).combine_chunks()
    for batch in rows.to_batches(max_chunksize=FRAME_ROWS):
        yield batch, batch["event_time"][-1].value / 1000.0


def fleet_speed(name: str, roads: Roads) -> dict[str, Any]:
    """Time the matcher while the whole fleet drives: its kernel alone, and the whole object."""
    fixes = open_feed(folder_of(name)).fixes
    assert fixes is not None
    start = fixes["event_time"].cast(pa.int64()).to_numpy().min() / 1000.0
    spent = {"kernel": 0.0, "whole": 0.0}

    def timed(*arguments: Any) -> Any:
        began = time.process_time()
        given = step(*arguments)
        spent["kernel"] += time.process_time() - began
        return given

    matcher = OnlineMatcher(roads.network, roads.paths, kernel=timed)
    matcher.warm_up()
    count = most = 0
    # Nearly all are under way in the middle of the span; before it the matcher gets warm.
    for batch, now in fleet(fixes, start + 0.85 * TRACE_S, start + 1.1 * TRACE_S):
        if now < start + 0.95 * TRACE_S:
            matcher.match(batch, now)
            spent["kernel"] = 0.0
            continue
        began = time.process_time()
        matcher.match(batch, now)
        spent["whole"] += time.process_time() - began
        count += batch.num_rows
        most = max(most, matcher.vehicle_count)
    return {
        "set": name,
        "vehicles": most,
        "fixes timed": count,
        "kernel fixes/s": round(count / spent["kernel"]),
        "whole fixes/s": round(count / spent["whole"]),
    }


def beside(
    roads: Roads, peers: dict[str, Peer], fixes: pa.Table, truth: pa.Table | None, case: Case
) -> Iterator[dict[str, Any]]:
    """Give a row of ours and one of each peer on the same fixes."""
    clean = cleaned(fixes, roads.network)
    outputs, ours = roads.run(clean)
    result = answered(fixes, clean, outputs)
    found = {"clearway": (result.matched, result.traversals, ours)}
    for tool, peer in peers.items():
        if peer.fix_limit is None or fixes.num_rows <= peer.fix_limit:
            found[tool] = peer.match(fixes, case.noise_m)
    for tool, (matched, routes, spent) in found.items():
        row = {
            "tool": tool,
            **case.columns,
            **figures_of(matched, routes, truth, case.name, roads.network),
            "fixes/s": round(fixes.num_rows / spent),
            "ours, times faster": round(spent / ours, 1),
        }
        print(row, flush=True)
        yield row


def set_rows(
    roads: Roads, peers: dict[str, Peer], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Give rows of each set, the peers beside ours, all given the fixes in time order."""
    for name in names:
        fixes = open_feed(folder_of(name)).fixes
        assert fixes is not None
        fixes = fixes.take(pc.sort_indices(fixes["event_time"]))
        case = Case(name, 20.0 if "20" in name else 10.0, {"set": name})
        yield from beside(roads, peers, fixes, truth_of(name, "fixes"), case)


def grid_rows(roads: Roads, peers: dict[str, Peer]) -> Iterator[dict[str, Any]]:
    """Give rows for each interval and noise laid on the Beijing motion, the peers beside ours."""
    given = open_feed(folder_of(GRID_SET)).fixes
    true_fixes, true_routes = truth_of(GRID_SET, "fixes"), truth_of(GRID_SET, "routes")
    assert given is not None and true_fixes is not None and true_routes is not None
    motion = motion_of(given, true_fixes, true_routes, roads.network)
    for interval_s, noise_m, fixes, truth in grid(motion):
        columns = {"interval, s": interval_s, "noise, m": noise_m}
        yield from beside(roads, peers, fixes, truth, Case(GRID_SET, noise_m, columns))


def main() -> None:
    """Print the tables and write benchmarks/results/matching.json."""
    if not SHARED.is_dir():
        raise SystemExit(f"no recordings at {SHARED}; set CLEARWAY_SHARED_DATA")
    pa.set_cpu_count(1)
    rows, lags, speeds, tables = [], [], [], {}
    others: list[dict[str, Any]] = []
    cases: list[dict[str, Any]] = []
    absent: list[str] = []
    for network, names in SETS.items():
        roads = roads_of(network)
        tables[network] = roads.paths.line()
        for name in names:
            rows.append(measure(name, roads))
            print(rows[-1], flush=True)
        if network == GRID_NETWORK:
            lags = [lag_row(lag, roads) for lag in LAGS]
            print(*lags, sep="\n")
            speeds = [fleet_speed(FLEET_SET, roads)]
            print(*speeds)
        if network in PEER_SETS:
            with tempfile.TemporaryDirectory() as cache:
                peers, absent = peers_on(roads.network, Path(cache))
                others += set_rows(roads, peers, PEER_SETS[network])
                cases += grid_rows(roads, peers) if network == GRID_NETWORK else []
    for row in others:
        if row["tool"] == "fastmm" and row["set"] == FLEET_SET:
            speeds[0]["kernel, times fastmm"] = round(
                speeds[0]["kernel fixes/s"] / row["fixes/s"], 1
            )
    write_result(
        "matching",
        "Share of fixes on the exact directed segment, route mismatch fraction (Newson and Krumm "
        "2009), share unmatched, and fixes a second of one core, whole matcher.",
        rows,
        data=[folder_of(name) for names in SETS.values() for name in names],
        lags=lags,
        fleet=speeds,
        peers=others,
        peers_absent=absent,
        grid=cases,
        path_tables=tables,
    )


if __name__ == "__main__":
    main()
