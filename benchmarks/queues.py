"""Is the root of a queue right, its length, its delay, and since when it stands?

Runs the whole chain over the labelled recordings and compares with their truth. A true queue is
what the labels link: segments under a quarter of their limit over five minutes, each naming the
next one down the queue; those of at least 3 count, once a minute. Where the labels link nothing,
the true speeds and vehicles say which segment backs up from which. A root is right where the queue
that covers most of the true one (by metres) has its root there or on a segment next to it. Labels
leave out links under 60 m, so a true queue can seem to end behind a short link that stands as
well: `root_right_clear` leaves those queues out. `root_right_connected` reads the labels another
way: slow segments that touch are one queue, and any of its downstream ends may be the root.

The last way is told the true speeds and how many vehicles are on each segment: what is wrong there
is the labels' or the queue's logic, not the estimate's.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.recordings import network_of, recordings, run
from benchmarks.result import write_result
from congestion.queues.find import Queues, QueueSettings, find_queues
from congestion.queues.history import QueueHistory, QueueMinute
from congestion.queues.vehicles import VEHICLE_SPACING_M
from ingest.kernels.arrays import Floats
from mapmatch.network import NONE, Network

COLUMNS = {  # of the states, and what brings them to m/s
    "speed_kmh": 3.6, "free_flow_kmh": 3.6, "queue_length_m": 1.0, "flow_veh_h": 1.0,
    "occupancy": 1.0, "level": 1.0,
}  # fmt: skip
LABELLED_M = 73.0  # 60 m of SUMO's length, which leaves out junctions, as drawn
WARM_UP_MINUTES = 10
SLOW_SHARE = 0.25  # of the limit, over five minutes: what the labels call slow
# Share of jam density from which a segment has no room for all who come: w / (w + v) with a
# backward wave of 20 km/h and 40 km/h (Daganzo 1994).
FULL_DENSITY = 1 / 3


@dataclass
class TrueQueue:
    """A queue of the truth in one minute."""

    root: int
    members: list[int]
    length_m: float
    is_clear: bool  # no short unlabelled link that stands lies ahead of its root


@dataclass
class TouchingQueue:
    """Slow segments of the truth that touch, in one minute."""

    ends: list[int]  # from which no slow segment follows; all of them where they go round
    members: list[int]


@dataclass
class Recording:
    """A feed's states and truth as arrays, minutes x segments."""

    name: str
    network: Network
    states: dict[str, Floats]
    minutes: list[QueueMinute]
    truth: list[list[TrueQueue]]  # of every size
    links: list[dict[int, int]]  # of each slow segment the next one down its queue
    true_speed: Floats
    vehicles: Floats  # truly on each segment

    def after(self, segment: int) -> list[int]:
        """Give the segments that may follow one."""
        net = self.network
        low, high = net.successor_offsets[segment], net.successor_offsets[segment + 1]
        return [s for s in net.successors[low:high].tolist() if s != net.reverse_segment[segment]]

    def near(self, segment: int) -> set[int]:
        """Give a segment and those next to it."""
        net = self.network
        ahead = net.successors[net.successor_offsets[segment] : net.successor_offsets[segment + 1]]
        low, high = net.predecessor_offsets[segment], net.predecessor_offsets[segment + 1]
        return {segment, *ahead.tolist(), *net.predecessors[low:high].tolist()}

    def long_queues(self) -> list[tuple[int, TrueQueue]]:
        """Give the minute and the true queue of each that counts."""
        return [(k, q) for k, found in enumerate(self.truth) for q in found if len(q.members) >= 3]


def open_recording(feed: Path) -> Recording:
    """Run the chain over a feed and read its truth."""
    with tempfile.TemporaryDirectory() as out:
        rows, chain = run(feed, Path(out))
    return recording_of(feed, chain.city.network, rows)


def recording_of(feed: Path, network: Network, rows: pd.DataFrame) -> Recording:
    """Give a recording from its published states, as long as there is truth for them."""
    truth = pd.read_parquet(feed / "truth" / "segment_minutes.parquet")
    # States go on for some minutes after the last record, and nothing is known of these.
    rows = rows[rows.interval_start <= truth.interval_start.max()]
    index = pd.Index(network.segment_ids)
    times = pd.DatetimeIndex(np.sort(rows.interval_start.unique()))
    at = (
        times.get_indexer(pd.DatetimeIndex(rows.interval_start)),
        index.get_indexer(pd.Index(rows.segment_id)),
    )
    shape = (len(times), network.segment_count)
    states = {}
    for name, scale in COLUMNS.items():
        states[name] = np.full(shape, np.nan)
        states[name][at] = rows[name].to_numpy() / scale
    history = QueueHistory(network)
    minutes = [
        history.step(
            60.0 * k, states["speed_kmh"][k], states["free_flow_kmh"][k],
            states["queue_length_m"][k], states["flow_veh_h"][k], states["occupancy"][k],
        )
        for k in range(len(times))
    ]  # fmt: skip
    truth = truth[truth.interval_start.isin(times)]
    truth["minute"] = times.get_indexer(pd.DatetimeIndex(truth.interval_start))
    truth["segment"] = index.get_indexer(pd.Index(truth.link_id))
    truth["next"] = index.get_indexer(pd.Index(truth.queue_next_link_id.fillna("")))
    cells = (truth.minute.to_numpy(), truth.segment.to_numpy())
    speed, change = np.full(shape, np.nan), np.zeros(shape)
    speed[cells] = truth.speed_kmh / 3.6
    change[cells] = truth.entered - truth.left
    present = change.cumsum(axis=0)
    present -= np.minimum(present.min(axis=0), 0.0)
    made = Recording(feed.name, network, states, minutes, [], [], speed, present)
    # Some cities' labels say what is slow, but not what it backs up from.
    told = by_truth(made) if truth.queue_next_link_id.isna().all() else None
    slow = pd.DataFrame(speed).rolling(5, min_periods=1).mean() < network.free_speed_mps / 4
    by_minute = dict(list(truth[truth.congested].groupby("minute")))
    for k in range(len(times)):
        frame = by_minute.get(k)
        links = {} if frame is None else dict(zip(frame.segment, frame.next, strict=True))
        if told is not None:
            links = _parents(told(k))
        made.links.append(links)
        made.truth.append(_true_queues(made, links, slow.iloc[k].to_numpy()))
    return made


def _parents(queues: Queues) -> dict[int, int]:
    members, parents = queues.members, queues.parent_of[queues.members]
    ahead = np.where(parents == NONE, members, parents)
    return dict(zip(members.tolist(), ahead.tolist(), strict=True))


def _true_queues(
    made: Recording, links: Mapping[int, int], stands: npt.NDArray[np.bool_]
) -> list[TrueQueue]:
    length = made.network.length_m
    found: dict[int, list[int]] = {}
    reach: dict[int, float] = {}
    for segment in links:
        at, walked = segment, [segment]
        while links.get(at, at) != at and links[at] not in walked:
            at = links[at]
            walked.append(at)
        found.setdefault(at, []).append(segment)
        reach[at] = max(reach.get(at, 0.0), float(length[walked].sum()))
    return [
        TrueQueue(
            root, members, reach[root],
            not any(stands[s] and length[s] < LABELLED_M for s in made.near(root) - {root}),
        )
        for root, members in found.items()
    ]  # fmt: skip


def touching(made: Recording, minute: int) -> list[TouchingQueue]:
    """Give the queues of at least 3 slow segments of which each touches another."""
    slow = set(made.links[minute])
    ahead = {s: [n for n in made.after(s) if n in slow] for s in slow}
    sides: dict[int, set[int]] = {s: set(ahead[s]) for s in slow}
    for segment, following in ahead.items():
        for other in following:
            sides[other].add(segment)
    found, left = [], set(slow)
    while left:
        members, edge = set(), {left.pop()}
        while edge:
            members |= edge
            edge = {n for s in edge for n in sides[s]} - members
        left -= members
        if len(members) >= 3:
            ends = [s for s in sorted(members) if not ahead[s]]
            found.append(TouchingQueue(ends or sorted(members), sorted(members)))
    return found


def covering(made: Recording, queues: Queues, of: list[int]) -> int | None:
    """Give the root of the queue that covers most of some segments, None where none does."""
    members = np.array(of)
    shares = np.bincount(
        queues.root_of[members] + 1, made.network.length_m[members], made.network.segment_count
    )
    shares[0] = 0.0  # in no queue
    return int(shares.argmax()) - 1 if shares.any() else None


def roots(made: Recording, queues_at: Callable[[int], Queues]) -> dict[str, Any]:
    """Give the share of true queues whose root is right."""
    right, clear, connected = [], [], []
    for minute, true in made.long_queues():
        is_right = covering(made, queues_at(minute), true.members) in made.near(true.root)
        right.append(is_right)
        if true.is_clear:
            clear.append(is_right)
    for minute in range(len(made.minutes)):
        for queue in touching(made, minute):
            root = covering(made, queues_at(minute), queue.members)
            connected.append(any(root in made.near(end) for end in queue.ends))
    return {
        "queues": len(right), "root_right": _mean(right),
        "queues_clear": len(clear), "root_right_clear": _mean(clear),
        "queues_connected": len(connected), "root_right_connected": _mean(connected),
    }  # fmt: skip


def by_level(made: Recording, minute: int) -> Queues:
    """Give the queues of the plain way: connected segments of level 3 and more in the minute."""
    states = made.states
    is_slow = states["level"][minute] >= 3
    speed = np.where(is_slow, states["speed_kmh"][minute], np.nan)
    everything = QueueSettings(standing_share=1.0, slow_share=1.0, least_storage_m=0.0)
    return find_queues(made.network, speed, states["free_flow_kmh"][minute], None, everything)


def by_truth(made: Recording) -> Callable[[int], Queues]:
    """Give the queues that follow from the true speeds and vehicles."""
    network = made.network
    speed = pd.DataFrame(made.true_speed).rolling(5, min_periods=1).mean().to_numpy()
    room_m = network.length_m * np.maximum(network.lanes, 1)
    is_full = made.vehicles * VEHICLE_SPACING_M / room_m > FULL_DENSITY
    settings = QueueSettings(standing_share=SLOW_SHARE, slow_share=SLOW_SHARE)
    return lambda k: find_queues(
        network, speed[k], network.free_speed_mps, None, settings, is_full[k].astype(np.float64)
    )


@dataclass
class Followed:
    """True queues that were found, r rows: what was said of each, and the truth."""

    length_m: Floats  # as published
    true_m: Floats
    delay: Floats  # veh-h in the minute over the queue's segments
    true_delay: Floats
    onset_error: Floats  # minutes, said minus true


def followed(made: Recording) -> Followed:
    """Give what was said of the true queues whose root was found, and the truth."""
    rows: list[tuple[float, ...]] = []
    lost = made.vehicles * (1 - np.minimum(made.true_speed / made.network.free_speed_mps, 1)) / 60
    for k, true in made.long_queues():
        now = made.minutes[k]
        root = covering(made, now.queues, true.members)
        if root not in made.near(true.root) or k < WARM_UP_MINUTES:
            continue
        queue = now.queues.queue_of(root)
        assert queue is not None
        said = now.queues.members_of(queue)
        began = k
        while began > 0 and any(true.root in q.members for q in made.truth[began - 1]):
            began -= 1
        rows.append(
            (
                now.queues.length_m[queue], true.length_m, np.nansum(now.delay_veh_h[said]),
                np.nansum(lost[k][said]), now.onset[queue] / 60 - began,
            )
        )  # fmt: skip
    return Followed(*(np.array(column, np.float64) for column in zip(*rows, strict=True)))


def lengths_behind(made: Recording, minute: int) -> dict[int, float]:
    """Give how far the queue behind each segment truly reaches back from its downstream end.

    Segments in no queue are left out.
    """
    links, length = made.links[minute], made.network.length_m
    longest: dict[int, float] = {}
    for segment in links:
        at, walked, reach = segment, {segment}, float(length[segment])
        longest[at] = max(longest.get(at, 0.0), reach)
        while links.get(at, at) != at and links[at] not in walked:
            at = links[at]
            walked.add(at)
            reach += float(length[at])
            longest[at] = max(longest.get(at, 0.0), reach)
    return longest


def errors(rows: Followed) -> dict[str, Any]:
    """Give how far length, delay and onset are off."""
    return {
        "found": len(rows.true_m),
        "true_length_m": _mean(rows.true_m),
        "length_m": _mean(rows.length_m),
        "length_error_m": _mean(np.abs(rows.length_m - rows.true_m)),
        "true_delay_veh_h_a_minute": _mean(rows.true_delay),
        "delay_veh_h_a_minute": _mean(rows.delay),
        "delay_error_veh_h": _mean(np.abs(rows.delay - rows.true_delay)),
        "onset_error_median_min": round(float(np.median(rows.onset_error)), 1),
        "onset_within_5_min": _mean(np.abs(rows.onset_error) <= 5),
    }


def _mean(values: Any) -> float | None:
    return round(float(np.mean(values)), 3) if len(values) else None


def main() -> None:
    """Measure every recording and write the result."""
    rows, feeds, followed_rows = [], recordings(), []
    for feed in feeds:
        made = open_recording(feed)
        ways: dict[str, Callable[[int], Queues]] = {
            "clearway": lambda k, made=made: made.minutes[k].queues,  # type: ignore[misc]
            "level 3 and more": lambda k, made=made: by_level(made, k),  # type: ignore[misc]
            "told the true speeds and vehicles": by_truth(made),
        }
        rows += [{"feed": feed.name, "way": way, **roots(made, at)} for way, at in ways.items()]
        followed_rows.append({"feed": feed.name, **errors(followed(made))})
        print(*rows[-len(ways) :], followed_rows[-1], sep="\n")
    write_result(
        "queues",
        "Is the root of a true queue of at least 3 segments right, and how far are its length, "
        "delay and onset off where it was found?",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        followed=followed_rows,
        segments=network_of(feeds[0]).segment_count,
    )


if __name__ == "__main__":
    main()
