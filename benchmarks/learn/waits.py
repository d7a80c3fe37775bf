"""Fits where vehicles wait between two fixes, and says how far the fit and today's values err.

A pair is two fixes of one vehicle in the truth, one after the other, with one to seven nodes passed
between and a speed in both. Its nodes' times are shared out as `mapmatch/kernels/waits.py` says;
the fit is the constants whose absolute error of these times, summed over all nodes, is least. Only
the weights' ratios matter, so that of a node with a signal is 1. Each recording is left out in
turn: the errors beside one another are of today's constants, of those fitted to the others, and of
time shared by free speed alone. Writes `benchmarks/results/waits.json` and no file of the product:
the constants stand in the kernel, and are changed there by hand where a fit says so.
"""

from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.recordings import network_of, recordings
from benchmarks.result import write_result
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.units import KMH
from mapmatch.kernels import waits
from mapmatch.network import Network

MOST_NODES = 7
# Steps by which one constant at a time is made larger and smaller, until none errs less.
STEPS = (1.5, 1.2, 1.1, 1.05, 1.02, 1.01)


class Waits(NamedTuple):
    """The constants of mapmatch.kernels.waits that are fitted, by the same names."""

    LEAVING: float
    LEAVING_MPS: float
    COMING: float
    COMING_MPS: float
    AT_NODE_S: float
    NODE: float
    WAY: float
    PACE: float


TODAY = Waits(*(getattr(waits, name) for name in Waits._fields))
# The fit begins where nothing is known: every place weighs as a signal does, nobody is slow.
PLAIN = Waits(1.0, 3.0, 1.0, 3.0, 1.0, 1.0, 0.1, 1.0)
# Equally slow all the way: whatever time there is is driving.
EVENLY = PLAIN._replace(PACE=1e9)


@dataclass
class Pairs:
    """p pairs of fixes with up to MOST_NODES nodes between; a piece is what lies between two."""

    seconds: Floats  # p, from fix to fix
    leaving_mps: Floats  # p
    coming_mps: Floats  # p
    piece_s: Floats  # p x (MOST_NODES + 1), at free speed; 0 after the last
    last: Int64s  # p, the number of the last piece, which is that of nodes
    has_signal: Flags  # p x MOST_NODES
    passed_s: Floats  # p x MOST_NODES, after the first fix; NaN where there is no node

    def __len__(self) -> int:
        return len(self.seconds)


def pairs_of(feed: Path) -> Pairs:
    """Give the pairs of a recording."""
    network = network_of(feed)
    index = pd.Series(np.arange(network.segment_count), network.segment_ids)
    fixes = pq.read_table(feed / "truth" / "fixes.parquet").to_pandas()
    speeds = pq.read_table(feed / "gps.parquet", columns=["vehicle_id", "event_time", "speed_kmh"])
    fixes = fixes.merge(speeds.to_pandas(), on=["vehicle_id", "event_time"])
    fixes["segment"] = fixes.link_id.map(index)
    routes = pq.read_table(feed / "truth" / "routes.parquet").to_pandas()
    routes["segment"] = routes.link_id.map(index)
    driven = dict(list(routes.groupby("vehicle_id")))
    rows: list[tuple[Any, ...]] = []
    for vehicle, own in fixes.sort_values("event_time").groupby("vehicle_id"):
        if vehicle in driven:
            rows += _of_vehicle(network, own, driven[vehicle])
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Pairs(*columns)


def _of_vehicle(
    network: Network, fixes: pd.DataFrame, driven: pd.DataFrame
) -> list[tuple[Any, ...]]:
    """Give the pairs of one vehicle; those that its route does not explain are left out.

    A fix inside a junction is where the segment begins that the vehicle drives to.
    """
    time, left = _seconds(fixes.event_time), _seconds(driven.exit_time)
    route = driven.segment.to_numpy()
    segment, speed = fixes.segment.to_numpy(), fixes.speed_kmh.to_numpy(float) / KMH
    in_junction = np.isnan(segment)
    offset = np.where(in_junction, 0.0, fixes.offset_m.to_numpy(float))
    rows = []
    for k in range(len(fixes) - 1):
        first, stop = np.searchsorted(left, time[k : k + 2], side="right")
        nodes = stop - first
        if not 1 <= nodes <= MOST_NODES or np.isnan(speed[k : k + 2]).any() or stop >= len(route):
            continue
        is_known = in_junction[k : k + 2] | (segment[k : k + 2] == route[[first, stop]])
        if not is_known.all():
            continue
        way = route[first : stop + 1].astype(int)
        metres = network.length_m[way].copy()
        metres[-1] = offset[k + 1]
        metres[0] -= offset[k]
        piece_s = np.zeros(MOST_NODES + 1)
        piece_s[: nodes + 1] = np.maximum(metres, 0.0) / network.free_speed_mps[way]
        has_signal = np.zeros(MOST_NODES, bool)
        has_signal[:nodes] = network.node_has_signal[network.to_node[way[:-1]]]
        passed_s = np.full(MOST_NODES, np.nan)
        passed_s[:nodes] = left[first:stop] - time[k]
        rows.append(
            (time[k + 1] - time[k], speed[k], speed[k + 1], piece_s, nodes, has_signal, passed_s)
        )
    return rows


def _seconds(times: pd.Series) -> Floats:
    return times.dt.tz_localize(None).to_numpy("datetime64[ms]").astype(np.float64) / 1000.0


def joined(parts: list[Pairs]) -> Pairs:
    """Give the pairs of several recordings as one."""
    names = Pairs.__dataclass_fields__
    return Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@numba.njit(nogil=True)
def _error(
    seconds: Floats,
    leaving_mps: Floats,
    coming_mps: Floats,
    piece_s: Floats,
    last: Int64s,
    has_signal: Flags,
    passed_s: Floats,
    by: Waits,
) -> float:
    """Give the mean absolute error of the nodes' times, s; see Pairs for shapes and units."""
    total, nodes = 0.0, 0
    weight = np.zeros(MOST_NODES + 1)
    for p in range(len(seconds)):
        stop, free_s = last[p], 0.0
        for k in range(stop + 1):
            free_s += piece_s[p, k]
            weight[k] = by.WAY * piece_s[p, k]
            if k < stop:
                weight[k] += 1.0 if has_signal[p, k] else by.NODE
        leaving = by.LEAVING * exp(-leaving_mps[p] / by.LEAVING_MPS)
        weight[0] += leaving * min(1.0, piece_s[p, 0] / by.AT_NODE_S)
        coming = by.COMING * exp(-coming_mps[p] / by.COMING_MPS)
        weight[stop] += coming * min(1.0, piece_s[p, stop] / by.AT_NODE_S)
        driving = min(seconds[p], by.PACE * free_s)
        waiting, weights = seconds[p] - driving, weight[: stop + 1].sum()
        time = 0.0
        for k in range(stop):
            time += driving * piece_s[p, k] / max(free_s, 1e-9) + waiting * weight[k] / weights
            total += abs(time - passed_s[p, k])
            nodes += 1
    return total / nodes


def error_of(pairs: Pairs, by: Waits) -> float:
    """Give the mean absolute error of the nodes' times by some constants, s."""
    return float(_error(*(getattr(pairs, name) for name in Pairs.__dataclass_fields__), by))


def fit(pairs: Pairs) -> Waits:
    """Give the constants that err least: each in turn a step up or down while that errs less."""
    best, least = PLAIN, error_of(pairs, PLAIN)
    for step in STEPS:
        is_better = True
        while is_better:
            is_better = False
            for name in Waits._fields:
                for factor in (step, 1.0 / step):
                    tried = best._replace(**{name: getattr(best, name) * factor})
                    error = error_of(pairs, tried)
                    if error < least - 1e-7:
                        best, least, is_better = tried, error, True
    return best


def row_of(name: str, fitted: Waits, pairs: Pairs) -> dict[str, Any]:
    """Give what constants err on a recording's pairs, beside today's and none."""
    return {
        "left_out": name,
        "pairs": len(pairs),
        "nodes": int(pairs.last.sum()),
        "error_evenly_s": round(error_of(pairs, EVENLY), 3),
        "error_today_s": round(error_of(pairs, TODAY), 3),
        "error_fitted_s": round(error_of(pairs, fitted), 3),
        **{name.lower(): round(value, 3) for name, value in fitted._asdict().items()},
    }


def main() -> None:
    """Fit to all recordings but one in turn, then to all."""
    feeds = recordings()
    of_feed = {feed.name: pairs_of(feed) for feed in feeds}
    rows = []
    for name, pairs in of_feed.items():
        others = [other for key, other in of_feed.items() if key != name]
        rows.append(row_of(name, fit(joined(others)), pairs))
        print(rows[-1], flush=True)
    every = joined(list(of_feed.values()))
    rows.append(row_of("none", fit(every), every))
    print(rows[-1])
    write_result(
        "waits",
        "How far off is the time at which a vehicle passed a node between two fixes, by today's "
        "constants and by those fitted to the other recordings?",
        rows,
        [feed / "truth" / name for feed in feeds for name in ("fixes.parquet", "routes.parquet")],
        today={name.lower(): value for name, value in TODAY._asdict().items()},
    )


if __name__ == "__main__":
    main()
