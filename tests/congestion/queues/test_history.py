from itertools import pairwise

import numpy as np
import pytest

from congestion.queues.forecast import ForecastModel, Horizon, read_forecast_model
from congestion.queues.history import BACKWARD_WAVE_MPS, QueueHistory, QueueMinute
from mapmatch.network import Network
from tests.drawing import draw

FREE = 50.0 / 3.6
ROAD = draw("A-a>B-b>C-c>D-d>E-e>F-f>G", cell_m=25).network


def minute_of(
    history: QueueHistory,
    minute: int,
    standing: str,
    network: Network = ROAD,
    flow: float = 600.0,
    occupied: float = np.nan,
) -> QueueMinute:
    """Step the history by a minute in which the named segments stand."""
    stands = np.array([name in standing for name in network.segment_ids])
    n = network.segment_count
    speed = np.where(stands, 0.2, FREE)
    queued = np.where(stands, 100.0, 0.0)
    occupancy = np.full(n, occupied)
    return history.step(60.0 * minute, speed, np.full(n, FREE), queued, np.full(n, flow), occupancy)


def index(name: str) -> int:
    found = ROAD.index_of(name)
    assert found is not None
    return found


def test_a_segment_that_queues_after_the_one_ahead_backs_up_from_its_root():
    history = QueueHistory(ROAD)
    for minute, standing in enumerate(["e", "e", "de", "de", "cde"]):
        now = minute_of(history, minute, standing)
    assert [ROAD.segment_ids[i] for i in now.spilled_back(0)] == ["d", "c"]
    assert now.since[index("d")] == 120.0
    assert now.onset[0] == 0.0


def test_a_segment_that_queued_before_a_wave_could_reach_it_is_its_own_origin():
    long = draw("A-a>B-------------------b------------------->C-c>D", cell_m=25).network
    history = QueueHistory(long)
    now = minute_of(history, 0, "ab", long)
    assert now.queues.root_of[0] == 1
    assert now.origin_of.tolist() == [0, 1, -1]
    # 1000 m at the speed of a backward wave take about three minutes, and one is the resolution.
    history = QueueHistory(long)
    for minute in range(5):
        now = minute_of(
            history, minute, "b" if minute * 60 < 1000 / BACKWARD_WAVE_MPS else "ab", long
        )
    assert now.origin_of.tolist() == [1, 1, -1]


def test_a_loop_in_a_gap_between_vehicles_that_stand_does_not_empty_the_queue():
    history = QueueHistory(ROAD)
    minute_of(history, 0, "de", flow=300.0, occupied=0.7)
    for minute in range(1, 6):
        now = minute_of(history, minute, "de", flow=0.0, occupied=0.0)
    assert now.queues.roots.tolist() == [index("e")]


def test_a_queue_that_drove_off_over_the_loop_leaves_room():
    history = QueueHistory(ROAD)
    minute_of(history, 0, "de", flow=300.0, occupied=0.7)
    for minute in range(1, 6):
        now = minute_of(history, minute, "de", flow=300.0, occupied=0.0)
    assert now.queues.roots.tolist() == [index("d"), index("e")]


def test_growth_is_given_in_metres_a_minute_and_a_queue_that_stays_has_none():
    grows, stays = QueueHistory(ROAD), QueueHistory(ROAD)
    for minute, standing in enumerate(["e", "de", "cde", "bcde"]):
        now, still = minute_of(grows, minute, standing), minute_of(stays, minute, "e")
    assert 50.0 < now.growth_of(0) < 100.0  # one segment of 100 m a minute, believed step by step
    assert still.growth_of(0) == 0.0


def test_length_and_growth_are_followed_by_half_and_a_sixth_of_what_surprises():
    # alpha = 0.5, beta = alpha^2 / (2 - alpha) = 1/6 of the surprise, each minute.
    history = QueueHistory(ROAD)
    growths = [
        minute_of(history, m, standing).growth_of(0)
        for m, standing in enumerate(["e", "de", "cde"])
    ]
    # 100 m, then 200 where 100 were expected: the filter is at 150 and at 100 / 6 a minute.
    # Then 300 where 150 + 16.67 were expected: 133.3 more, a sixth of which is 22.2.
    assert growths == pytest.approx([0.0, 100 / 6, 100 / 6 + (300 - 150 - 100 / 6) / 6])


def test_a_queue_that_jumps_by_more_than_a_wave_travels_in_a_minute_is_anothers():
    # 5.5 m/s for a minute are 330 m: 300 more is growth, 400 more is another queue.
    far, near = QueueHistory(ROAD), QueueHistory(ROAD)
    for history in (far, near):
        minute_of(history, 0, "f")
    assert minute_of(near, 1, "cdef").growth_of(0) == pytest.approx(300 / 6)
    assert minute_of(far, 1, "bcdef").growth_of(0) == 0.0


def test_a_queue_shrinks_as_it_grows():
    history = QueueHistory(ROAD)
    minute_of(history, 0, "de")
    queued = np.array([0.0, 0.0, 0.0, 40.0, 100.0, 0.0])  # only 40 m of d are still queued
    speed = np.where(queued > 0, 0.2, FREE)
    nothing = np.full(6, np.nan)
    now = history.step(60.0, speed, np.full(6, FREE), queued, nothing, nothing)
    assert now.queues.length_m.tolist() == [140.0]
    assert now.growth_of(0) == pytest.approx(-60 / 6)


def test_a_queue_is_forecast_to_stay_between_shares_that_were_learnt():
    model = ForecastModel("drawn", "drawn", (Horizon(5, 0.5, 2.0), Horizon(15, 0.25, 3.0)))
    history = QueueHistory(ROAD, model=model)
    minute_of(history, 0, "ade")
    now = minute_of(history, 1, "ade")
    assert now.forecast_minutes == (5, 15)
    assert now.low_m.tolist() == [[50.0, 25.0], [100.0, 50.0]]
    assert now.high_m.tolist() == [[200.0, 300.0], [400.0, 600.0]]


def test_a_forecast_of_no_queues_is_empty():
    now = minute_of(QueueHistory(ROAD), 0, "")
    assert now.low_m.shape == now.high_m.shape == (0, 3)


def test_a_queue_interrupted_for_a_minute_keeps_its_onset_and_one_gone_for_long_does_not():
    history = QueueHistory(ROAD)
    for minute, standing in enumerate(["e", "", "e"]):
        now = minute_of(history, minute, standing)
    assert now.onset.tolist() == [0.0]
    for minute, standing in enumerate([""] * 12 + ["e"], 3):
        now = minute_of(history, minute, standing)
    assert now.onset.tolist() == [15 * 60.0]


def test_vehicle_hours_are_those_on_the_segment_times_the_share_of_the_minute_lost():
    now = minute_of(QueueHistory(ROAD), 0, "e", flow=72.0)
    # 72 veh/h for 500 s (100 m at 0.2 m/s, believed at 0.3) are 6.7 vehicles.
    vehicles = 72.0 / 3600 * 100 / 0.3
    assert now.delay_veh_h[index("e")] == pytest.approx(vehicles / 60 * (1 - 0.2 / FREE))
    assert now.delay_veh_h[index("a")] == 0.0


@pytest.mark.parametrize(("lost_s", "outlasts"), [(119.0, False), (121.0, True)])
def test_a_queue_that_costs_more_than_a_cycle_of_120_s_does_not_clear_in_one(lost_s, outlasts):
    free = np.full(6, FREE)
    speed = free.copy()
    speed[index("e")] = 100.0 / (100.0 / FREE + lost_s)  # 100 m driven in so much longer
    nothing = np.full(6, np.nan)
    now = QueueHistory(ROAD).step(0.0, speed, free, np.zeros(6), nothing, nothing)
    assert now.outlasts_cycle.tolist() == [outlasts]


def test_a_restored_history_goes_on_as_if_nothing_had_happened():
    history, again = QueueHistory(ROAD), QueueHistory(ROAD)
    for minute, standing in enumerate(["e", "de", "cde"]):
        minute_of(history, minute, standing, occupied=0.6)
    again.restore(history.snapshot())
    one, other = (minute_of(w, 3, "bcde", flow=0.0, occupied=0.0) for w in (history, again))
    assert np.array_equal(one.queues.root_of, other.queues.root_of)
    assert np.array_equal(one.since, other.since, equal_nan=True)
    assert np.array_equal(one.high_m, other.high_m)
    with pytest.raises(ValueError, match=r"shape \(2,\), expected \(6,\)"):
        again.restore(QueueHistory(draw("A-a>B-b>C").network).snapshot())


def test_the_shipped_forecast_says_how_it_was_learnt_and_a_broken_one_is_refused(tmp_path):
    model = read_forecast_model()
    assert [h.minutes for h in model.horizons] == [5, 10, 15]
    assert all(later.low <= h.low and later.high >= h.high for h, later in pairwise(model.horizons))
    assert "queue_forecast" in model.learnt_how
    (tmp_path / "broken.toml").write_text("horizons = 3")
    with pytest.raises(ValueError, match=r"broken\.toml: no model of queue forecasts"):
        read_forecast_model(tmp_path / "broken.toml")


@pytest.mark.parametrize(("free", "onset_s"), [(2, 0.0), (3, 240.0)])
def test_a_segment_that_was_not_slow_for_over_three_minutes_begins_to_queue_anew(free, onset_s):
    # A pace is half the minute's and half of what it was: after standing at 0.2 m/s, 5 s a metre,
    # it is slow for minutes. Standing at 3.9 m/s, 0.28 of free flow, it is so for that minute only.
    history = QueueHistory(ROAD)
    speeds = [3.9, *[FREE] * free, 0.2]
    for minute, mps in enumerate(speeds):
        speed = np.full(6, FREE)
        speed[index("e")] = mps
        nothing = np.full(6, np.nan)
        now = history.step(60.0 * minute, speed, np.full(6, FREE), nothing, nothing, nothing)
    assert now.onset.tolist() == [onset_s]
