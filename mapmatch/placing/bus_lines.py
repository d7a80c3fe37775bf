"""Bus lines put on the segments they drive, by matching points along them like a bus's fixes."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.frames import FIXES
from ingest.kernels.arrays import Floats
from ingest.recorded.bus_lines import BusLine
from ingest.units import KMH
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network
from mapmatch.paths import PathTable
from mapmatch.projection import LocalPlane
from mapmatch.records import BusLinePlacement, MatchOutput

STEP_M = 15.0
"""Between two points along a line. Unit: m. Source: chosen, the shortest piece of road that shows
which way a line turns."""
_SPEED_MPS = 5.0
"""Speed at which the points are passed. Unit: m/s. Source: chosen; a bus."""
# Lines are drawn a few metres off other maps, and stay so for a while. Every point makes a layer.
_SETTINGS = MatcherSettings(lag=50, sigma_m=5.0, layer_s=0.1)
_LEAST_M, _LEAST_SHARE = STEP_M, 0.5
"""A line drives a segment on which it has so many metres, or that share of its length. Unit: m and
share. Source: chosen; a line that ends at a junction touches segments that it does not drive."""
_DOUBTFUL = 0.8
"""A line with less of its length placed is named as doubtful. Unit: share. Source: chosen."""


def place_bus_lines(
    network: Network, lines: Sequence[BusLine], paths: PathTable | None = None
) -> BusLinePlacement | None:
    """Give which segments bus lines drive, None where there are no lines.

    Needs no ids: a point every 15 m is matched as the fix of a bus driving 18 km/h along the line.
    """
    if not lines:
        return None
    matcher = OnlineMatcher(network, paths, _SETTINGS)
    plane = LocalPlane(network)
    owners: list[npt.NDArray[np.int64]] = []
    weights: list[Floats] = []
    outputs: list[MatchOutput] = []
    count = 0
    for number, line in enumerate(lines):
        for part, positions in enumerate(line.parts):
            x, y, heading_deg, weight = _points(plane, np.array(positions, np.float64))
            outputs.append(
                matcher.match(
                    _batch(plane, f"{number}/{part}", x, y, heading_deg, count), float("-inf")
                )
            )
            owners.append(np.full(len(x), number))
            weights.append(weight)
            count += len(x)
    outputs.append(matcher.finish())
    return _placed(network, lines, np.concatenate(owners), np.concatenate(weights), outputs)


def _points(plane: LocalPlane, positions: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Give x, y and heading of points along a part of a line, and the metres each stands for."""
    xs, ys = plane.to_metres(positions[:, 0], positions[:, 1])
    length = np.hypot(np.diff(xs), np.diff(ys))
    stays = np.concatenate(([True], length > 0.0))
    xs, ys, length = xs[stays], ys[stays], length[length > 0.0]
    at = np.concatenate(([0.0], np.cumsum(length)))
    along = np.linspace(0.0, at[-1], int(np.ceil(at[-1] / STEP_M)) + 1)
    piece = np.clip(np.searchsorted(at, along, side="right") - 1, 0, len(length) - 1)
    heading_deg = np.degrees(np.arctan2(np.diff(xs), np.diff(ys)))[piece] % 360.0
    weight = np.full(len(along), along[1])
    weight[[0, -1]] *= 0.5
    return np.interp(along, at, xs), np.interp(along, at, ys), heading_deg, weight


def _batch(
    plane: LocalPlane, name: str, x: Floats, y: Floats, heading_deg: Floats, first_row: int
) -> pa.RecordBatch:
    longitude, latitude = plane.to_degrees(x, y)
    count = len(x)
    millis = np.arange(count, dtype=np.int64) * round(1000 * STEP_M / _SPEED_MPS)
    columns = {
        "vehicle_id": [name] * count,
        "fleet": ["bus"] * count,
        "event_time": millis,
        "arrival_time": millis,
        "longitude": longitude,
        "latitude": latitude,
        "speed_kmh": np.full(count, KMH * _SPEED_MPS),
        "heading_deg": heading_deg,
    }
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in FIXES]
    rows = pa.array(np.arange(first_row, first_row + count))
    return pa.RecordBatch.from_arrays(
        [*arrays, rows], schema=FIXES.append(pa.field("row", pa.int64()))
    )


def _placed(
    network: Network,
    lines: Sequence[BusLine],
    owner: npt.NDArray[np.int64],
    weight: Floats,
    outputs: Iterable[MatchOutput],
) -> BusLinePlacement:
    driven_m = np.zeros(network.segment_count)
    by_line: dict[str, Floats] = {line.line: np.zeros(network.segment_count) for line in lines}
    is_placed = np.zeros(len(owner), bool)
    for output in outputs:
        matched, progress = output.matched, output.progress
        rows = matched.column("row").to_numpy()
        is_placed[rows] = matched.column("segment_id").is_valid().to_numpy(zero_copy_only=False)
        segment, left_m, entered_m = (
            progress.column(name).to_numpy()
            for name in ("segment", "exit_offset_m", "enter_offset_m")
        )
        np.add.at(driven_m, segment, left_m - entered_m)
        numbers = [int(name.partition("/")[0]) for name in progress["vehicle_id"].to_pylist()]
        for number in sorted(set(numbers)):
            of = np.flatnonzero(np.array(numbers) == number)
            np.add.at(by_line[lines[number].line], segment[of], (left_m - entered_m)[of])
    length_m = np.bincount(owner, weight, minlength=len(lines))
    placed_m = np.bincount(owner, weight * is_placed, minlength=len(lines))
    is_doubtful = placed_m < _DOUBTFUL * length_m
    least_m = np.minimum(_LEAST_M, _LEAST_SHARE * network.length_m)
    return BusLinePlacement(
        is_on_line=driven_m >= least_m,
        names=tuple(dict.fromkeys(line.line for line in lines)),
        placed_share=float(placed_m.sum() / length_m.sum()),
        doubtful=tuple(
            dict.fromkeys(
                line.line for line, doubt in zip(lines, is_doubtful, strict=True) if doubt
            )
        ),
        driven={
            name: frozenset(np.flatnonzero(metres >= least_m).tolist())
            for name, metres in by_line.items()
        },
    )
