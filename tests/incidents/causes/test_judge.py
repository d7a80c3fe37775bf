"""The posterior over an alert's causes, minute after minute."""

from dataclasses import replace
from typing import Any

import numpy as np

from incidents.alerts.tracked_alert import TrackedAlert
from incidents.causes.judge import CauseJudge, held_shares
from incidents.causes.signs import CauseSigns
from incidents.causes.weights import CauseWeights
from incidents.records import Evidence
from incidents.seen_words import Seen, evidence
from incidents.settings import JudgementSettings
from incidents.signs.city import CitySigns
from incidents.signs.lane_detectors import lane_detectors
from incidents.signs.planned import PlannedSign
from mapmatch.network import Network
from tests.incidents.city import START, avenue, calm_signs, roadside

AVENUE = avenue()
BESIDE = roadside(AVENUE)
S2, S3 = (AVENUE.index_of(name) or 0 for name in ("s2", "s3"))
CALM = calm_signs(AVENUE)
WEIGHTS = CauseWeights(
    "nothing", "by hand", {"signal": 0.0, "demand": 0.0, "work_zone": -3.0, "gridlock": -3.0},
    {
        "signal at head": {"signal": 2.0}, "no signal at head": {"demand": 2.0},
        "works planned": {"work_zone": 6.0}, "closed loop": {"gridlock": 6.0},
    },
)  # fmt: skip
PLAN = {S3: PlannedSign("W1", "work_zone", 10.0, Seen("stopped"))}


def alert(**fields: Any) -> TrackedAlert:
    given: dict[str, Any] = {
        "alert_id": "h", "kind": "hotspot", "segment": S3, "offset_m": 300.0, "onset": START,
        "cause": "signal", "cause_probability": 0.5,
    }  # fmt: skip
    return TrackedAlert(**{**given, **fields})


def judge(roads: Network = AVENUE) -> CauseJudge:
    signs = CauseSigns(roads, lane_detectors(roads, BESIDE), BESIDE, JudgementSettings())
    return CauseJudge(signs, WEIGHTS)


def city(**flows: dict[int, Any]) -> CitySigns:
    changed = {}
    for name, values in flows.items():
        changed[name] = getattr(CALM.flows, name).copy()
        for segment, value in values.items():
            changed[name][segment] = value
    return replace(CALM, flows=replace(CALM.flows, **changed))


def test_the_head_at_a_signal_speaks_for_the_signal_and_says_by_how_much() -> None:
    one = alert()
    judge().step(one, [], CALM, {})
    first = one.causes[0]
    assert (first.cause, [c.cause for c in one.causes[1:]]) == ("signal", ["demand"])
    (seen,) = first.evidence
    assert (seen.source, seen.weight) == ("network", 2.0)
    assert 0.8 < first.probability < 0.9


def test_what_is_planned_is_the_cause_where_it_weighs_more() -> None:
    one = alert()
    judge().step(one, [], CALM, PLAN)
    assert one.causes[0].cause == "work_zone"


def test_a_sign_counts_by_the_share_of_the_minutes_in_which_it_held() -> None:
    one, judges = alert(), judge()
    judges.step(one, [], CALM, PLAN)
    judges.step(one, [], CALM, {})
    assert held_shares(one)["works planned"] == 0.5


def test_another_cause_must_lead_before_it_is_told() -> None:
    one = alert(told_cause="demand", cause_signs={"no signal at head": 1}, cause_minutes=1)
    one.cause_seen["no signal at head"] = Evidence("network", "no signal", "", 0.0)
    judges = judge()
    judges.step(one, [], CALM, {})
    assert one.causes[0].cause == "demand"  # one minute each
    judges.step(one, [], CALM, {})
    assert one.causes[0].cause == "signal"


def test_a_loop_counts_as_long_as_it_is_closed() -> None:
    one, judges = alert(loop=(S2, S3)), judge()
    for _ in range(2):
        judges.step(one, [], CALM, {})
    assert one.causes[0].cause == "gridlock"
    one.loop = ()
    judges.step(one, [], CALM, {})
    assert one.causes[0].cause == "signal"


def test_what_a_camera_said_counts_for_the_life_of_the_alert() -> None:
    word = Seen("camera", {"kind": "illegal_parking", "camera": "k0", "seen_at": START})
    seen = evidence("camera", word, "", 1.5)
    one, judges = alert(evidence={"camera": seen}), judge()
    judges.step(one, [], CALM, {})
    one.evidence.clear()
    judges.step(one, [], CALM, {})
    assert held_shares(one)["camera: illegal parking"] == 1.0


def test_where_the_first_vehicle_stands_is_a_sign() -> None:
    for offset, name in ((290.0, "front at stop line"), (150.0, "front before the line")):
        one = alert()
        judge().step(one, [], city(standing_offset_m={S3: offset}), {})
        assert name in one.cause_signs


def test_nobody_waits_at_a_stop_line_that_its_detectors_see_empty() -> None:
    one = alert()
    judge().step(one, [], city(standing_offset_m={S3: 290.0}, line_empty={S3: True}), {})
    assert "front at stop line" not in one.cause_signs


def test_nothing_is_made_of_a_speed_that_nobody_knows() -> None:
    unknown = replace(CALM, free_share=np.full(AVENUE.segment_count, np.nan))
    one = alert()
    judge().step(one, [], unknown, {})
    assert not {"free ahead", "slow ahead", "crawl without standing"} & set(one.cause_signs)


def test_a_signal_close_ahead_is_a_sign_although_the_way_there_is_free() -> None:
    near = replace(AVENUE, length_m=np.where(np.arange(AVENUE.segment_count) == S3, 100.0, 300.0))
    one = alert(segment=S2)
    judge(near).step(one, [], CALM, {})
    assert "signal near" in one.cause_signs
    far = alert(segment=S2)
    judge().step(far, [], CALM, {})
    assert "signal near" not in far.cause_signs


def test_an_incident_that_is_told_at_its_head_is_a_sign_of_a_hot_spot() -> None:
    block = alert(alert_id="i", kind="incident", cause="incident", segment=S3)
    doubt = alert(alert_id="w", kind="incident", cause="incident", segment=S2, is_alarm=False)
    one = alert()
    judge().step(one, [block, doubt], CALM, {})
    assert {"incident told at head", "incident suspected at head"} <= set(one.cause_signs)
    judge().step(block, [block, doubt], CALM, {})
    assert "incident told at head" not in block.cause_signs
