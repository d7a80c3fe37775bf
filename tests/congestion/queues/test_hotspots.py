from congestion.queues.history import QueueWatch
from congestion.queues.hotspots import HotSpots
from tests.congestion.queues.test_history import ROAD, minute_of
from tests.drawing import draw

FIVE = ROAD


def told(standing: list[str]) -> list[tuple[str, int]]:
    """Give the changes of hot spots over minutes in which the named segments stand."""
    watch, spots, seen = QueueWatch(FIVE), HotSpots(), []
    for minute, names in enumerate(standing):
        seen += [(s.change, minute) for s in spots.step(minute_of(watch, minute, names))]
    return seen


def test_a_hot_spot_opens_only_when_its_queue_lasts_and_clears_only_when_it_stays_away():
    # A queue's pace fades for a minute or two after it has gone.
    assert told(["cde"] * 4 + [""] * 9) == []
    assert [change for change, _ in told(["cde"] * 6 + [""] * 9)] == ["open", "cleared"]
    assert told(["cde"] * 6 + [""] * 9)[0] == ("open", 4)


def test_a_growing_hot_spot_is_told_again_and_keeps_its_onset():
    watch, spots, seen = QueueWatch(FIVE), HotSpots(), []
    for minute, names in enumerate(["cde"] * 5 + ["abcde"]):
        seen += spots.step(minute_of(watch, minute, names))
    assert [s.change for s in seen] == ["open", "updated"]
    assert {s.onset for s in seen} == {0.0}
    assert seen[1].delay_veh_h > seen[0].delay_veh_h > 0.0


def test_a_restored_hot_spot_goes_on_with_its_life():
    watch, spots, again = QueueWatch(FIVE), HotSpots(), HotSpots()
    for minute in range(4):
        spots.step(minute_of(watch, minute, "cde"))
    again.restore(spots.snapshot())
    assert [s.change for s in again.step(minute_of(watch, 4, "cde"))] == ["open"]


def test_a_short_queue_is_no_hot_spot():
    short = draw("A-a>B-b>C-c>D", cell_m=25).network
    watch, spots = QueueWatch(short), HotSpots()
    assert not any(spots.step(minute_of(watch, minute, "b", short)) for minute in range(9))
