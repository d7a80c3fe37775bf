import numpy as np
import pytest

from congestion.kernels.probes import DISTANCE, PROBE_FIELDS, QUEUED, STANDING, TIME
from congestion.region import Region, region_of
from congestion.roadside import Roadside
from congestion.seen.sums import (
    COUNTED,
    FELT,
    FLOW,
    LANES_COUNTED,
    OCCUPANCY,
    OF_TAXIS,
    SUM_FIELDS,
    TAIL,
)
from congestion.states.features import SpansSeen, dwell, features, rows_of, steady_speeds
from congestion.states.neighbours import fixed_neighbour_features, neighbour_features
from tests.drawing import draw

ROADS = draw(
    """
                G
                ^
                c
                |
    A-a>B---b-->C--d->D-e>E
                ^
                f
                |
                F
    """,
    cell_m=25,
    free_speed_kmh=36,
    signals="D",
    banned=[("f", "c")],
)
A, B, C, D, E, F = (ROADS.segment(name) for name in "abcdef")


def drawn() -> Region:
    return region_of(ROADS.network, 0, Roadside())


def driven(*rows: tuple[int, float, float]) -> np.ndarray:
    """Sums of six segments where taxis drove (segment, metres, seconds)."""
    sums = np.zeros((6, SUM_FIELDS))
    for segment, metres, seconds in rows:
        sums[segment, OF_TAXIS + DISTANCE] = metres
        sums[segment, OF_TAXIS + TIME] = seconds
    return sums


def around(fresh: np.ndarray, memories: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Every feature of the neighbours."""
    memories = np.stack([fresh] * 3) if memories is None else memories
    spans = SpansSeen(drawn(), fresh, memories)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {k: make() for k, make in neighbour_features(spans).items()}


def test_a_steady_speed_begins_with_what_the_longer_span_knew():
    cold, nothing = np.full(1, 10.0), np.zeros((1, PROBE_FIELDS))
    stood = nothing.copy()
    stood[0, TIME] = 30.0
    assert steady_speeds(cold, [nothing, nothing])[-1] == pytest.approx(10.0)
    # 30 s at 10 m/s believed and 30 s standing: 300 m in 60 s, and so again
    assert [v[0] for v in steady_speeds(cold, [stood, stood])] == pytest.approx([5.0, 2.5])


def test_many_probes_leave_little_of_what_was_known_before():
    crowd = np.zeros((1, PROBE_FIELDS))
    crowd[0, DISTANCE], crowd[0, TIME] = 6000.0, 3000.0
    assert steady_speeds(np.full(1, 15.0), [crowd])[0] == pytest.approx(2.0, rel=0.1)


def test_dwell_is_the_time_a_vehicle_holds_a_lanes_detector_over_any_span():
    sums = np.zeros((3, SUM_FIELDS))
    # two lanes with 5 vehicles a minute each, a quarter of it occupied: 15 s for 5 vehicles
    sums[0, [OCCUPANCY, FELT, FLOW, LANES_COUNTED, COUNTED]] = 0.25, 1.0, 600.0, 2.0, 1.0
    sums[1] = 2.5 * sums[0]
    assert dwell(sums)[:2] == pytest.approx([3.0, 3.0])
    assert np.isnan(dwell(sums)[2])


def test_an_occupied_detector_that_counts_nobody_holds_one_for_longer_than_the_minute():
    sums = np.zeros((1, SUM_FIELDS))
    sums[0, [OCCUPANCY, FELT, LANES_COUNTED, COUNTED]] = 1.0
    assert dwell(sums)[0] > 60.0


def test_a_dwell_is_compared_with_the_usual_one():
    usual = np.zeros((6, SUM_FIELDS))
    usual[:, [OCCUPANCY, FELT, FLOW, LANES_COUNTED, COUNTED]] = 0.1, 1.0, 600.0, 1.0, 1.0
    now = usual.copy()
    now[B, OCCUPANCY] = 0.4
    made = features(SpansSeen(drawn(), now, np.stack([usual] * 3)))
    assert rows_of(made, ["dwell_ratio_now"])[[A, B], 0] == pytest.approx([1.0, 4.0])


def test_the_slowest_way_out_is_one_of_those_that_were_seen():
    made = around(driven((C, 40.0, 40.0), (D, 400.0, 40.0)))
    least, most = made["down_least_now"], made["down_most_now"]
    assert least[B] < 0.4 < most[B]
    assert least[F] == most[F] == most[B]  # d is all that f leads to
    assert np.isnan(least[A])  # b was not seen
    assert np.isnan(least[E])  # nothing follows


def test_what_was_never_seen_is_steady_at_what_is_to_be_expected_of_it():
    made = around(np.zeros((6, SUM_FIELDS)))
    assert made["down_steady_now"][[A, B, D, F]] == pytest.approx([1.0] * 4)
    assert np.isnan(made["down_steady_now"][[C, E]]).all()


def test_a_stop_is_felt_two_segments_back_and_from_beside():
    made = around(driven((D, 0.0, 300.0)))
    assert made["down_steady_now"][A] == pytest.approx(1.0)
    assert made["down_steady_next_but_one"][A] < 0.6  # a, b, then half of it d
    assert made["up_steady_next_but_one"][E] == pytest.approx(1.0)
    # c is beside it; of the two ways into d, from b goes half of all beside it and from f none
    assert made["side_steady"][C] == pytest.approx(made["down_steady_now"][B])
    assert made["side_steady"][D] == pytest.approx(np.mean(made["down_steady_now"][[B, F]]))
    assert made["down_steady_least"][B] < 0.1


def test_neighbours_are_weighed_by_the_time_spent_on_them():
    sums = driven((C, 0.0, 10.0), (D, 100.0, 30.0))
    sums[C, OF_TAXIS + STANDING] = sums[C, OF_TAXIS + QUEUED] = 10.0
    assert around(sums)["down_standing_now"][B] == pytest.approx(0.25)
    assert around(sums)["down_queued_now"][B] == pytest.approx(0.25)


def test_lengths_signals_and_ways_in_are_features_of_both_sides():
    made = fixed_neighbour_features(drawn())
    assert made["down_length_m"][B] == pytest.approx(125.0)  # 100 and 150
    assert made["up_length_m"][D] == pytest.approx(150.0)  # 200 and 100
    assert made["down_signal"][B] == pytest.approx(0.5)  # d ends at one, c does not
    assert made["down_ways_in"][B] == pytest.approx(1.5)  # one into c, two into d


def test_a_speed_is_a_share_of_the_limit():
    region = drawn()
    quiet = np.zeros((6, SUM_FIELDS))
    made = features(SpansSeen(region, quiet, np.stack([quiet] * 3)))
    assert np.allclose(
        rows_of(made, ["steady_now"])[:, 0], region.cold_mps / region.limit_mps, rtol=1e-6
    )


def test_a_tail_is_given_in_metres_and_as_a_share_of_the_road():
    sums = np.zeros((6, SUM_FIELDS))
    sums[B, TAIL] = 50.0
    made = features(SpansSeen(drawn(), sums, np.stack([sums] * 3)))
    assert rows_of(made, ["tail_now", "tail_share_now"])[B] == pytest.approx([50.0, 0.25])
    assert around(sums)["down_tail_share_now"][A] == pytest.approx(0.25)
