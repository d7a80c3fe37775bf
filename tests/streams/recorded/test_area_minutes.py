"""The indices of each area, minute by minute, from the states of its segments."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from congestion.records import STATES
from ingest.frames import Frame, FrameHeader, decode_frame
from streams.recorded.area_minutes import AreaMinutes
from streams.stages.minute_header import MinuteHeader
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, states_frame

ROAD = draw("A-a>B-b>C", cell_m=50).network


def frame(told: Mapping[str, Mapping[str, Any]]) -> Frame:
    """Give a minute of the road's only region."""
    batch = decode_frame(states_frame(MINUTE, told), STATES).batch
    header = MinuteHeader(region=0, minute=MINUTE, event_time=MINUTE + 90, sightings=[])
    return Frame(FrameHeader("estimate/0", payload=msgspec.Raw(msgspec.json.encode(header))), batch)


def test_a_segment_of_quality_unknown_counts_in_no_index():
    told = {
        "a": {"speed_kmh": 20.0, "free_flow_kmh": 50.0, "quality": "observed"},
        "b": {"speed_kmh": 5.0, "free_flow_kmh": 50.0, "quality": "unknown"},
    }
    areas = AreaMinutes(ROAD)
    areas.take(frame(told))
    last = areas.city()
    assert last is not None
    city = last[0]
    # Two streets of one length: with the second it would be (2.5 + 10) / 2.
    assert (city.tti, city.segment_count) == (pytest.approx(2.5), 1)
    assert (city.congested_share, city.tpi_mileage) == (0.0, 0.0)
    assert city.speed_kmh == pytest.approx(20.0, abs=0.05)


def test_a_minute_in_which_all_is_unknown_says_nothing():
    areas = AreaMinutes(ROAD)
    told = {name: {"speed_kmh": 5.0, "quality": "unknown"} for name in ("a", "b")}
    areas.take(frame(told))
    assert areas.city() is None
