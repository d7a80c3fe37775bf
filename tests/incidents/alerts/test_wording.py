"""Alerts in the contract's form."""

import msgspec
import numpy as np
import pytest

from congestion.roadside import Roadside, RoadsideAssets
from incidents.alerts.incidents import Case
from incidents.alerts.wording import Composer, severity
from incidents.records import Alert, Evidence
from ingest.approaches import Approach
from tests.incidents.city import START, avenue, roadside

AVENUE = avenue()
S3 = AVENUE.index_of("s3") or 0


def case() -> Case:
    return Case(
        "incident-s3-1", "incident", S3, 120.04, START, "incident", 0.91234, version=2,
        state="updated", lane=1, evidence={"standing": Evidence("probe", "3 standing", "now", 1.5)},
        queue=(S3,), queue_length_m=300.0, delay_veh_h=0.5,
    )  # fmt: skip


def test_an_alert_names_its_place_in_both_datums_its_times_and_the_cameras_near() -> None:
    composer = Composer(AVENUE, roadside(AVENUE, s3=100.0, s2=150.0, s1=290.0))
    alert = composer.alert(case(), START + 90)
    assert (alert.event_time, alert.onset_time) == (
        "2026-09-15T08:01:30.000Z",
        "2026-09-15T08:00:00.000Z",
    )
    assert (alert.segment_id, alert.offset_m, alert.road_name) == ("s3", 120.0, "Third Street")
    # 720 m east of A, which lies at 121.47 east and 31.23 north, where a degree is 95,273 m.
    assert alert.longitude == pytest.approx(121.47 + 720.0 / 95_273, abs=1e-5)
    # China's shift is a few hundred metres east and south in Shanghai.
    assert 0.003 < alert.gcj02_longitude - alert.longitude < 0.006
    assert -0.003 < alert.gcj02_latitude - alert.latitude < -0.001
    assert alert.cameras == ["k0", "k1"]  # 20 and 270 m away; the third is 430 m
    assert msgspec.json.decode(msgspec.json.encode(alert), type=Alert) == alert


def test_an_alert_names_a_camera_by_its_whole_id_whatever_the_id_holds() -> None:
    at, offset = np.array([S3], np.int32), np.array([100.0])
    camera = RoadsideAssets((Approach("SH/0001#2", "1/0"),), at, offset, np.zeros(1, np.int32))
    alert = Composer(AVENUE, Roadside(cameras=camera)).alert(case(), START)
    assert alert.cameras == ["SH/0001#2"]


def test_severity_grows_with_the_queue_and_an_incident_is_never_slight() -> None:
    short, long = case(), case()
    short.queue_length_m, long.queue_length_m = 50.0, 1300.0
    assert (severity(short), severity(long)) == (2, 4)
