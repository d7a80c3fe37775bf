from dataclasses import replace

import numpy as np
import pytest

from congestion.queues.find import Queues
from congestion.queues.history import QueueHistory
from congestion.queues.hotspot_settings import HotSpotSettings
from congestion.queues.hotspots import HotSpot, HotSpots
from tests.congestion.queues.test_history import ROAD, minute_of
from tests.drawing import draw

FIVE = ROAD


def found(standing: list[str]) -> list[tuple[str, int]]:
    """Give the changes of hot spots over minutes in which the named segments stand."""
    history, spots, seen = QueueHistory(FIVE), HotSpots(), []
    for minute, names in enumerate(standing):
        seen += [(s.change, minute) for s in spots.step(minute_of(history, minute, names))]
    return seen


def test_a_hot_spot_opens_only_when_its_queue_lasts_and_clears_only_when_it_stays_away():
    # A queue's pace fades for a minute or two after it has gone.
    assert found(["cde"] * 4 + [""] * 9) == []
    assert [change for change, _ in found(["cde"] * 6 + [""] * 9)] == ["open", "cleared"]
    assert found(["cde"] * 6 + [""] * 9)[0] == ("open", 4)


def test_a_growing_hot_spot_is_published_again_with_the_same_onset():
    history, spots, seen = QueueHistory(FIVE), HotSpots(), []
    for minute, names in enumerate(["cde"] * 5 + ["abcde"]):
        seen += spots.step(minute_of(history, minute, names))
    assert [s.change for s in seen] == ["open", "updated"]
    assert {s.onset for s in seen} == {0.0}
    assert seen[1].delay_veh_h > seen[0].delay_veh_h > 0.0


def test_a_restored_hot_spot_goes_on_with_its_life():
    history, spots, again = QueueHistory(FIVE), HotSpots(), HotSpots()
    for minute in range(4):
        spots.step(minute_of(history, minute, "cde"))
    again.restore(spots.snapshot())
    assert [s.change for s in again.step(minute_of(history, 4, "cde"))] == ["open"]


def test_a_short_queue_is_no_hot_spot():
    short = draw("A-a>B-b>C-c>D", cell_m=25).network
    history, spots = QueueHistory(short), HotSpots()
    assert not any(spots.step(minute_of(history, minute, "b", short)) for minute in range(9))


NOTHING = np.full(1, np.nan)
NO_QUEUE = QueueHistory(draw("A-a>B").network).step(
    0.0, np.ones(1), np.ones(1), NOTHING, NOTHING, NOTHING
)


def step(spots: HotSpots, minute: int, length_m: float, delay: float = 0.25) -> list[HotSpot]:
    """Give what changes in a minute in which a queue of one segment, e, is so long; 0: none."""
    queue = np.flatnonzero([length_m > 0]).astype(np.int32)
    count = len(queue)
    queues = Queues(
        roots=queue, member_offsets=np.arange(count + 1, dtype=np.int32), members=queue,
        tails=queue, length_m=np.full(count, length_m), delay_s=np.zeros(count),
        root_of=np.where([length_m > 0], 0, -1).astype(np.int32),
        parent_of=np.full(1, -1, np.int32), reach_m=np.full(1, length_m),
    )  # fmt: skip
    start = 60.0 * minute
    now = replace(
        NO_QUEUE, minute_start=start, queues=queues, onset=np.full(count, start),
        delay_veh_h=np.full(1, delay),
    )  # fmt: skip
    return spots.step(now)


def life(lengths_m: list[float]) -> list[tuple[str, int, float]]:
    """Give change, minute and delay of every change over minutes of such lengths."""
    spots, seen = HotSpots(), []
    for minute, length_m in enumerate(lengths_m):
        seen += [(s.change, minute, s.delay_veh_h) for s in step(spots, minute, length_m)]
    return seen


def test_a_queue_of_250_m_opens_in_its_fifth_minute_with_the_delay_since_its_onset():
    assert life([250.0] * 5) == [("open", 4, 5 * 0.25)]
    assert life([249.0] * 20) == []


def test_five_minutes_must_be_in_a_row():
    assert life([250.0] * 4 + [200.0] + [250.0] * 4) == []
    # Its delay counts from the first minute on, in which it was already a queue.
    assert life([250.0] * 4 + [200.0] + [250.0] * 5) == [("open", 9, 10 * 0.25)]


def test_a_hot_spot_clears_in_its_fourth_minute_in_a_row_below_120_m():
    opened = [250.0] * 5
    # Each minute that there is a queue of it adds to the delay.
    assert life([*opened, *[119.0] * 4])[1:] == [("updated", 5, 6 * 0.25), ("cleared", 8, 9 * 0.25)]
    assert [change for change, *_ in life([*opened, *[120.0] * 9])] == ["open", "updated"]
    assert life([*opened, *[0.0] * 4])[1:] == [("cleared", 8, 5 * 0.25)]


def test_a_hot_spot_is_published_again_once_it_is_half_longer_or_half_shorter():
    opened = [400.0] * 5
    assert [minute for _, minute, _ in life([*opened, 599.0, 600.0])] == [4, 6]
    assert [minute for _, minute, _ in life([*opened, 201.0, 200.0])] == [4, 6]
    # The half is of what was published last.
    assert [minute for _, minute, _ in life([*opened, 600.0, 899.0, 900.0])] == [4, 5, 7]


def test_a_queue_that_was_no_hot_spot_is_forgotten_in_its_first_short_minute():
    # A queue that comes back is another one, with its own onset and delay.
    assert life([250.0] * 3 + [0.0] + [250.0] * 5) == [("open", 8, 5 * 0.25)]
    assert life([250.0] * 3 + [119.0] + [250.0] * 5) == [("open", 8, 5 * 0.25)]


def test_bounds_of_hot_spots_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="clear_length_m 300, expected at most open_length_m 250"):
        HotSpotSettings(clear_length_m=300.0)


def test_a_queue_after_a_silence_is_another_one():
    """Five minutes count only where nothing but a few is left out between them."""
    spots = HotSpots()
    changes = [step(spots, minute, 300.0) for minute in (0, 1, 2, 183, 184)]
    assert not any(changes)
    (spot,) = [s for minute in (185, 186, 187) for s in step(spots, minute, 300.0)]
    assert (spot.change, spot.minute) == ("open", 60.0 * 187)
    (gone,) = step(spots, 400, 300.0)
    assert (gone.change, gone.length_m, gone.minute) == ("cleared", 0.0, 60.0 * 400)


def test_a_queue_whose_sensors_are_in_doubt_opens_ten_minutes_later():
    history, spots = QueueHistory(FIVE), HotSpots()
    unsure, opened = np.ones(FIVE.segment_count, np.bool_), []
    for minute in range(20):
        made = spots.step(minute_of(history, minute, "cde"), unsure)
        opened += [minute for spot in made if spot.change == "open"]
    assert opened == [14]
    history, spots = QueueHistory(FIVE), HotSpots()
    unsure[FIVE.index_of("d")] = False  # a probe sees it
    assert [
        minute for minute in range(20)
        for spot in spots.step(minute_of(history, minute, "cde"), unsure) if spot.change == "open"
    ] == [4]  # fmt: skip


def test_a_queue_that_closes_into_a_loop_is_published_with_it_after_five_minutes():
    history, spots, seen = QueueHistory(FIVE), HotSpots(), []
    for minute in range(12):
        of = minute_of(history, minute, "cde")
        head = int(of.queues.roots[0])
        loops = {head: (head, head - 1)} if minute >= 3 else {}
        seen += spots.step(replace(of, loops=loops))
    assert [(s.change, bool(s.loop)) for s in seen] == [("open", False), ("updated", True)]
    assert seen[1].minute == 7 * 60.0
