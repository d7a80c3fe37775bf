"""How fast are the kernels of the states, and what does a city of a million segments need?

The network is a recorded city's, laid side by side until it has as many segments as asked; its
minutes are made up with a seed. Times are CPU of one core, what the system does for it included,
and of the clock, which on a busy machine is more; memory is the process's peak.
"""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.learn.feature_reader import FeatureReader, Read
from benchmarks.recordings import SHARED, recordings, run
from benchmarks.result import write_result
from congestion.kernels.probes import PROBE_FIELDS, sum_probes
from congestion.profile.usual_speed import UsualSpeeds
from congestion.profile.week import DAY_TYPES, SLOTS, Week
from congestion.queues.find import find_queues
from congestion.queues.history import QueueHistory
from congestion.region import region_of
from congestion.roadside import Roadside, RoadsideAssets
from congestion.states.estimator import StateEstimator
from congestion.states.speed_model import ModelReader, read_model
from congestion.warm_up import warm_up
from ingest.units import KMH
from mapmatch.building.build import artefact_for
from mapmatch.network import NONE, Network, load_network
from mapmatch.records import PROGRESS
from streams.cli.options import cache_folder

SEGMENTS, CITY_SEGMENTS = 100_000, 1_000_000
OBSERVATIONS = 1_000_000
START = 1_789_459_200.0
MINUTES, KERNEL_CALLS = 6, 20
# Minutes of a recording to read speeds from, and those that a chain tells after its end.
RECORDED, STILL_RUNNING = 30, 9


def tiled(city: Network, segments: int) -> Network:
    """Give a city laid side by side until it has at least so many segments, as one region."""
    tiles = -(-segments // city.segment_count)
    n, nodes = city.segment_count, len(city.node_x)

    def again(values: npt.NDArray[Any], step: int = 0) -> npt.NDArray[Any]:
        moved = [np.where(values == NONE, NONE, values + k * step) for k in range(tiles)]
        return np.concatenate(moved).astype(values.dtype)

    def offsets(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        return np.r_[0, np.cumsum(np.tile(np.diff(values), tiles))].astype(np.int32)

    flat: dict[str, Any] = {
        name: np.tile(getattr(city, name), tiles)
        for name in (
            "length_m", "free_speed_mps", "lanes", "road_class", "is_bus_only", "layer",
            "node_x", "node_y", "node_has_signal", "vertex_x", "vertex_y", "vertex_distance_m",
        )
    }  # fmt: skip
    return replace(
        city,
        name="tiled",
        segment_ids=[f"{k}:{name}" for k in range(tiles) for name in city.segment_ids],
        names=[""] * (n * tiles),
        node_ids=[""] * (nodes * tiles),
        from_node=again(city.from_node, nodes),
        to_node=again(city.to_node, nodes),
        reverse_segment=again(city.reverse_segment, n),
        region=np.zeros(n * tiles, np.int16),
        vertex_offsets=offsets(city.vertex_offsets),
        successor_offsets=offsets(city.successor_offsets),
        successors=again(city.successors, n),
        predecessor_offsets=offsets(city.predecessor_offsets),
        predecessors=again(city.predecessors, n),
        **flat,
    )


def roadside(network: Network, rng: np.random.Generator) -> Roadside:
    """Give a detector on each of a third of the segments."""
    on = np.flatnonzero(rng.random(network.segment_count) < 1 / 3).astype(np.int32)
    ids = tuple(f"M{i:07d}" for i in range(len(on)))
    detectors = RoadsideAssets(ids, on, network.length_m[on] / 2, np.zeros(len(on), np.int32))
    return Roadside(detectors)


def progress(
    network: Network, rows: int, minute: float, rng: np.random.Generator
) -> pa.RecordBatch:
    """Give a minute's rows of progress: six of ten seconds a vehicle, two still open."""
    vehicle = np.arange(rows) // 6
    segment = rng.integers(0, network.segment_count, rows).astype(np.int32)
    length = network.length_m[segment]
    enter = rng.random(rows) * 0.5 * length
    moved = rng.random(rows) * 0.5 * length
    time_in = minute + 10.0 * (np.arange(rows) % 6)
    columns = {
        "vehicle_id": pa.array([f"v{i}" for i in range(vehicle[-1] + 1)]).take(pa.array(vehicle)),
        "fleet": pa.array(["taxi", "bus"]).take(pa.array(vehicle % 2)),
        "segment": pa.array(segment),
        "enter_time": pa.array(time_in),
        "exit_time": pa.array(time_in + 10.0),
        "enter_offset_m": pa.array(enter.astype(np.float32)),
        "exit_offset_m": pa.array((enter + moved).astype(np.float32)),
        "is_provisional": pa.array(np.arange(rows) % 6 >= 4),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in PROGRESS.names], schema=PROGRESS)


def seconds_of(call: Callable[[], Any], times: int = 1) -> tuple[float, float]:
    """Give the seconds of CPU and of the clock that one call takes, the mean of some."""
    cpu, clock = time.process_time(), time.perf_counter()
    for _ in range(times):
        call()
    return (time.process_time() - cpu) / times, (time.perf_counter() - clock) / times


def peak_mb() -> float:
    """Give the process's peak resident memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def recorded_rows() -> npt.NDArray[np.float32]:
    """Give the rows of features of a busy recording's last half hour, as the speed model reads."""
    feed = next(feed for feed in recordings() if feed.name.endswith("heavy"))
    read: list[Read] = []
    names = read_model().features
    with tempfile.TemporaryDirectory() as out:
        _, chain = run(feed, Path(out), lambda region: FeatureReader(region, names, read))
    rows, a_minute = np.concatenate([rows for _, rows in read]), chain.city.network.segment_count
    last = len(rows) - STILL_RUNNING * a_minute
    return rows[last - RECORDED * a_minute : last]


def kernels(
    network: Network, recorded: npt.NDArray[np.float32], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Measure what is computed of each segment and minute, and of each observation."""
    n = network.segment_count
    region = region_of(network, 0, Roadside())
    rows = OBSERVATIONS
    segment = rng.integers(0, n, rows).astype(np.int32)
    vehicle = (np.arange(rows) // 6).astype(np.int32)
    enter = rng.random(rows) * 50
    arguments = (
        vehicle, vehicle % 2 == 1, segment, np.full(rows, 10.0), enter, enter + 40.0,
        region.length_m, region.stop_offsets, region.stop_m, 40.0,
    )  # fmt: skip

    def probes() -> None:
        sums, last = np.zeros((n, 2 * PROBE_FIELDS)), np.full(n, NONE, np.int32)
        sum_probes(*arguments, last, sums, np.zeros(n))

    free = network.free_speed_mps.astype(np.float64)
    # A morning's worst: one segment in twenty stands, one in ten is slow.
    speed = free * rng.choice([0.05, 0.2, 0.8, 1.0], n, p=[0.05, 0.1, 0.35, 0.5])
    queued = network.length_m / 2
    history = QueueHistory(network)
    flow, nothing = np.full(n, np.nan), np.full(n, np.nan)
    minute = iter(range(1_000_000))
    model = read_model()
    read = ModelReader(model)
    features = np.resize(recorded, (n, len(model.features))).T.copy().T
    limit, is_open = network.free_speed_mps.astype(np.float64), np.zeros(n, np.bool_)
    calls: dict[str, tuple[int, Callable[[], Any]]] = {
        "sum_probes": (rows, probes),
        "speed model": (n, lambda: read(features, limit, is_open)),
        "find_queues": (n, lambda: find_queues(network, speed, free, queued)),
        "queue minute": (
            n,
            lambda: history.step(60.0 * next(minute), speed, free, queued, flow, nothing),
        ),
    }
    return [
        timed(what, n, count, *seconds_of(call, KERNEL_CALLS))
        for what, (count, call) in calls.items()
    ]


def timed(what: str, segments: int, rows: int, cpu_s: float, wall_s: float) -> dict[str, Any]:
    """Give a line of the table."""
    return {
        "what": what, "segments": segments, "rows": rows,
        "cpu_s": round(cpu_s, 4), "wall_s": round(wall_s, 4),
        "millions_a_second": round(rows / cpu_s / 1e6, 2),
    }  # fmt: skip


def minute(network: Network, rows: int, rng: np.random.Generator) -> dict[str, Any]:
    """Measure a whole minute of the estimator, the best of some after the first."""
    beside = roadside(network, rng)
    estimator = StateEstimator(network, 0, beside)
    took = []
    for k in range(MINUTES):
        start = START + 60.0 * k
        batch = progress(network, rows, start, rng)

        def one(batch: pa.RecordBatch = batch, start: float = start) -> None:
            estimator.add_progress(batch, start, start + 3600.0)
            estimator.close_minute(start)

        took.append(seconds_of(one))
    return timed("estimator minute", network.segment_count, rows, *min(took[1:]))


def week_of(network: Network, folder: Path) -> Week:
    """Give a profile of the network's size, mapped from files as the product maps it."""
    shape = (len(DAY_TYPES), SLOTS, network.segment_count)
    names = ("median_kmh", "spread_kmh")
    median, spread = (
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float16, shape) for name in names
    )
    n = network.segment_count
    free = (network.free_speed_mps * KMH).astype(np.float32)
    return Week("Asia/Shanghai", median, spread, free, np.zeros(n, np.int8))


def day_of_profiles(network: Network) -> dict[str, Any]:
    """Measure asking the typical week for every quarter of an hour of a day."""
    with tempfile.TemporaryDirectory() as folder:
        usual = UsualSpeeds(network.segment_count, week_of(network, Path(folder)))
        speed, seen = np.full(network.segment_count, 10.0), np.ones(network.segment_count, bool)
        took = seconds_of(
            lambda: [usual.step(START + 900.0 * slot, speed, seen) for slot in range(SLOTS)]
        )
        n = network.segment_count
        return {**timed("a day of profiles", n, n * SLOTS, *took), "peak_mb": round(peak_mb())}


def measure(segments: int, recorded: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
    """Give the rows of one size; the peak memory is of all that was kept until then."""
    warm_up()
    rng = np.random.default_rng(0)
    city = load_network(artefact_for(SHARED / "networks" / "shanghai-core", cache_folder()))
    network = tiled(city, segments)
    rows = [{**minute(network, OBSERVATIONS, rng), "peak_mb": round(peak_mb())}]
    rows += [{**row, "peak_mb": round(peak_mb())} for row in kernels(network, recorded, rng)]
    return [*rows, day_of_profiles(network)]


def main() -> None:
    """Measure each size in a process of its own and write the result."""
    rows, recorded = [], recorded_rows()
    for segments in (SEGMENTS, CITY_SEGMENTS):
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as alone:
            rows += alone.submit(measure, segments, recorded).result()
        print(*rows, sep="\n", flush=True)
    write_result(
        "state_scale",
        "How fast are the states of large cities computed on one core, in how much memory?",
        rows,
        [SHARED / "networks" / "shanghai-core"],
    )


if __name__ == "__main__":
    main()
