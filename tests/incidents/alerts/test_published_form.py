"""Alerts in the form that subscribers read."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from congestion.roadside import Roadside, RoadsideAssets
from incidents.alerts.cameras_nearby import CamerasNearby
from incidents.alerts.published_form import published_form
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.place_words import PlaceNames
from incidents.records import Alert, Evidence
from ingest.approaches import Approach
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from tests.drawing import draw
from tests.incidents.city import START, avenue, roadside
from tests.roadside import Where
from tests.roadside import roadside as assets_of

AVENUE = avenue()
S3 = AVENUE.index_of("s3") or 0


def tracked() -> TrackedAlert:
    return TrackedAlert(
        "incident-s3-1", "incident", S3, 120.04, START, "incident", 0.91234, version=2,
        state="updated", lane=1, evidence={"standing": Evidence("probe", "3 standing", "now", 1.5)},
        queue=(S3,), queue_length_m=300.0, delay_veh_h=0.5,
    )  # fmt: skip


def published(
    alert: TrackedAlert,
    event_time: float = START,
    network: Network = AVENUE,
    beside: Roadside | None = None,
) -> Alert:
    cameras = CamerasNearby(network, beside or Roadside())
    names = PlaceNames(network)
    return published_form(alert, event_time, network, LocalPlane(network), cameras, names)


def test_an_alert_names_its_place_in_both_datums_its_times_and_the_cameras_near() -> None:
    beside = roadside(AVENUE, s3=100.0, s2=150.0, s1=290.0)
    alert = published(tracked(), START + 90, beside=beside)
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
    alert = published(tracked(), beside=Roadside(cameras=camera))
    assert alert.cameras == ["SH/0001#2"]


def test_a_place_on_a_road_to_the_north_east_is_so_many_metres_along_it() -> None:
    # C lies 400 m east and 400 m north of A; 0.4 of the road are 160 m each way.
    slope = draw(
        """
                C
               /
              /
             /
            A
        """,
        cell_m=100,
    )
    one = tracked()
    one.segment, one.offset_m, one.queue = slope.segment("AC"), 0.4 * 400 * 2**0.5, ()
    alert = published(one, network=slope.network)
    # At 31.23 degrees north one of latitude is 110,873 m, one of longitude
    # 95,273 m long (series of the WGS-84 ellipsoid: 111,132.95 - 559.82 cos 2 phi + ..., and
    # 111,412.84 cos phi - 93.5 cos 3 phi + ...).
    longitude, latitude = slope.network.origin_longitude, slope.network.origin_latitude
    east, north = 160.0 - 200.0, 160.0 - 200.0  # of the middle of the drawing, its origin
    assert alert.longitude == pytest.approx(longitude + east / 95_273, abs=2e-6)
    assert alert.latitude == pytest.approx(latitude + north / 110_873, abs=2e-6)
    assert alert.offset_m == pytest.approx(0.4 * 400 * 2**0.5, abs=0.05)


def test_the_pair_for_chinese_maps_is_the_published_one_of_tiananmen() -> None:
    # 116.404 east, 39.915 north in WGS-84, as the coordtransform library (2015) lists it.
    road = draw("A-a>B", cell_m=50).network
    capital = replace(road, origin_longitude=116.404, origin_latitude=39.915)
    one = tracked()
    one.segment, one.offset_m, one.queue = 0, 100.0, ()  # the middle of the road is its origin
    alert = published(one, network=capital)
    assert (alert.longitude, alert.latitude) == (116.404, 39.915)
    assert alert.gcj02_longitude == pytest.approx(116.41024449916938, abs=1e-6)
    assert alert.gcj02_latitude == pytest.approx(39.91640428150164, abs=1e-6)


def test_at_most_four_cameras_are_named_the_nearest_first_and_each_once() -> None:
    road = draw("A---------a-------->B", cell_m=100)  # 2000 m
    offsets = {"K1": 1250, "K2": 1010, "K3": 990.5, "K4": 900, "K5": 750, "K6": 1301}
    cameras: dict[Approach, Where] = {}
    for name, offset_m in offsets.items():
        cameras[Approach(name, f"{name}:0")] = ("a", offset_m)
    cameras[Approach("K1", "K1:1")] = ("a", 1002)  # K1 looks at two places
    one = tracked()
    one.segment, one.offset_m, one.queue = 0, 1000.0, ()
    alert = published(one, network=road.network, beside=assets_of(road, cameras=cameras))
    # 2, 9.5, 10, 100 and 250 m away; K6 is 301 m away.
    assert alert.cameras == ["K1", "K3", "K2", "K4"]


def test_numbers_are_published_rounded_and_times_in_utc() -> None:
    one = tracked()
    one.offset_m, one.queue_length_m, one.delay_veh_h = 120.04, 123.45, 1.23456
    one.forecast = ((5, 200.04, 150.0, 260.0), (10, 100.06, 50.0, 160.0))
    alert = published(one, START + 90.5)
    assert (alert.offset_m, alert.queue_length_m, alert.delay_veh_h) == (120.0, 123.5, 1.235)
    assert [(p.minutes, p.queue_length_m) for p in alert.forecast] == [(5, 200.0), (10, 100.1)]
    assert alert.cause_probability == 0.912
    assert alert.event_time == "2026-09-15T08:01:30.500Z"
    assert alert.queue_segment_ids == ["s3"]


def test_a_cleared_incident_says_when_it_was_last_sure_and_no_other_alert_does() -> None:
    one = tracked()
    one.sure_minute, one.strong_minute = START + 600.0, START + 840.0
    assert published(one).ended_time is None
    one.state = "cleared"
    assert published(one).ended_time == "2026-09-15T08:11:00.000Z"
    one.kind = "hotspot"
    assert published(one).ended_time is None
