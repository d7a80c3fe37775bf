"""What cameras reported, and for how long it counts."""

import msgspec
import pytest

from congestion.records import Sighting
from incidents.settings import CameraSettings
from incidents.signs.cameras import CameraSignFinder
from tests.incidents.city import START, avenue, camera_event

AVENUE = avenue()
S2, S3 = (AVENUE.index_of(name) or 0 for name in ("s2", "s3"))
SETTINGS = CameraSettings(
    stopped_vehicle=3.0, crash=6.0, illegal_parking=1.5, half_life_minutes=12.0
)


def finder() -> CameraSignFinder:
    return CameraSignFinder(AVENUE, SETTINGS)


def event(kind: str, segment_id: str = "s2", seen_by: str = "k0", at_s: float = 0.0) -> Sighting:
    sighting = camera_event(kind, segment_id, 0)
    return msgspec.structs.replace(
        sighting, seen_by=seen_by, since=START + at_s, until=START + at_s
    )


@pytest.mark.parametrize(
    ("age_s", "share"), [(0.0, 1.0), (720.0, 0.5), (1440.0, 0.25), (2880.0, 1 / 16), (2881.0, 0.0)]
)
def test_a_report_counts_half_as_much_every_twelve_minutes_and_nothing_after_48(
    age_s: float, share: float
) -> None:
    said = finder().step(START + age_s, [event("stopped_vehicle")])
    assert (said[S2].odds if share else len(said)) == pytest.approx(3.0 * share)


def test_reports_of_one_segment_add_up_and_the_strongest_is_named() -> None:
    seen = [event("crash", at_s=0.0, seen_by="k1"), event("stopped_vehicle", at_s=720.0)]
    said = finder().step(START + 720.0, [*seen, event("illegal_parking", "s3")])
    assert said[S2].odds == pytest.approx(6.0 / 2 + 3.0)
    # Both weigh 3.0 by now; the crash came first.
    assert said[S2].seen.text == "crash reported by k1 at 2026-09-15T08:00:00Z"
    assert said[S3].seen.text == "illegal parking reported by k0 at 2026-09-15T08:00:00Z"
    later = finder().step(START + 721.0, seen)
    assert later[S2].seen.values["kind"] == "crash"


def test_a_stronger_report_is_named_whenever_it_came() -> None:
    seen = [event("stopped_vehicle", at_s=0.0), event("crash", at_s=60.0, seen_by="k1")]
    assert finder().step(START + 60.0, seen)[S2].seen.values["seen_at"] == START + 60.0


def test_reports_are_remembered_over_minutes_and_one_of_the_future_counts_whole() -> None:
    remembered = finder()
    remembered.step(START, [event("stopped_vehicle")])
    assert remembered.step(START + 720.0, [])[S2].odds == pytest.approx(1.5)
    assert finder().step(START, [event("crash", at_s=30.0)])[S2].odds == 6.0


def test_kinds_without_a_weight_and_unknown_segments_say_nothing() -> None:
    seen = [event("violation"), event("wrong_way"), event("crash", "elsewhere")]
    assert finder().step(START, seen) == {}
