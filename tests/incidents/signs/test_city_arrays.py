"""The states of a minute as arrays over the city's segments."""

import numpy as np

from incidents.signs.city_arrays import city_arrays
from incidents.signs.lane_detectors import lane_detectors
from tests.incidents.city import START, avenue, roadside, state_rows

AVENUE = avenue()


def test_a_segment_of_quality_unknown_has_neither_speed_nor_level():
    told = {
        "s1": {"speed_kmh": 36.0, "level": 1, "quality": "observed"},
        "s2": {"speed_kmh": 36.0, "level": 4, "quality": "unknown", "probe_count": 0},
    }
    detectors = lane_detectors(AVENUE, roadside(AVENUE))
    made = city_arrays(AVENUE, detectors, START, [state_rows(AVENUE, 0, told)])
    s1, s2 = AVENUE.index_of("s1"), AVENUE.index_of("s2")
    assert (made.speed[s1], made.level[s1]) == (10.0, 1.0)
    assert np.isnan(made.speed[s2]) and np.isnan(made.level[s2])
