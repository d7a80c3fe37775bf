"""The rows of a minute, spread over the city's segments and lanes."""

import numpy as np
import pyarrow as pa
import pytest

from incidents.signs.city_arrays import city_arrays
from incidents.signs.lane_detectors import lane_detectors
from tests.incidents.city import START, avenue, minute_states, roadside

AVENUE = avenue()
DETECTORS = lane_detectors(AVENUE, roadside(AVENUE))  # two lanes a segment


def test_lists_as_long_as_a_segment_has_detectors_are_its_lanes() -> None:
    states = minute_states(AVENUE, 0, {"s1": ((3.0, 0.1, 36.0), (4.0, 0.2, 72.0))})
    city = city_arrays(AVENUE, DETECTORS, START, [states])
    first = DETECTORS.first[AVENUE.segment_ids.index("s1")]
    assert city.lane_counts[first : first + 2].tolist() == [3.0, 4.0]
    assert city.lane_speeds[first : first + 2] == pytest.approx([10.0, 20.0])


def test_what_a_detector_sent_that_is_not_believed_is_left_out() -> None:
    states = minute_states(AVENUE, 0, {"s1": ((3.0, 0.1, 36.0), (4.0, 0.2, 72.0))})
    believed = [[name != "s1", True] for name in AVENUE.segment_ids]
    states = states.set_column(
        states.schema.get_field_index("lane_believed"), "lane_believed", pa.array(believed)
    )
    city = city_arrays(AVENUE, DETECTORS, START, [states])
    first = DETECTORS.first[AVENUE.segment_ids.index("s1")]
    for values in (city.lane_counts, city.lane_occupancies, city.lane_speeds):
        assert np.isnan(values[first : first + 2]).tolist() == [True, False]


def test_lists_of_another_length_are_left_out_and_spoil_no_other_segment() -> None:
    states = minute_states(AVENUE, 0, {"s1": ((7.0, 0.1, 36.0),) * 3})
    whole = city_arrays(AVENUE, DETECTORS, START, [minute_states(AVENUE, 0, {})])
    city = city_arrays(AVENUE, DETECTORS, START, [states])
    first = DETECTORS.first[AVENUE.segment_ids.index("s1")]
    mine = np.zeros(len(DETECTORS), bool)
    mine[first : first + 2] = True
    assert np.isnan(city.lane_counts[mine]).all()
    assert city.lane_counts[~mine].tolist() == whole.lane_counts[~mine].tolist()


def test_lanes_are_doubted_where_their_segment_says_so() -> None:
    states = minute_states(AVENUE, 0, {})
    doubted = [name == "s1" for name in AVENUE.segment_ids]
    states = states.set_column(
        states.schema.get_field_index("lanes_doubted"), "lanes_doubted", pa.array(doubted)
    )
    city = city_arrays(AVENUE, DETECTORS, START, [states])
    first = DETECTORS.first[AVENUE.segment_ids.index("s1")]
    assert np.flatnonzero(city.lanes_doubted).tolist() == [first, first + 1]
