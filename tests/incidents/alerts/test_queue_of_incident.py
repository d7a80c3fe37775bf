"""The queue, delay and forecast of an incident's alert, worked out by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from congestion.queues.history import QueueHistory, QueueMinute
from incidents.detection import IncidentDetection
from incidents.records import Alert
from incidents.signs.city import CitySigns
from tests.incidents.city import START, avenue, calm_signs, roadside

AVENUE = avenue()
BESIDE = roadside(AVENUE)
CALM = calm_signs(AVENUE)
S3 = AVENUE.index_of("s3") or 0
KERB = 2 * S3  # two detectors on each street
FREE_MPS = 12.5


def queues(speeds_mps: dict[str, float], queued_m: dict[str, float] | None = None) -> QueueMinute:
    """Give the queues of streets that are driven so fast, the others freely, at 450 veh/h each."""
    n = AVENUE.segment_count
    speed = np.full(n, FREE_MPS)
    for name, mps in speeds_mps.items():
        speed[AVENUE.segment_ids.index(name)] = mps
    standing = [(queued_m or {}).get(name, 300.0) for name in AVENUE.segment_ids]
    return QueueHistory(AVENUE).step(
        CALM.minute_start, speed, np.full(n, FREE_MPS), np.array(standing), np.full(n, 450.0),
        np.full(n, np.nan),
    )  # fmt: skip


def dead_kerb_lane(now: QueueMinute, **changes: Any) -> CitySigns:
    """Give the signs of a city whose kerb lane in s3 is dead, with these queues."""
    dead = CALM.lanes.dead.copy()
    dead[KERB] = 10.0
    return replace(CALM, lanes=replace(CALM.lanes, dead=dead), queues=now, **changes)


def alert(now: QueueMinute) -> Alert:
    """Give the alert that opens."""
    (first,) = IncidentDetection(AVENUE, BESIDE).decide(dead_kerb_lane(now), START + 690.0)
    return first


# At 1.25 m/s 300 m take 240 s: 450 veh/h, one in 8 s, make 30 vehicles, which lose 0.9 of the
# minute.
LOST_VEH_H = 30 * 0.9 / 60
STANDS = 1.25


def test_of_a_queue_whose_head_lies_further_on_only_what_is_behind_the_root_is_its_own() -> None:
    now = queues(dict.fromkeys(("s2", "s3", "s4"), STANDS), {"s2": 120.0})
    found = alert(now)
    # The queue's head is s4, its tail 120 m up s2: 720 m, of which 300 lie ahead of s3.
    assert found.queue_segment_ids == ["s3", "s2"]
    assert found.queue_length_m == 420.0
    assert found.delay_veh_h == pytest.approx(2 * LOST_VEH_H, abs=1e-3)
    assert [point.queue_length_m for point in found.forecast] == [420.0] * 3


def test_an_incident_in_no_queue_still_counts_what_its_own_segment_loses() -> None:
    # At 6.25 m/s, half the free speed, 300 m take 48 s: 6 vehicles, which lose half the minute.
    found = alert(queues({"s3": 6.25}))
    assert (found.queue_segment_ids, found.queue_length_m, found.forecast) == ([], 0.0, [])
    assert found.delay_veh_h == pytest.approx(6 * 0.5 / 60, abs=1e-3)


def test_delay_adds_up_from_minute_to_minute_and_not_in_blind_ones() -> None:
    detector = IncidentDetection(AVENUE, BESIDE)
    now = queues({"s3": STANDS})
    grown = queues(dict.fromkeys(("s2", "s3"), STANDS))
    signs = [
        dead_kerb_lane(now),
        dead_kerb_lane(now),
        dead_kerb_lane(grown, is_blind=True),
        dead_kerb_lane(grown),
    ]
    alerts = {}
    for minute, each in enumerate(signs):
        now_signs = replace(each, minute_start=CALM.minute_start + 60.0 * minute)
        for found in detector.decide(now_signs, START):
            alerts[minute] = found
    # The queue has grown by 300 m, which no blind minute shows: it is told as a gap alone.
    assert any(e.seen.startswith("data gap") for e in alerts[2].evidence)
    assert (alerts[2].queue_length_m, alerts[2].delay_veh_h) == (
        alerts[0].queue_length_m,
        pytest.approx(2 * LOST_VEH_H, abs=1e-3),
    )
    assert alerts[0].delay_veh_h == pytest.approx(LOST_VEH_H, abs=1e-3)
    assert alerts[3].queue_length_m == 600.0
    assert alerts[3].delay_veh_h == pytest.approx((1 + 1 + 2) * LOST_VEH_H, abs=1e-3)


def test_hot_spots_stand_still_in_blind_minutes() -> None:
    detector = IncidentDetection(AVENUE, BESIDE)
    now = queues(dict.fromkeys(("s2", "s3"), STANDS))
    alerts = []
    for minute in range(12):  # blind from the fourth to the eighth
        signs = replace(
            CALM, queues=replace(now, minute_start=START + 60.0 * minute),
            minute_start=START + 60.0 * minute, is_blind=3 <= minute < 8,
        )  # fmt: skip
        alerts += [(minute, found) for found in detector.decide(signs, START)]
    ((minute, found),) = alerts
    assert minute == 9  # its fifth minute that was seen
    assert found.delay_veh_h == pytest.approx(5 * 2 * LOST_VEH_H, abs=1e-3)
