"""What does a vehicle, a segment or a partition more cost?

Minutes of a city are run through the stages of one process as a broker would hand them out: a frame
a slice and partition, encoded and decoded. Vehicles grow on the same streets, streets under the
same vehicles, partitions under both. A slope says how a cost grows with what grows: 0 not at all,
1 as much. Of a recording only what comes before its end is taken.
"""

import argparse
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cost.city_size import make_city
from benchmarks.recordings import SMALL
from benchmarks.result import write_result
from ingest.recorded.feed import Feed, open_feed
from ingest.recorded.slices import slices
from streams import topics
from streams.chain import Chain, open_chain
from streams.cli.options import cache_folder
from streams.recorded.slice_messages import frames_of, replay_channel
from streams.settings import Settings, load_settings
from streams.stages.estimate_inputs import INPUTS
from streams.stages.messages import Incoming, Outgoing
from streams.stages.stage import Stage

MINUTES = 4.0
VEHICLES = 109
STAGES = ("match", "estimate", "detect", "encoding")
CITIES: dict[str, tuple[tuple[int, ...], Callable[[int], tuple[int, int, int]]]] = {
    "vehicles": ((1, 10, 100), lambda times: (1, VEHICLES * times, 1)),
    "segments": ((1, 10), lambda times: (times, 10 * VEHICLES, 1)),
    "partitions": ((1, 10, 30), lambda times: (10, 10 * VEHICLES, times)),
}
"""What grows, how many times, and the tiles, vehicles and partitions of a city of so many. Source:
chosen; a hundred partitions send ten thousand messages a slice."""


class Partitions:
    """Every partition's stages in one process; counts what each kind takes of the processor."""

    def __init__(self, chain: Chain, count: int) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.messages = Counter[str]()
        self.segment_minutes = 0
        self._offsets = Counter[tuple[str, int]]()
        match = [chain.match_stage(number) for number in range(count)]
        estimate = [chain.estimate_stage(number) for number in range(count)]
        self._stages: dict[str, tuple[str, list[Stage]]] = {
            topics.FIXES: ("match", list(match)),
            **{topic: ("estimate", list(estimate)) for topic in INPUTS},
            topics.STATES: ("detect", [chain.detect_stage()]),
        }

    def send(self, outgoing: Iterator[Outgoing]) -> None:
        """Deliver messages, and all that comes of them."""
        waiting = deque(outgoing)
        while waiting:
            out = waiting.popleft()
            if out.topic not in self._stages:
                continue
            if out.topic == topics.STATES and not isinstance(out.content, bytes):
                self.segment_minutes += out.content.batch.num_rows
            with self._counted("encoding"):
                content = out.encode()
            name, stages = self._stages[out.topic]
            place = out.topic, out.partition
            message = Incoming(*place, self._offsets[place], content)
            self._offsets[place] += 1
            with self._counted(name):
                waiting.extend(stages[out.partition].take(message))

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        began = time.thread_time()
        yield
        self.seconds[name] += time.thread_time() - began
        self.messages[name] += 1


def measure(feed: Feed, chain: Chain, settings: Settings) -> dict[str, Any]:
    """Run a recording; give what it took."""
    assert feed.fixes is not None
    count = settings.topics.partitions
    partitions, clocks, channel = Partitions(chain, count), settings.clocks, replay_channel(feed)
    fixes = 0
    for piece in slices(feed, clocks.lateness_s, clocks.slice_s, skips_silence=True):
        if piece.is_closing:
            break
        fixes += piece.fixes.num_rows
        partitions.send(frames_of(piece, channel, chain.city, count))
    seconds = partitions.seconds
    vehicles = len(feed.fixes["vehicle_id"].unique())
    segment_minutes = partitions.segment_minutes
    return {
        "vehicles": vehicles, "segments": chain.city.network.segment_count,
        "regions": chain.city.network.region_count, "partitions": count, "fixes": fixes,
        "segment_minutes": segment_minutes, "messages": partitions.messages["encoding"],
        **{f"{name}_cpu_s": round(spent, 2) for name, spent in seconds.items()},
        "cpu_s": round(sum(seconds.values()), 2),
        "match_us_a_fix": round(1e6 * seconds["match"] / fixes, 1),
        "estimate_us_a_segment_minute": round(1e6 * seconds["estimate"] / segment_minutes, 1),
    }  # fmt: skip


def grown(
    what: str, times: int, minutes: float, tiles: int, vehicles: int, partitions: int
) -> dict[str, Any]:
    """Give the row of a city of so many tiles, vehicles and partitions."""
    settings = load_settings(None, overrides={"topics": {"partitions": partitions}})
    with tempfile.TemporaryDirectory() as folder:
        feed = open_feed(make_city(Path(folder), minutes, tiles, vehicles))
        assert feed.manifest.network is not None
        chain = open_chain(feed.manifest.network, cache_folder(), feed.assets, settings)
        chain.warm_up()
        row = {"grows": what, "times": times, **measure(feed, chain, settings)}
    print(row, flush=True)
    return row


def with_slopes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add how each row's cost grew since the row of the same kind before it."""
    kept = []
    for before, row in zip([None, *rows[:-1]], rows, strict=True):
        slope = None
        if before is not None and before["grows"] == row["grows"]:
            factor = row["cpu_s"] / before["cpu_s"], row["times"] / before["times"]
            slope = round(float(np.log(factor[0]) / np.log(factor[1])), 2)
        kept.append({**row, "slope": slope})
    return kept


def main() -> None:
    """Measure what grows, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    given = parser.parse_args()
    rows = [
        grown(what, times, given.minutes, *city(times))
        for what, (several, city) in CITIES.items()
        for times in several
    ]
    question = "What does a vehicle, a segment or a partition more cost on one core?"
    write_result("growth", question, with_slopes(rows), data=[SMALL])


if __name__ == "__main__":
    main()
