"""Which cause the shipped weights tell of a root, sign by sign as detection sees them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from congestion.roadside import RoadsideAssets
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.causes.judge import CauseJudge
from incidents.causes.signs import CauseSigns
from incidents.records import Cause, Evidence
from incidents.seen_words import Seen, evidence
from incidents.settings import JudgementSettings
from incidents.signs.city import CitySigns
from incidents.signs.lane_detectors import lane_detectors
from incidents.signs.planned import PlannedSign
from mapmatch.network import Network
from tests.incidents.city import START, avenue, calm_signs, roadside

AVENUE = avenue()
S2, S3 = (AVENUE.index_of(name) or 0 for name in ("s2", "s3"))  # a signal ends s3
CALM = calm_signs(AVENUE)
STOPS = RoadsideAssets(
    ("S0", "S1"), np.array([S2, S3], np.int32), np.array([150.0, 150.0]), np.zeros(2, np.int32)
)
BESIDE = replace(roadside(AVENUE), bus_stops=STOPS)
QUEUE = {"level": 4.0, "is_jammed": True}

PLAN = Seen("stopped")


def alert(kind: str = "hotspot", segment: int = S3, **fields: Any) -> TrackedAlert:
    return TrackedAlert(
        alert_id="a", kind=kind, segment=segment, offset_m=300.0, onset=START,  # type: ignore[arg-type]
        cause="unclassified", cause_probability=0.5, **fields,
    )  # fmt: skip


def city(at: int, share: float = 0.15, doubted: int = 0, **flows: Any) -> CitySigns:
    """Give a calm city but for a queue at one segment, and some of its detectors not believed."""
    changed = {}
    for name, value in flows.items():
        changed[name] = getattr(CALM.flows, name).copy()
        changed[name][at] = value
    free = np.ones(AVENUE.segment_count)
    free[at] = share
    queues = replace(
        CALM.queues,
        queues=replace(
            CALM.queues.queues,
            roots=np.array([at], np.int32), member_offsets=np.array([0, 1], np.int32),
            members=np.array([at], np.int32), tails=np.array([at], np.int32),
            length_m=np.array([300.0]), delay_s=np.array([60.0]),
            root_of=np.where(np.arange(AVENUE.segment_count) == at, at, -1).astype(np.int32),
        ),
        onset=np.array([START - 1200.0]), outlasts_cycle=np.array([True]),
    )  # fmt: skip
    detectors = lane_detectors(AVENUE, BESIDE)
    is_doubted = np.zeros(len(detectors), np.bool_)
    is_doubted[detectors.first[at] : detectors.first[at] + doubted] = True
    return replace(
        CALM, flows=replace(CALM.flows, **changed), free_share=free, queues=queues,
        is_doubted=is_doubted,
    )  # fmt: skip


def told(
    one: TrackedAlert, signs: CitySigns, plan: PlannedSign | None = None, roads: Network = AVENUE
) -> tuple[Cause, float]:
    """Give the likeliest cause after five such minutes, and its probability."""
    judge = CauseJudge(
        CauseSigns(roads, lane_detectors(roads, BESIDE), BESIDE, JudgementSettings())
    )
    for _ in range(5):
        judge.step(one, [], signs, {} if plan is None else {one.segment: plan})
    return one.causes[0].cause, one.causes[0].probability


def seen(source: str, kind: str) -> dict[str, Evidence]:
    word = Seen("reported", {"kind": kind, "sources": "k0", "first_at": START})
    return {source: evidence(source, word, "", 2.0)}


@pytest.mark.parametrize(
    ("cause", "one", "signs", "plan"),
    [
        ("signal", alert(), city(S3, line_full=1.0, **QUEUE), None),
        ("demand", alert(segment=S2), city(S2, jam_share=0.3, occupancy_before=0.2, **QUEUE), None),
        (
            "incident",
            alert("incident", evidence=seen("camera", "crash")),
            city(S3, standing=3.0, standing_offset_m=150.0, **QUEUE),
            None,
        ),
        (
            "illegal_parking",
            alert("incident", evidence=seen("camera", "illegal_parking")),
            city(S3),
            None,
        ),
        ("work_zone", alert("incident"), city(S3), PlannedSign("W", "work_zone", 9.0, PLAN)),
        ("event", alert(), city(S3, **QUEUE), PlannedSign("E", "event", 9.0, PLAN)),
        (
            "weather",
            alert("incident", evidence=seen("report", "flood")),
            city(S3),
            None,
        ),
        ("gridlock", alert(loop=(S2, S3)), city(S3, share=0.05, **QUEUE), None),
        ("bus_stop", alert(segment=S2), city(S2, serving=1.0, standing_offset_m=150.0), None),
        ("detector_fault", alert(), city(S3, doubted=2, **QUEUE), None),
        ("detector_fault", alert("incident"), city(S3, doubted=2, **QUEUE), None),
    ],
)
def test_each_cause_is_told_where_its_signs_are_seen(
    cause: Cause, one: TrackedAlert, signs: CitySigns, plan: PlannedSign | None
) -> None:
    assert told(one, signs, plan)[0] == cause


def test_each_sign_of_a_cause_is_a_word_with_its_values_for_every_language() -> None:
    one = alert("incident", evidence=seen("camera", "crash"))
    told(one, city(S3, line_full=1.0, standing=3.0, standing_offset_m=150.0, **QUEUE))
    signs = [sign for share in one.causes for sign in share.evidence]
    assert {sign.source for sign in signs} >= {"camera", "magnetometer"}
    assert [Seen(sign.word, sign.values).text for sign in signs] == [sign.seen for sign in signs]


def test_a_slow_lane_beside_a_stop_at_which_no_bus_was_seen_to_stand_is_an_incident() -> None:
    lanes, detectors = CALM.lanes, lane_detectors(AVENUE, BESIDE)
    slow = lanes.slow.copy()
    slow[detectors.first[S2]] = 5.0
    calm = city(S2, share=0.4)
    crawl = replace(calm, lanes=replace(lanes, slow=slow), queues=CALM.queues)
    without = alert("incident", segment=S2)
    assert told(without, crawl)[0] == "incident"
    stands = crawl.flows.serving.copy()
    stands[S2] = 1.0
    within = alert("incident", segment=S2)
    told(within, replace(crawl, flows=replace(crawl.flows, serving=stands)))
    shares = [{s.cause: s.probability for s in one.causes} for one in (without, within)]
    assert shares[1]["bus_stop"] > 2 * shares[0].get("bus_stop", 0.0)


def test_what_others_see_too_is_no_fault_of_the_detectors() -> None:
    doubted = city(S3, doubted=2, standing=2.0, standing_offset_m=290.0, **QUEUE)
    assert told(alert(), doubted)[0] == "signal"
    by_camera = alert("incident", evidence=seen("camera", "crash"))
    assert told(by_camera, city(S3, doubted=2, **QUEUE))[0] == "incident"


def test_half_of_the_detectors_say_nothing_and_all_that_are_good_again_take_the_word_back() -> None:
    one = alert()
    assert told(one, city(S3, doubted=1, **QUEUE))[0] == "signal"
    assert told(one, city(S3, doubted=2, **QUEUE))[0] == "detector_fault"
    assert told(one, city(S3, **QUEUE))[0] == "signal"


def test_a_vehicle_that_stands_on_a_lanes_detector_is_not_taken_for_its_fault() -> None:
    lane = evidence("magnetometer", Seen("slow_lane", {"speed_kmh": 4.0}), "", 2.0)
    parked = alert("incident", evidence={"magnetometer": lane}, lane=0)
    parked.cause_odds = {"illegal_parking": 5.0}
    told(parked, city(S3, doubted=2))
    assert "detector_fault" not in {share.cause for share in parked.causes}
    told(elsewhere := alert("incident"), city(S3, doubted=2))
    assert elsewhere.causes[0].cause == "detector_fault"
