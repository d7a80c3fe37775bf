"""Is the root of a queue right, its length, its delay, and since when it stands?

Runs the whole chain over the labelled recordings and scores its queues against those that truly
stood (`incidents/scoring/queues.py` has the rule). Beside them stand the plain way, connected
segments of level 3 and more, and the queues that follow from the true speeds and vehicles: what is
wrong there is the labels' or the queue's logic, not the estimate's.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.recordings import network_of, recordings, run
from benchmarks.result import write_result
from congestion.queues.find import Queues, find_queues
from congestion.queues.history import QueueHistory, QueueMinute
from congestion.queues.queue_settings import QueueSettings
from incidents.scoring.queues import RootScore, score_followed, score_roots
from incidents.scoring.true_queues import TrueTraffic, true_traffic
from ingest.kernels.arrays import Floats
from ingest.units import KMH, MINUTE_S
from mapmatch.network import Network

COLUMNS = {  # of the states, and what brings them to m/s
    "speed_kmh": KMH, "free_flow_kmh": KMH, "queue_length_m": 1.0, "flow_veh_h": 1.0,
    "occupancy": 1.0, "level": 1.0,
}  # fmt: skip
BY_LEVEL = 3


@dataclass(frozen=True)
class Recording:
    """The queues published of a feed, and its truth."""

    name: str
    network: Network
    states: dict[str, Floats]  # minutes x segments
    minutes: list[QueueMinute]
    truth: TrueTraffic

    def queues(self, minute: int) -> Queues:
        """Give the queues of the product."""
        return self.minutes[minute].queues

    def queues_by_level(self, minute: int) -> Queues:
        """Give the queues of the plain way: connected segments of level 3 and more."""
        states = self.states
        is_slow = states["level"][minute] >= BY_LEVEL
        speed = np.where(is_slow, states["speed_kmh"][minute], np.nan)
        everything = QueueSettings(standing_share=1.0, slow_share=1.0, least_storage_m=0.0)
        return find_queues(self.network, speed, states["free_flow_kmh"][minute], None, everything)


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
    times = pd.DatetimeIndex(np.sort(rows.interval_start.unique()))
    at = (
        times.get_indexer(pd.DatetimeIndex(rows.interval_start)),
        pd.Index(network.segment_ids).get_indexer(pd.Index(rows.segment_id)),
    )
    states = {}
    for name, scale in COLUMNS.items():
        states[name] = np.full((len(times), network.segment_count), np.nan)
        states[name][at] = rows[name].to_numpy() / scale
    history = QueueHistory(network)
    minutes = [
        history.step(
            MINUTE_S * k, states["speed_kmh"][k], states["free_flow_kmh"][k],
            states["queue_length_m"][k], states["flow_veh_h"][k], states["occupancy"][k],
        )
        for k in range(len(times))
    ]  # fmt: skip
    return Recording(feed.name, network, states, minutes, true_traffic(truth, network, times))


def root_row(score: RootScore) -> dict[str, Any]:
    """Give the figures of a row of the table."""
    return {
        "queues": score.queue_count, "root_right": _round(score.right_share),
        "queues_clear": score.clear_count, "root_right_clear": _round(score.clear_right_share),
        "queues_connected": score.connected_count,
        "root_right_connected": _round(score.connected_right_share),
    }  # fmt: skip


def followed_row(made: Recording) -> dict[str, Any]:
    """Give how far length, delay and onset are off."""
    score = score_followed(made.truth, made.minutes)
    assert score is not None
    return {
        "found": score.found_count,
        "true_length_m": _round(score.true_length_m),
        "length_m": _round(score.length_m),
        "length_error_m": _round(score.length_error_m),
        "true_delay_veh_h_a_minute": _round(score.true_delay_veh_h),
        "delay_veh_h_a_minute": _round(score.delay_veh_h),
        "delay_error_veh_h": _round(score.delay_error_veh_h),
        "onset_error_median_min": round(score.onset_error_median_min, 1),
        "onset_within_5_min": _round(score.onset_within_5_min),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def main() -> None:
    """Measure every recording and write the result."""
    rows, feeds, followed = [], recordings(), []
    for feed in feeds:
        made = open_recording(feed)
        ways: dict[str, Callable[[int], Queues]] = {
            "clearway": made.queues,
            "level 3 and more": made.queues_by_level,
            "by the true speeds and vehicles": made.truth.queues_by_speed,
        }
        rows += [
            {"feed": feed.name, "way": way, **root_row(score_roots(made.truth, at))}
            for way, at in ways.items()
        ]
        followed.append({"feed": feed.name, **followed_row(made)})
        print(*rows[-len(ways) :], followed[-1], sep="\n")
    write_result(
        "queues",
        "Is the root of a true queue of at least 3 segments right, and how far are its length, "
        "delay and onset off where it was found?",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        followed=followed,
        segments=network_of(feeds[0]).segment_count,
    )


if __name__ == "__main__":
    main()
