"""Fixes of one known motion at every interval and noise, for benchmarks/matching.py.

A set's one-second fixes tell where each vehicle was on its true route to within their noise;
smoothed and never backwards, that is taken for the motion. New noise is laid on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from ingest.kernels.arrays import Floats
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

INTERVALS_S = (1, 10, 30)
NOISES_M = (5.0, 10.0, 20.0)
# As in the sets the motion comes from: the error persists over half a minute.
PERSISTENCE_S = 30.0
SMOOTHING_S = 31
SEED = 20


@dataclass(frozen=True)
class Motion:
    """Where vehicles truly were, each second: rows of `frame` with x, y and the true segment."""

    frame: pd.DataFrame
    plane: LocalPlane

    def fixes(self, interval_s: int, noise_m: float) -> tuple[pa.Table, pa.Table]:
        """Give noisy fixes and their truth."""
        random = np.random.default_rng([SEED, interval_s, int(noise_m)])
        parts = []
        for _, rows in self.frame.groupby("vehicle_id", sort=True):
            some = rows.iloc[random.integers(interval_s) :: interval_s]
            error = _markov_error(random, len(some), interval_s, noise_m)
            parts.append(some.assign(x=some.x + error[0], y=some.y + error[1]))
        frame = pd.concat(parts).sort_values(["event_time", "vehicle_id"], kind="stable")
        longitude, latitude = self.plane.to_degrees(frame.x, frame.y)
        fixes = frame[["vehicle_id", "fleet", "event_time", "arrival_time"]].assign(
            longitude=longitude, latitude=latitude, speed_kmh=np.nan, heading_deg=np.nan
        )
        truth = frame[["vehicle_id", "event_time", "link_id"]]
        return (
            pa.Table.from_pandas(fixes, preserve_index=False),
            pa.Table.from_pandas(truth, preserve_index=False),
        )


def motion_of(fixes: pa.Table, truth: pa.Table, routes: pa.Table, network: Network) -> Motion:
    """Give the motion behind a set's one-second fixes, of the same rows in the same order."""
    plane = LocalPlane(network)
    frame = fixes.to_pandas()
    frame["x"], frame["y"] = plane.to_metres(frame.longitude, frame.latitude)
    frame[["link_id", "route_index"]] = truth.select(["link_id", "route_index"]).to_pandas()
    planned = routes.to_pandas().groupby("vehicle_id")
    parts = []
    for vehicle, rows in frame.groupby("vehicle_id", sort=True):
        links = planned.get_group(vehicle).sort_values("seq").link_id.tolist()
        parts.append(_along(rows, [network.index_of(link) for link in links], network))
    return Motion(pd.concat(parts), plane)


def grid(motion: Motion) -> Iterator[tuple[int, float, pa.Table, pa.Table]]:
    """Give interval, noise, fixes and truth of every case."""
    for interval_s in INTERVALS_S:
        for noise_m in NOISES_M:
            yield interval_s, noise_m, *motion.fixes(interval_s, noise_m)


def _along(rows: pd.DataFrame, route: list[int | None], network: Network) -> pd.DataFrame:
    """Put one vehicle's rows on its route: nearest offset of the true segment, smoothed."""
    index = rows.route_index.to_numpy()
    lengths = np.array([0.0 if s is None else network.length_m[s] for s in route])
    start = np.concatenate([[0.0], np.cumsum(lengths)])
    points = rows[["x", "y"]].to_numpy()
    reached = np.array(
        [
            start[k] + (0.0 if route[k] is None else _offset(network, route[k], *place))
            for k, place in zip(index, points, strict=True)
        ]
    )
    smooth = pd.Series(reached).rolling(SMOOTHING_S, center=True, min_periods=1).mean()
    driven = np.maximum.accumulate(smooth.to_numpy())
    driven = np.clip(driven, start[index], start[index + 1])
    places = np.array(
        [
            (x, y) if route[k] is None else _place(network, route[k], metres - start[k])
            for k, metres, (x, y) in zip(index, driven, points, strict=True)
        ]
    )
    return rows.assign(x=places[:, 0], y=places[:, 1])


def _line(network: Network, segment: int) -> tuple[Floats, Floats, Floats]:
    low, high = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
    return (
        network.vertex_x[low:high], network.vertex_y[low:high], network.vertex_distance_m[low:high]
    )  # fmt: skip


def _offset(network: Network, segment: int, x: float, y: float) -> float:
    xs, ys, metres = _line(network, segment)
    dx, dy = np.diff(xs), np.diff(ys)
    share = ((x - xs[:-1]) * dx + (y - ys[:-1]) * dy) / (dx * dx + dy * dy)
    share = np.clip(share, 0.0, 1.0)
    apart = np.hypot(x - xs[:-1] - share * dx, y - ys[:-1] - share * dy)
    best = int(np.argmin(apart))
    return float(metres[best] + share[best] * (metres[best + 1] - metres[best]))


def _place(network: Network, segment: int, offset: float) -> tuple[float, float]:
    xs, ys, metres = _line(network, segment)
    return float(np.interp(offset, metres, xs)), float(np.interp(offset, metres, ys))


def _markov_error(random: np.random.Generator, count: int, step_s: float, sigma_m: float) -> Floats:
    """Give a first-order Markov error on both axes (2 x count), metres."""
    rho = np.exp(-step_s / PERSISTENCE_S)
    fresh = random.normal(0.0, sigma_m * np.sqrt(1.0 - rho * rho), (2, count))
    fresh[:, 0] = random.normal(0.0, sigma_m, 2)
    error = np.empty_like(fresh)
    error[:, 0] = fresh[:, 0]
    for n in range(1, count):
        error[:, n] = rho * error[:, n - 1] + fresh[:, n]
    return error
