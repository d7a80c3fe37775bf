"""How signs are weighed together: each weight by an example worked out by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from congestion.profile.usual_speed import UsualMinute
from incidents.alerts.budget import AlarmBudget
from incidents.detection import IncidentDetection
from incidents.judgement import weighing
from incidents.judgement.suspect import Suspect
from incidents.judgement.weighing import (
    confirmed_by_cameras,
    strongest,
    weigh_only,
    weigh_segments,
)
from incidents.records import Alert
from incidents.seen_words import Seen
from incidents.settings import DetectionSettings, JudgementSettings
from incidents.signs.cameras import CameraSign
from incidents.signs.city import CitySigns
from incidents.signs.lane_detectors import lane_detectors
from tests.incidents.city import avenue, calm_signs, roadside

AVENUE = avenue()
BESIDE = roadside(AVENUE, lanes=3)
DETECTORS = lane_detectors(AVENUE, BESIDE)
CALM = calm_signs(AVENUE, lanes=3)
S1, S2, S3, S4, S5 = (AVENUE.index_of(f"s{number}") or 0 for number in range(1, 6))
KERB, MIDDLE, LEFT = (int(DETECTORS.first[S3]) + lane for lane in range(3))  # detectors on s3


def city(cameras: dict[int, CameraSign] | None = None, **at: dict[int, Any]) -> CitySigns:
    """Give calm signs but for some fields: those of lanes by detector, of flows by segment."""
    lanes: dict[str, Any] = {}
    flows: dict[str, Any] = {}
    for name, values in at.items():
        source, changed = (CALM.lanes, lanes) if hasattr(CALM.lanes, name) else (CALM.flows, flows)
        changed[name] = getattr(source, name).copy()
        for place, value in values.items():
            changed[name][place] = value
    return replace(
        CALM,
        lanes=replace(CALM.lanes, **lanes),
        flows=replace(CALM.flows, **flows),
        cameras=cameras or {},
    )


def suspects(signs: CitySigns) -> list[Suspect]:
    settings = JudgementSettings()
    return strongest(weigh_segments(AVENUE, DETECTORS, settings, signs), settings)


def suspect(signs: CitySigns) -> Suspect | None:
    """Give the one suspect, None where there is none."""
    found = suspects(signs)
    assert len(found) <= 1
    return found[0] if found else None


def weights(signs: CitySigns) -> dict[str, float]:
    """Give the signs of the one suspect, each with its odds."""
    found = suspect(signs)
    return {} if found is None else {sign.name: round(sign.odds, 6) for sign in found.signs}


def test_a_dead_lane_counts_four_fifths_of_its_odds_and_only_the_strongest_does() -> None:
    assert weights(city(dead={KERB: 9.0})) == {"dead": 7.2}
    assert weights(city(dead={KERB: 9.0, MIDDLE: 8.0})) == {"dead": 7.2}


def test_slow_lanes_count_85_in_100_of_the_two_strongest_together() -> None:
    assert weights(city(slow={MIDDLE: 10.0})) == {"slow": 8.5}
    # 10 and 4 of the three: 0.85 x 14.
    assert weights(city(slow={MIDDLE: 10.0, LEFT: 4.0, KERB: 3.0})) == {"slow": 11.9}


def test_four_is_taken_off_a_slow_lane_in_or_towards_a_segment_that_is_jammed() -> None:
    for jammed in (S3, S4):
        signs = city(slow={MIDDLE: 10.0}, is_jammed={jammed: True})
        assert weights(signs) == {"slow": 4.5}
    assert weights(city(slow={MIDDLE: 10.0}, is_jammed={S2: True, S5: True})) == {"slow": 8.5}
    assert weights(city(slow={MIDDLE: 8.0}, is_jammed={S4: True})) == {}  # 2.8: too little


def test_of_odd_lanes_three_tenths_are_taken_for_each_queue_near_by() -> None:
    # s5 is two movements from s3, s1 too; s2 is not jammed, so that s1 does not back up from s3.
    assert weights(city(dead={KERB: 10.0}, jam_minutes={S5: 4.0})) == {"dead": 8.0, "crowd": -0.3}
    both = city(dead={KERB: 10.0}, jam_minutes={S5: 4.0, S1: 1.0})
    assert weights(both) == {"dead": 8.0, "crowd": -0.6}
    found = suspect(both)
    assert found is not None and found.odds == pytest.approx(7.4)
    assert weights(city(slow={KERB: 10.0}, jam_minutes={S5: 4.0})) == {"slow": 8.5, "crowd": -0.3}


def test_the_crowd_near_odd_lanes_is_published_as_evidence_against_and_may_keep_it_unsaid() -> None:
    def published(dead: float) -> list[Alert]:
        detection = IncidentDetection(AVENUE, BESIDE)
        signs = city(dead={KERB: dead}, jam_minutes={S5: 4.0, S1: 1.0}, missed={KERB: 12.0})
        return detection.decide(signs, CALM.minute_start + 90.0)

    open_at = AlarmBudget(AVENUE.segment_count).open_at
    (alert,) = published((open_at + 0.7) / 0.8)
    said = {e.seen: e.weight for e in alert.evidence if e.weight}
    assert said == {
        "lane empty where 12 vehicles are usual, busy beside it": round(open_at + 0.7, 2),
        "2 other queues near by": -0.6,
    }
    # Without the crowd it would open.
    assert published((open_at + 0.5) / 0.8) == []


def usually(signs: CitySigns, share: float) -> CitySigns:
    """Give the signs in a city whose typical week has s3 at this share of its free flow."""
    unknown = np.full(AVENUE.segment_count, np.nan)
    usual, free = unknown.copy(), signs.usual.speed_mps[S3] / signs.free_share[S3]
    usual[S3] = share * free
    return replace(signs, usual=UsualMinute(usual, unknown, signs.usual.speed_mps))


def test_where_the_typical_week_is_slow_at_this_hour_it_speaks_against_an_incident() -> None:
    signs = city(dead={KERB: 10.0})
    assert weights(usually(signs, 0.44)) == {"dead": 8.0, "often slow": -1.5}
    assert weights(usually(signs, 0.46)) == {"dead": 8.0}
    (said,) = [
        s
        for s in weigh_segments(AVENUE, DETECTORS, JudgementSettings(), usually(signs, 0.25))
        if s.signs
    ]
    assert said.signs[-1].seen.text.startswith("often slow: 1")
    assert said.signs[-1].source == "profile"


def test_where_nothing_is_odd_a_place_that_is_often_slow_says_nothing() -> None:
    assert suspect(usually(city(), 0.1)) is None


def test_its_own_queue_is_no_crowd() -> None:
    assert weights(city(dead={KERB: 10.0}, jam_minutes={S3: 4.0, S2: 3.0, S1: 2.0})) == {
        "dead": 8.0
    }


def test_a_dead_kerb_lane_is_illegal_parking_and_another_an_incident() -> None:
    for lane, detector, cause in (
        (0, KERB, "illegal_parking"),
        (1, MIDDLE, "incident"),
        (2, LEFT, "incident"),
    ):
        found = suspect(city(dead={detector: 10.0}))
        assert found is not None
        assert (found.segment, found.offset_m, found.lane, found.cause) == (S3, 260.0, lane, cause)


def test_a_dead_lane_and_a_slow_one_add_up_and_the_dead_one_names_lane_and_cause() -> None:
    found = suspect(city(dead={KERB: 5.0}, slow={LEFT: 5.0}, slowest={LEFT: 2.5}))
    assert found is not None
    assert found.odds == pytest.approx(0.8 * 5 + 0.85 * 5)
    assert (found.lane, found.cause) == (0, "illegal_parking")
    assert found.signs[0].seen.text == "9 km/h with the lane not full"


def test_a_slow_lane_alone_is_an_incident_in_that_lane_also_at_the_kerb() -> None:
    found = suspect(city(slow={KERB: 10.0}))
    assert found is not None
    assert (found.lane, found.cause, found.offset_m) == (0, "incident", 260.0)


def test_a_camera_adds_what_it_said_of_the_segment_and_alone_stands_in_its_middle() -> None:
    said = CameraSign(3.0, Seen("camera"))
    signs = city({S3: said}, dead={KERB: 10.0})
    assert weights(signs) == {"dead": 8.0, f"camera {S3}": 3.0}
    alone = suspect(city({S3: said}))
    assert alone is not None
    assert (alone.odds, alone.offset_m, alone.lane, alone.cause) == (3.0, 150.0, None, "incident")


@pytest.mark.parametrize(
    ("word", "dead", "is_told"), [(1.0, 3.4, True), (0.9, 3.4, False), (1.0, 3.3, False)]
)
def test_a_camera_and_other_sensors_that_say_the_same_are_told_at_once(
    word: float, dead: float, is_told: bool
) -> None:
    signs = city({S3: CameraSign(word, Seen("camera"))}, dead={KERB: dead})  # 0.8 of it counts
    settings = DetectionSettings()
    weighed = weigh_segments(AVENUE, DETECTORS, settings.judgement, signs)
    (one,) = [s for s in confirmed_by_cameras(weighed, settings) if s.segment == S3]
    assert one.is_confirmed is is_told


def test_two_cameras_confirm_nothing_where_no_sensor_shows_anything() -> None:
    signs = city({S3: CameraSign(6.0, Seen("camera"))})
    settings = DetectionSettings()
    (one,) = confirmed_by_cameras(
        weigh_segments(AVENUE, DETECTORS, settings.judgement, signs), settings
    )
    assert not one.is_confirmed


def test_a_camera_at_the_root_and_one_where_the_flow_is_missed_both_speak() -> None:
    one, other = CameraSign(3.0, Seen("camera")), CameraSign(1.5, Seen("camera"))
    # The flow is missed at the end of s3; the queue stands in s2.
    stopped = {"stopped": {S3: 6.0}, "is_jammed": {S2: True}, "full_lanes": {S2: 2.0}}
    found = [s for s in suspects(city({S2: one, S3: other}, **stopped)) if len(s.signs) > 1]
    (both,) = found
    # Two lanes full add 0.5 each.
    assert (both.segment, both.odds) == (S2, 6.0 + 1.0 + 3.0 + 1.5)


def test_suspects_come_strongest_first_and_weak_ones_not_at_all() -> None:
    s2, s4 = int(DETECTORS.first[S2]), int(DETECTORS.first[S4])
    found = suspects(city(dead={s2: 5.0, KERB: 10.0, s4: 3.7}))
    # 4.0 and 8.0; 0.8 x 3.7 = 2.96 is under 3, what keeps an alert open.
    assert [(s.segment, round(s.odds, 6)) for s in found] == [(S3, 8.0), (S2, 4.0)]
    even = suspects(city(dead={s4: 10.0, s2: 10.0}))
    assert [s.segment for s in even] == sorted([S2, S4])


@pytest.mark.parametrize(("stood", "is_of_queue"), [(5, False), (6, True)])
def test_a_lane_is_of_a_queue_that_stood_more_than_three_minutes_before_it_was_slow(
    stood: int, is_of_queue: bool
) -> None:
    queues = CALM.queues.queues
    root_of = queues.root_of.copy()
    root_of[S3] = S3
    since = CALM.queues.since.copy()
    since[S3] = CALM.minute_start - 60.0 * (stood - 1)  # the minute itself is one of them
    signs = city(slow={MIDDLE: 10.0}, slow_minutes={MIDDLE: 2.0})
    signs = replace(
        signs, queues=replace(signs.queues, queues=replace(queues, root_of=root_of), since=since)
    )
    assert (suspect(signs) is None) == is_of_queue


def test_a_lane_that_backs_up_from_another_root_or_runs_into_a_queue_is_of_that_queue() -> None:
    for place, root in ((S3, S4), (S4, S4)):
        root_of = np.full(AVENUE.segment_count, -1, np.int32)
        root_of[place] = root
        since = np.full(AVENUE.segment_count, CALM.minute_start)
        queues = replace(CALM.queues.queues, root_of=root_of)
        signs = city(slow={MIDDLE: 10.0}, slow_minutes={MIDDLE: 2.0})
        signs = replace(signs, queues=replace(signs.queues, queues=queues, since=since))
        assert suspect(signs) is None


def test_only_segments_on_which_something_speaks_are_weighed_between_minutes(monkeypatch) -> None:
    weighed = []
    weigh = weighing._weigh

    def counted(network, detectors, settings, segment, signs):
        weighed.append(segment)
        return weigh(network, detectors, settings, segment, signs)

    monkeypatch.setattr(weighing, "_weigh", counted)
    settings, everywhere = JudgementSettings(), range(AVENUE.segment_count)
    assert weigh_only(AVENUE, DETECTORS, settings, CALM, everywhere) == []
    assert weighed == []
    odd = city(dead={KERB: 9.0}, stopped={S1: settings.least_stopped})
    found = weigh_only(AVENUE, DETECTORS, settings, odd, everywhere)
    assert weighed == [S1, S3]
    assert [one.odds for one in found] == [0.0, 7.2]
    assert weigh_only(AVENUE, DETECTORS, settings, odd, [S2, S4]) == []
