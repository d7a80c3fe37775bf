"""A made lake of weeks: a city's speeds by hour and weekday, with queues whose truth is known.

Speeds are those of a usual city (slower at the peaks of workdays) with noise of the segment's
minute and of the day. Queues stand at given heads and reach back over the segments behind them.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.records import STATES as STATE_ROWS
from congestion.reports.versions import network_version
from ingest.kernels.arrays import Floats
from ingest.units import KMH
from mapmatch.network import NONE, ROAD_CLASSES, Network
from streams.lake.layout import STATES, Place, file_metadata

ZONE = ZoneInfo("Asia/Shanghai")
BLOCK_MINUTES = 10
"""Minutes of a row group: a million rows of 100,000 segments."""
QUEUED = 0.12
"""Speed over free flow in a queue, well under what stands (0.2)."""
MOST_MEMBERS = 4
STORES_M = 80.0
"""Members are longer: what is filled by every red holds nobody up (`QueueSettings`). Unit: m."""
_PEAKS = ((8.2, 1.1), (18.0, 1.3))  # hour of the middle, and width in hours


@dataclass(frozen=True)
class TrueQueue:
    """A bottleneck: its head and members, and the hours in which it stands on workdays."""

    head: int
    members: tuple[int, ...]
    start_hour: float
    minutes: int


@dataclass(frozen=True)
class LakePlan:
    """What a lake is made of: days from a first on, hours of each, queues, a change of pace."""

    first: date
    days: int
    hours: tuple[int, int] = (0, 24)
    queues: tuple[TrueQueue, ...] = ()
    chance_queues: int = 0  # short queues of a single day, anywhere
    change_on: date | None = None
    change: float = 0.0  # of the pace, from then on
    day_noise: float = 0.03
    seed: int = 0


def true_queues(network: Network, count: int, seed: int) -> tuple[TrueQueue, ...]:
    """Place queues on large roads far from each other, each shorter in time than the one before."""
    random = np.random.default_rng(seed)
    large = [ROAD_CLASSES.index(name) for name in ("trunk", "primary", "secondary")]
    ok = np.isin(network.road_class, large) & (network.length_m > 150.0)
    found: list[TrueQueue] = []
    taken: set[int] = set()
    for head in random.permutation(np.flatnonzero(ok)).tolist():
        members = _behind(network, head)
        around = {near for member in members for near in _around(network, member)}
        first, last = network.successor_offsets[head : head + 2]
        is_ring = bool(set(network.successors[first:last].tolist()) & set(members))
        if len(members) < MOST_MEMBERS or is_ring or taken & around:
            continue
        taken.update(around)
        minutes = 100 - 12 * len(found)
        found.append(TrueQueue(head, tuple(members), 7.5 + 0.1 * len(found), minutes))
        if len(found) == count:
            return tuple(found)
    raise ValueError(f"{len(found)} places for queues, expected {count}")


def _around(network: Network, segment: int) -> list[int]:
    """Give a segment and those that it leads to or that lead to it: queues there would be one."""
    first, last = network.successor_offsets[segment : segment + 2]
    ahead = network.successors[first:last].tolist()
    first, last = network.predecessor_offsets[segment : segment + 2]
    return [segment, *ahead, *network.predecessors[first:last].tolist()]


def _behind(network: Network, head: int) -> list[int]:
    """Give the head and the longest segments behind it, one after another."""
    members = [head]
    while len(members) < MOST_MEMBERS:
        first, last = network.predecessor_offsets[members[-1] : members[-1] + 2]
        back = network.reverse_segment[members[-1]]
        near = [s for s in network.predecessors[first:last].tolist()
                if s not in (back, NONE) and s not in members
                and network.length_m[s] > STORES_M]  # fmt: skip
        if not near:
            break
        members.append(max(near, key=lambda s: float(network.length_m[s])))
    return members


def make_lake(network: Network, folder: Path, plan: LakePlan) -> int:
    """Write the states of every day into a lake, as compacted days; give the rows written."""
    rows = 0
    free = np.maximum(network.free_speed_mps * KMH, 10.0)
    for number in range(plan.days):
        day = plan.first + timedelta(days=number)
        random = np.random.default_rng((plan.seed, number))
        pace = random.lognormal(0.0, plan.day_noise)
        if plan.change_on is not None and day >= plan.change_on:
            pace *= 1.0 + plan.change
        queues = [*_queues_of(day, plan), *_chance(network, plan, random)]
        rows += _write_day(network, folder, plan, day, free, pace, queues, random)
    return rows


def _queues_of(day: date, plan: LakePlan) -> list[TrueQueue]:
    return list(plan.queues) if day.weekday() < 5 else []


def _chance(network: Network, plan: LakePlan, random: np.random.Generator) -> list[TrueQueue]:
    heads = random.integers(0, network.segment_count, plan.chance_queues).tolist()
    return [TrueQueue(h, (h,), float(random.uniform(6, 21)), int(random.integers(6, 12)))
            for h in heads]  # fmt: skip


def _write_day(
    network: Network, folder: Path, plan: LakePlan, day: date, free: Floats, pace: float,
    queues: list[TrueQueue], random: np.random.Generator,
) -> int:  # fmt: skip
    """Write a day, a file a region; give its rows."""
    schema = pa.schema(
        list(STATE_ROWS)[:11],
        metadata=file_metadata(network.name, network_version(network), ZONE.key),
    )
    midnight = datetime.combine(day, time(), ZONE).timestamp()
    start, end = (hour * 60 for hour in plan.hours)
    with ExitStack() as stack:
        regions = []
        for region in range(network.region_count):
            file = Place(network.name, day.isoformat(), region).day_file(folder, STATES)
            file.parent.mkdir(parents=True, exist_ok=True)
            writer = pq.ParquetWriter(file, schema, compression="zstd")
            segment = np.flatnonzero(network.region == region)
            ids = pa.array([network.segment_ids[s] for s in segment.tolist()])
            regions.append((stack.enter_context(writer), segment, ids))
        for first in range(start, end, BLOCK_MINUTES):
            minutes = np.arange(first, min(first + BLOCK_MINUTES, end))
            speeds = np.stack([
                _speeds(free, minute / 60.0, day, pace, queues, random)
                for minute in minutes.tolist()
            ])  # fmt: skip
            for writer, segment, ids in regions:
                of_region = speeds[:, segment]
                writer.write_table(_block(schema, midnight, minutes, ids, free[segment], of_region))
    return network.segment_count * (end - start)


def _speeds(
    free: Floats, hour: float, day: date, pace: float, queues: list[TrueQueue],
    random: np.random.Generator,
) -> Floats:  # fmt: skip
    """Give the speeds of all segments in a minute. Unit: km/h, in tenths."""
    peak = sum(np.exp(-(((hour - middle) / width) ** 2)) for middle, width in _PEAKS)
    slower = 1.25 + (0.35 if day.weekday() < 5 else 0.1) * float(peak)
    noise = 1.0 + 0.08 * (random.random(len(free), np.float32) - 0.5)
    speed = free / (slower * pace) * noise
    for queue in queues:
        if queue.start_hour <= hour < queue.start_hour + queue.minutes / 60.0:
            members = list(queue.members)
            speed[members] = free[members] * QUEUED
    return np.round(speed, 1).astype(np.float32)


def _block(
    schema: pa.Schema, midnight: float, minutes: np.ndarray, ids: pa.Array, free: Floats,
    speeds: Floats,
) -> pa.Table:  # fmt: skip
    count, n = speeds.size, len(free)
    stamps = np.repeat((midnight * 1000 + minutes * 60_000).astype(np.int64), n)
    indices = pa.array(np.tile(np.arange(n, dtype=np.int32), len(minutes)))
    level = np.where(speeds < 0.3 * free, 5, 1).astype(np.int8).ravel()
    quality = pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), ["observed"])
    columns = [
        pa.array(stamps, pa.timestamp("ms", tz="UTC")),
        pa.array(np.full(count, 60, np.int32)),
        pa.DictionaryArray.from_arrays(indices, ids).cast(pa.string()),
        pa.array(speeds.ravel().astype(np.float32)),
        pa.array(np.full(count, 5.0, np.float32)),
        pa.array(np.tile(free.astype(np.float32), len(minutes))),
        pa.array(level),
        pa.array(np.ones(count, np.int32)),
        pa.array(np.zeros(count, np.int32)),
        quality.cast(pa.string()),
        pa.array(np.zeros(count, np.float32)),
    ]
    return pa.Table.from_arrays(columns, schema=schema)
