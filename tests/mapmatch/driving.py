"""Vehicles driven over drawn networks, and what must hold of whatever the matcher answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from ingest.frames import FIXES
from mapmatch.answers import joined
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network
from mapmatch.paths import PathTable, build_path_table
from mapmatch.projection import LocalPlane
from mapmatch.records import BusLinePlacement, MatchOutput
from tests.drawing import Drawing

START = 1_790_000_000.0
NAN = float("nan")


@dataclass(frozen=True)
class Fix:
    """One fix in local metres; time in seconds after START."""

    time: float
    x: float
    y: float
    speed_kmh: float = NAN
    heading_deg: float = NAN


def drive(
    drawing: Drawing,
    nodes: str,
    *,
    speed_kmh: float = 36.0,
    every_s: float = 5.0,
    start: float = 0.0,
    shift_m: tuple[float, float] = (0.0, 0.0),
    noise_m: float = 0.0,
    has_heading: bool = False,
) -> list[Fix]:
    """Give the fixes of a vehicle driven from node to node at one speed."""
    network = drawing.network
    at = [drawing.node(letter) for letter in nodes]
    xs, ys = network.node_x[at], network.node_y[at]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))])
    metres = np.arange(0.0, along[-1], speed_kmh / 3.6 * every_s)
    noise = np.random.default_rng(7).normal(0.0, 1.0, (2, len(metres))) * noise_m
    x = np.interp(metres, along, xs) + shift_m[0] + noise[0]
    y = np.interp(metres, along, ys) + shift_m[1] + noise[1]
    leg = np.minimum(np.searchsorted(along, metres, side="right") - 1, len(at) - 2)
    heading = np.degrees(np.arctan2(np.diff(xs)[leg], np.diff(ys)[leg])) % 360
    return [
        Fix(
            start + k * every_s, x[k], y[k],
            speed_kmh if has_heading else NAN, heading[k] if has_heading else NAN,
        )
        for k in range(len(metres))
    ]  # fmt: skip


def stand(place: tuple[float, float], count: int, every_s: float, start: float = 0.0,
          noise_m: float = 0.0) -> list[Fix]:  # fmt: skip
    """Give the fixes of a vehicle that stands."""
    noise = np.random.default_rng(11).normal(0.0, 1.0, (count, 2)) * noise_m
    return [
        Fix(start + k * every_s, place[0] + noise[k, 0], place[1] + noise[k, 1])
        for k in range(count)
    ]


def batch_of(
    network: Network, fixes: Sequence[Fix], vehicle: str = "v", fleet: str = "taxi"
) -> pa.RecordBatch:
    """Give fixes as a batch with their number as `row`."""
    longitude, latitude = LocalPlane(network).to_degrees(
        np.array([f.x for f in fixes], float), np.array([f.y for f in fixes], float)
    )
    return degrees_batch(fixes, longitude, latitude, vehicle, fleet)


def degrees_batch(
    fixes: Sequence[Fix], longitude: Iterable[float], latitude: Iterable[float],
    vehicle: str = "v", fleet: str = "taxi",
) -> pa.RecordBatch:  # fmt: skip
    """Give a batch at positions in degrees, whatever the fixes' metres say."""
    millis = pa.array([round((START + f.time) * 1000) for f in fixes], pa.int64())
    times = millis.cast(FIXES.field("event_time").type)
    columns = [
        pa.array([vehicle] * len(fixes), pa.string()),
        pa.array([fleet] * len(fixes), pa.string()),
        times,
        times,
        pa.array(list(longitude), pa.float64()),
        pa.array(list(latitude), pa.float64()),
        pa.array([f.speed_kmh for f in fixes], pa.float32()),
        pa.array([f.heading_deg for f in fixes], pa.float32()),
        pa.array(range(len(fixes)), pa.int64()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FIXES.append(pa.field("row", pa.int64())))


def new_matcher(
    drawing: Drawing,
    settings: MatcherSettings | None = None,
    bus_lines: BusLinePlacement | None = None,
) -> OnlineMatcher:
    """Give a matcher of a drawn network."""
    return OnlineMatcher(drawing.network, paths_of(drawing), settings, bus_lines)


def paths_of(drawing: Drawing) -> PathTable:
    """Give a small path table."""
    return build_path_table(drawing.network, limit_bytes=8_000_000)


@dataclass(frozen=True)
class Answer:
    """What the matcher gave for one vehicle's fixes; `segments` by the order of the fixes."""

    output: MatchOutput
    segments: list[str | None]
    reasons: list[str | None]
    route: list[str]  # traversals in order

    @property
    def breaks(self) -> list[str]:
        """Reasons of the breaks, in order."""
        return self.output.breaks["reason"].to_pylist()


def answer(
    drawing: Drawing,
    fixes: Sequence[Fix],
    *,
    fleet: str = "taxi",
    settings: MatcherSettings | None = None,
    bus_lines: BusLinePlacement | None = None,
) -> Answer:
    """Match one vehicle's fixes one by one, check what always holds, and give the answers."""
    matcher = new_matcher(drawing, settings, bus_lines)
    batch = batch_of(drawing.network, fixes, fleet=fleet)
    parts = [matcher.match(batch.slice(k, 1), START + fixes[k].time) for k in range(len(fixes))]
    output = joined([*parts, matcher.finish()])
    assert_sound(drawing.network, output, len(fixes))
    return answer_of(output)


def answer_of(output: MatchOutput) -> Answer:
    """Give the answers of one vehicle's output."""
    matched = output.matched.to_pandas().sort_values("row")
    none = matched.astype(object).where(matched.notna(), None)
    route = output.traversals["segment_id"].to_pylist()
    return Answer(output, none.segment_id.tolist(), none.reason.tolist(), route)


def assert_sound(network: Network, output: MatchOutput, fix_count: int) -> None:
    """Assert what holds of any input: each fix answered once and in time order, and the records.

    Traversals follow permitted movements in rising time and no segment is doubled; progress
    follows itself without overlap; both have holes at breaks only.
    """
    matched = output.matched.to_pandas()
    assert sorted(matched.row.tolist()) == list(range(fix_count))
    in_time = matched[matched.reason != "out_of_order"]
    for _, rows in in_time.groupby("vehicle_id"):
        assert rows.event_time.is_monotonic_increasing
    breaks = output.breaks.to_pandas()
    for vehicle, rows in output.traversals.to_pandas().groupby("vehicle_id"):
        assert (rows.exit_time >= rows.enter_time).all()
        lost = breaks[breaks.vehicle_id == vehicle].event_time
        assert_contiguous(network, rows, lost)
    for vehicle, rows in output.progress.to_pandas().groupby("vehicle_id"):
        lost = breaks[breaks.vehicle_id == vehicle].event_time
        assert (rows.exit_time >= rows.enter_time - 1e-9).all()
        assert (rows.exit_offset_m >= rows.enter_offset_m - 1e-3).all()
        hole = rows.enter_time.to_numpy()[1:] - rows.exit_time.to_numpy()[:-1]
        assert (hole > -1e-6).all()
        lost_s = np.array([time.timestamp() for time in lost])
        for k in np.flatnonzero(hole > 1e-6):
            left, entered = rows.exit_time.iloc[k], rows.enter_time.iloc[k + 1]
            assert ((lost_s > left - 1e-3) & (lost_s < entered + 1e-3)).any()


def assert_contiguous(network: Network, rows: pd.DataFrame, lost: pd.Series) -> None:
    """Assert that one vehicle's traversals follow each other along permitted movements."""
    for before, after in zip(rows.iloc[:-1].itertuples(), rows.iloc[1:].itertuples(), strict=True):
        if ((lost >= before.exit_time) & (lost <= after.enter_time)).any():
            continue
        assert after.enter_time == before.exit_time, (before, after)
        left, entered = network.index_of(before.segment_id), network.index_of(after.segment_id)
        assert left is not None
        low, high = network.successor_offsets[left : left + 2]
        assert entered in network.successors[low:high], (before.segment_id, after.segment_id)
