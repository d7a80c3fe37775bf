"""The queues that truly stood in each minute of a recording, as its truth tells them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from congestion.queues.find import Queues, find_queues
from congestion.queues.queue_settings import VEHICLE_SPACING_M, QueueSettings
from ingest.kernels.arrays import Flags, Floats
from ingest.units import KMH
from mapmatch.network import NONE, Network

SLOW_SHARE = 0.25
"""Share of the limit; slower than this over SLOW_MINUTES is congested. Source: data/README.md."""
SLOW_MINUTES = 5
"""Minutes over which the truth takes the speed of `congested`. Source: data/README.md."""
LEAST_SEGMENTS = 3
"""A true queue of fewer segments is not scored. Unit: count. Source: chosen, a shorter one is a red
light's."""
LABELLED_M = 73.0
"""Metres as drawn; a shorter segment has no label. Source: the labels leave out links under 60 m of
SUMO's length, which leaves out the junctions."""
FULL_DENSITY = 1 / 3
"""Share of jam density from which a segment has no room for all who come. Source: Daganzo 1994,
w / (w + v) with a backward wave of 20 km/h and 40 km/h."""


@dataclass(frozen=True)
class TrueQueue:
    """A queue of one minute.

    `is_clear`: no segment next to its root stands and is too short to be labelled.
    """

    root: int
    members: list[int]
    length_m: float
    is_clear: bool


@dataclass(frozen=True)
class TouchingQueue:
    """Congested segments of one minute that touch.

    `ends` are those from which no congested segment follows; all of them where they go round.
    """

    ends: list[int]
    members: list[int]


@dataclass(frozen=True)
class TrueTraffic:
    """The truth of m minutes on n segments."""

    network: Network
    speed_mps: Floats  # m x n, NaN where nothing drove
    vehicle_count: Floats  # m x n, on the segment at the minute's end
    links: list[dict[int, int]]  # m; of each congested segment the next one down its queue, or it
    queues: list[list[TrueQueue]]  # m; of every size

    def near(self, segment: int) -> set[int]:
        """Give a segment and those next to it."""
        return near(self.network, segment)

    def scored_queues(self) -> list[tuple[int, TrueQueue]]:
        """Give the minute and the queue of each that is long enough to be scored."""
        return [
            (minute, queue)
            for minute, found in enumerate(self.queues)
            for queue in found
            if len(queue.members) >= LEAST_SEGMENTS
        ]

    def touching(self, minute: int) -> list[TouchingQueue]:
        """Give the congested segments that touch each other, where they are enough to be scored."""
        ahead = {s: self._congested_after(minute, s) for s in self.links[minute]}
        sides: dict[int, set[int]] = {s: set(after) for s, after in ahead.items()}
        for segment, following in ahead.items():
            for other in following:
                sides[other].add(segment)
        found, left = [], set(ahead)
        while left:
            members, edge = set(), {left.pop()}
            while edge:
                members |= edge
                edge = {n for s in edge for n in sides[s]} - members
            left -= members
            if len(members) >= LEAST_SEGMENTS:
                ends = [s for s in sorted(members) if not ahead[s]]
                found.append(TouchingQueue(ends or sorted(members), sorted(members)))
        return found

    def _congested_after(self, minute: int, segment: int) -> list[int]:
        net, congested = self.network, self.links[minute]
        low, high = net.successor_offsets[segment], net.successor_offsets[segment + 1]
        after = net.successors[low:high].tolist()
        return [s for s in after if s != net.reverse_segment[segment] and s in congested]

    def length_behind(self, minute: int) -> dict[int, float]:
        """Give how far (m) the queue behind each congested segment reaches, itself included."""
        links, length = self.links[minute], self.network.length_m
        longest: dict[int, float] = {}
        for segment in links:
            reach = 0.0
            for at in _way_down(links, segment):
                reach += float(length[at])
                longest[at] = max(longest.get(at, 0.0), reach)
        return longest

    def lost_vehicle_hours(self) -> Floats:
        """Give m x n: what the vehicles on each segment lose in a minute against its limit."""
        speed_share = np.minimum(self.speed_mps / self.network.free_speed_mps, 1.0)
        return self.vehicle_count * (1.0 - speed_share) / 60.0

    def queues_by_speed(self, minute: int) -> Queues:
        """Give the queues that follow from the true speeds and vehicles, without the labels."""
        network = self.network
        speed = recent_mean(self.speed_mps[: minute + 1])
        room_m = network.length_m * np.maximum(network.lanes, 1)
        is_full = self.vehicle_count[minute] * VEHICLE_SPACING_M / room_m > FULL_DENSITY
        settings = QueueSettings(standing_share=SLOW_SHARE, slow_share=SLOW_SHARE)
        free = network.free_speed_mps
        return find_queues(network, speed, free, None, settings, is_full.astype(np.float64))


def true_traffic(minutes: pd.DataFrame, network: Network, times: pd.DatetimeIndex) -> TrueTraffic:
    """Give the truth (`segment_minutes.parquet`) of some minutes, in their order.

    A queue is what the labels link: congested segments, each naming the next one down the queue.
    Where they link nothing, the true speeds and vehicles say which segment backs up from which.
    """
    index = pd.Index(network.segment_ids)
    rows = minutes[minutes.interval_start.isin(times)]
    rows = rows.assign(
        minute=times.get_indexer(pd.DatetimeIndex(rows.interval_start)),
        segment=index.get_indexer(pd.Index(rows.link_id)),
        next=index.get_indexer(pd.Index(rows.queue_next_link_id.fillna(""))),
    )
    cells = (rows.minute.to_numpy(), rows.segment.to_numpy())
    shape = (len(times), network.segment_count)
    speed, change = np.full(shape, np.nan), np.zeros(shape)
    speed[cells] = rows.speed_kmh / KMH
    change[cells] = rows.entered - rows.left
    present = change.cumsum(axis=0)
    present -= np.minimum(present.min(axis=0), 0.0)
    traffic = TrueTraffic(network, speed, present, [], [])
    are_linked = bool(rows.queue_next_link_id.notna().any())
    labelled = dict(list(rows[rows.congested].groupby("minute")))
    for minute in range(len(times)):
        if not are_linked:
            links = _parents(traffic.queues_by_speed(minute))
        elif minute in labelled:
            of = labelled[minute]
            links = dict(zip(of.segment.tolist(), of.next.tolist(), strict=True))
        else:
            links = {}
        stands = recent_mean(speed[: minute + 1]) < SLOW_SHARE * network.free_speed_mps
        traffic.links.append(links)
        traffic.queues.append(_queues(network, links, stands))
    return traffic


def near(network: Network, segment: int) -> set[int]:
    """Give a segment and those next to it, before and after."""
    after = slice(network.successor_offsets[segment], network.successor_offsets[segment + 1])
    before = slice(network.predecessor_offsets[segment], network.predecessor_offsets[segment + 1])
    return {
        segment, *network.successors[after].tolist(), *network.predecessors[before].tolist()
    }  # fmt: skip


def recent_mean(speed: Floats) -> Floats:
    """Give the mean over the last minutes of m x n, NaN where nothing drove in any of them."""
    recent = speed[-SLOW_MINUTES:]
    count = np.isfinite(recent).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nansum(recent, axis=0) / count)


def _parents(queues: Queues) -> dict[int, int]:
    members, parents = queues.members, queues.parent_of[queues.members]
    ahead = np.where(parents == NONE, members, parents)
    return dict(zip(members.tolist(), ahead.tolist(), strict=True))


def _way_down(links: Mapping[int, int], segment: int) -> list[int]:
    """Give the segments from one to the root of its queue; a ring is cut before it closes."""
    walked = [segment]
    while (at := links.get(walked[-1], walked[-1])) not in walked:
        walked.append(at)
    return walked


def _queues(network: Network, links: Mapping[int, int], stands: Flags) -> list[TrueQueue]:
    length = network.length_m
    members: dict[int, list[int]] = {}
    reach: dict[int, float] = {}
    for segment in links:
        way = _way_down(links, segment)
        members.setdefault(way[-1], []).append(segment)
        reach[way[-1]] = max(reach.get(way[-1], 0.0), float(length[way].sum()))
    return [
        TrueQueue(
            root, of, reach[root],
            not any(stands[s] and length[s] < LABELLED_M for s in near(network, root) - {root}),
        )
        for root, of in members.items()
    ]  # fmt: skip
