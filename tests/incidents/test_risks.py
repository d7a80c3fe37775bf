import math

import pytest

from incidents.detection import IncidentDetection
from incidents.records import iso
from incidents.risks import Risk, Risks
from tests.incidents.city import START, avenue, roadside, state_rows

NETWORK = avenue()


def jam(minute: int) -> dict[str, dict[str, float]]:
    """Give a queue that grows back from s5, while s3 behind it slows down."""
    rows: dict[str, dict[str, float]] = {}
    for name, since in (("s5", 10), ("s4", 13)):
        if minute >= since:
            rows[name] = {"speed_kmh": 3.0, "level": 5, "queue_length_m": 300.0, "occupancy": 0.8}
    if minute >= 15:
        rows["s3"] = {"speed_kmh": max(14.0, 45.0 - 12.0 * (minute - 14)), "occupancy": 0.3}
    return rows


def step(detection: IncidentDetection, minute: int, given: dict[str, dict[str, float]]) -> None:
    start = START + 60.0 * minute
    detection.step(start, start + 90.0, [state_rows(NETWORK, minute, given)], [])


def jammed() -> IncidentDetection:
    detection = IncidentDetection(NETWORK, roadside(NETWORK))
    for minute in range(18):
        step(detection, minute, jam(minute))
    return detection


def told(detection: IncidentDetection) -> Risks:
    assert detection.risks is not None
    return detection.risks


def test_a_place_behind_a_growing_queue_is_told_with_what_speaks_for_it():
    detection = jammed()
    found = told(detection)
    assert found.minute == iso(START + 60.0 * 17)
    assert found.event_time == iso(START + 60.0 * 17 + 90.0)
    assert (found.network, found.horizon_minutes) == (NETWORK.name, 15)
    (risk,) = [one for one in found.risks if one.segment_id == "s3"]
    assert isinstance(risk, Risk)
    assert risk.level >= 1
    assert risk.road_name == "Third Street"
    assert "Third Street" in risk.place_text.en and "Third Street" in risk.place_text.zh
    signs = risk.signs
    assert signs.limit_kmh == 50.0
    assert 0.25 * 50.0 <= signs.speed_kmh < 45.0
    assert signs.ahead_share is not None and signs.ahead_share < 0.25
    assert signs.queue_ahead_m is not None and signs.queue_ahead_m > 300.0
    assert signs.queue_growth_m is not None


def test_the_likeliest_place_comes_first_and_slow_ones_are_none():
    found = told(jammed()).risks
    assert [one.probability for one in found] == sorted(
        (one.probability for one in found), reverse=True
    )
    assert not {"s4", "s5"} & {one.segment_id for one in found}


def test_on_a_free_road_the_list_is_empty():
    detection = IncidentDetection(NETWORK, roadside(NETWORK))
    for minute in range(15):
        step(detection, minute, {})
    assert told(detection).risks == []


def test_a_blind_minute_says_nothing_and_changes_nothing():
    detection, other = jammed(), jammed()
    unseen = {
        name: {"quality": "filled", "flow_veh_h": math.nan, "detector_count": 0}
        for name in NETWORK.segment_ids
    }
    step(detection, 18, unseen)
    assert detection.risks is None
    step(detection, 19, jam(19))
    step(other, 19, jam(19))
    assert [one.segment_id for one in told(detection).risks] == [
        one.segment_id for one in told(other).risks
    ]


def test_a_restored_detection_tells_the_same():
    detection = jammed()
    heir = IncidentDetection(NETWORK, roadside(NETWORK))
    heir.restore(detection.snapshot())
    step(detection, 18, jam(18))
    step(heir, 18, jam(18))
    assert told(heir) == told(detection)
    assert told(heir).risks[0].probability == pytest.approx(told(detection).risks[0].probability)
