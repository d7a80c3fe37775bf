"""Queues against those that truly stood: roots, lengths, delay and onset, by hand."""

import numpy as np
import pandas as pd

from congestion.queues.find import find_queues
from congestion.queues.history import QueueHistory
from congestion.queues.queue_settings import QueueSettings
from incidents.scoring.queues import covering_root, score_followed, score_roots
from incidents.scoring.true_queues import TrueTraffic, true_traffic
from mapmatch.network import Network
from tests.drawing import draw

START = pd.Timestamp("2026-09-22T00:00:00Z")
FREE = 50.0 / 3.6
# Driven from left to right, each 100 m long; e leaves the road at D.
ROAD = draw(
    """
    A-a>B-b>C-c>D-d>E
                |
                e
                v
                F
    """,
    cell_m=25,
).network


def minutes_of(labels: list[dict[str, str | None]], network: Network = ROAD) -> pd.DataFrame:
    """Give the truth of minutes in which the named segments crawl, each naming the one ahead."""
    rows = [
        (name, START + pd.Timedelta(minutes=minute), 5.0 if name in slow else 50.0, name in slow,
         slow.get(name), 6, 0 if name in slow else 6)
        for minute, slow in enumerate(labels)
        for name in network.segment_ids
    ]  # fmt: skip
    columns = [
        "link_id", "interval_start", "speed_kmh", "congested", "queue_next_link_id", "entered",
        "left",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def truth_of(labels: list[dict[str, str | None]], network: Network = ROAD) -> TrueTraffic:
    times = pd.date_range(START, periods=len(labels), freq="min")
    return true_traffic(minutes_of(labels, network), network, pd.DatetimeIndex(times))


def found(slow: str, network: Network = ROAD):
    """Give the queues found where the named segments crawl."""
    speed = np.array([1.0 if name in slow else FREE for name in network.segment_ids])
    free = np.full(network.segment_count, FREE)
    return find_queues(network, speed, free, None, QueueSettings())


def at(name: str, network: Network = ROAD) -> int:
    index = network.index_of(name)
    assert index is not None
    return index


BACK_FROM_C = {"a": "b", "b": "c", "c": "c"}


def test_a_true_queue_is_what_the_labels_link_to_one_root() -> None:
    (queue,) = truth_of([BACK_FROM_C]).queues[0]
    assert queue.root == at("c")
    assert sorted(queue.members) == sorted([at("a"), at("b"), at("c")])
    assert round(queue.length_m) == 300


def test_a_root_on_a_segment_next_to_the_true_one_is_right_and_one_further_is_wrong() -> None:
    truth = truth_of([BACK_FROM_C])
    assert score_roots(truth, lambda _: found("abc")).right_share == 1.0
    assert score_roots(truth, lambda _: found("abcd")).right_share == 1.0
    assert score_roots(truth, lambda _: found("a")).right_share == 0.0
    assert score_roots(truth, lambda _: found("")).right_share == 0.0


def test_a_queue_of_two_segments_is_not_scored() -> None:
    score = score_roots(truth_of([{"b": "c", "c": "c"}]), lambda _: found("bc"))
    assert (score.queue_count, score.right_share) == (0, None)


def test_congested_segments_that_touch_are_one_queue_with_a_root_at_each_end() -> None:
    # By the labels two queues, one of them too short to be scored; they touch at D.
    truth = truth_of([{"b": "c", "c": "d", "d": "d", "e": "e"}])
    (touching,) = truth.touching(0)
    assert sorted(touching.ends) == sorted([at("d"), at("e")])
    score = score_roots(truth, lambda _: found("bcde"))
    assert (score.queue_count, score.connected_count) == (1, 1)
    assert score.connected_right_share == 1.0


def test_a_true_queue_behind_a_short_segment_that_stands_is_not_clear() -> None:
    road = draw("A----a>B----b>C----c>D-s>E", cell_m=17).network  # s, 68 m, has no label
    labelled = {"a": "b", "b": "c", "c": "c"}
    truth = truth_of([labelled], road)
    assert truth.queues[0][0].is_clear
    rows = minutes_of([labelled], road)
    rows.loc[rows.link_id == "s", "speed_kmh"] = 5.0
    behind = true_traffic(rows, road, pd.DatetimeIndex([START]))
    assert not behind.queues[0][0].is_clear


def test_the_queue_that_covers_most_metres_of_a_true_one_is_asked_for_its_root() -> None:
    queues = found("a" + "cd")
    assert covering_root(ROAD, queues, [at("a"), at("c"), at("d")]) == at("d")
    assert covering_root(ROAD, queues, [at("b")]) is None


def test_the_queue_behind_a_segment_reaches_to_the_last_that_backs_up_from_it() -> None:
    behind = truth_of([BACK_FROM_C]).length_behind(0)
    assert {name: round(behind[at(name)]) for name in "abc"} == {"a": 100, "b": 200, "c": 300}


def test_without_labels_the_true_speeds_and_vehicles_say_what_backs_up() -> None:
    slow = {"a": None, "b": None, "c": None}
    # Six more vehicles enter each minute than leave: full after some minutes.
    truth = truth_of([slow] * 6)
    (queue,) = truth.queues[5]
    assert queue.root == at("c")
    assert sorted(queue.members) == sorted([at("a"), at("b"), at("c")])


def test_length_delay_and_onset_are_scored_where_the_root_was_found() -> None:
    # Congested from minute 4 on; the queue is found from minute 6 on, two minutes late.
    labels: list[dict[str, str | None]] = [{} if k < 4 else dict(BACK_FROM_C) for k in range(12)]
    truth, history = truth_of(labels), QueueHistory(ROAD)
    n = ROAD.segment_count
    free, nothing = np.full(n, FREE), np.full(n, np.nan)
    minutes = []
    for k in range(12):
        slow = "abc" if k >= 6 else ""
        speed = np.array([1.0 if name in slow else FREE for name in ROAD.segment_ids])
        minutes.append(history.step(60.0 * k, speed, free, ROAD.length_m, nothing, nothing))
    score = score_followed(truth, minutes)
    assert score is not None
    assert score.found_count == 2  # minutes 10 and 11; before that the recording warms up
    assert round(score.true_length_m) == round(score.length_m) == 300
    assert score.length_error_m < 1.0
    assert score.onset_error_median_min == 2.0
    assert score.onset_within_5_min == 1.0
    # In minute k three segments hold 6 (k - 3) vehicles each, at 5 of the 60 km/h of their limit.
    lost = [3 * 6 * (k - 3) * (1 - 5 / 60) / 60 for k in (10, 11)]
    assert abs(score.true_delay_veh_h - np.mean(lost)) < 1e-6
