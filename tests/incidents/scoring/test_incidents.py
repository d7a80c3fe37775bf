"""The rule by which alerts are counted, on cases made by hand."""

from typing import Any

import msgspec
import pyarrow as pa
import pytest

from incidents.case_records import Stamps
from incidents.records import Alert, seconds
from incidents.scoring.incidents import TrueIncident, read_alerts, read_incidents, score_incidents
from tests.drawing import draw

CITY = draw(
    """
    A-a>B---b-->C-c>D---------d-------->E
    X-x>Y
    """,
    cell_m=25,
).network


def alert(alert_id: str, time: str, segment_id: str = "b", **fields: Any) -> Alert:
    given: dict[str, Any] = {
        "alert_id": alert_id, "version": 1, "state": "open", "kind": "incident",
        "event_time": f"2026-09-15T{time}.000Z", "onset_time": f"2026-09-15T{time}.000Z",
        "segment_id": segment_id, "offset_m": 100.0, "longitude": 0.0, "latitude": 0.0,
        "gcj02_longitude": 0.0, "gcj02_latitude": 0.0, "road_name": "", "cause": "incident",
        "cause_probability": 0.5, "evidence": [], "queue_segment_ids": [], "queue_length_m": 0.0,
        "delay_veh_h": 0.0, "severity": 1,
    }  # fmt: skip
    return Alert(**{**given, **fields})


def incident(name: str = "i1", link: str = "b", **fields: Any) -> TrueIncident:
    given: dict[str, Any] = {
        "incident_id": name, "type": "full_block", "link_id": link, "offset_m": 100.0,
        "start": "2026-09-15 08:00:00+00:00", "end": "2026-09-15 08:20:00+00:00",
    }  # fmt: skip
    return TrueIncident(**{**given, **fields})


def test_an_alert_on_the_true_segment_in_time_is_a_hit_with_its_delay_and_place_error() -> None:
    score = score_incidents([alert("1", "08:04:00", offset_m=160.0)], [incident()], CITY, 1.0)
    assert (score.hit_count, score.false_alarm_count, score.precision) == (1, 0, 1.0)
    assert score.hits[0].time_to_detect_s == 240
    assert score.hits[0].place_error_m == 60
    assert score.cause_hit_rate == 1.0


@pytest.mark.parametrize(
    ("time", "is_hit"),
    [
        ("07:59:59", False),
        ("08:00:00", True),
        ("08:25:00", True),
        ("08:25:01", False),
    ],
)
def test_an_alert_counts_from_the_start_to_five_minutes_after_the_end(
    time: str, is_hit: bool
) -> None:
    score = score_incidents([alert("1", time)], [incident()], CITY, 2.0)
    assert score.hit_count == is_hit
    assert score.false_alarms_per_hour == (0.0 if is_hit else 0.5)


@pytest.mark.parametrize(
    ("segment", "offset", "is_hit"),
    [("a", 1.0, True), ("d", 100.0, True), ("d", 101.0, False), ("x", 9.0, False), ("?", 0, False)],
)  # fmt: skip
def test_an_alert_counts_within_300_m_along_the_network(
    segment: str, offset: float, is_hit: bool
) -> None:
    score = score_incidents(
        [alert("1", "08:05:00", segment, offset_m=offset)], [incident()], CITY, 1.0
    )
    assert score.hit_count == is_hit


def test_a_long_true_segment_matches_wherever_the_alert_stands_on_it() -> None:
    far = incident(link="d", offset_m=490.0)
    assert score_incidents([alert("1", "08:05:00", "d", offset_m=1.0)], [far], CITY, 1).hit_count


def test_the_earliest_alert_is_the_hit_and_later_ones_are_duplicates() -> None:
    versions = [alert("late", "08:09:00"), alert("early", "08:03:00")]
    score = score_incidents(versions, [incident()], CITY, 1.0)
    assert [hit.alert_id for hit in score.hits] == ["early"]
    assert score.duplicates == ["late"]
    assert score.false_alarm_count == 0
    assert score.precision == 0.5


def test_two_incidents_close_by_are_matched_one_to_one() -> None:
    two = [incident("i1", "b"), incident("i2", "c", offset_m=50.0)]
    versions = [alert("1", "08:03:00", "c", offset_m=40.0), alert("2", "08:04:00", "c")]
    score = score_incidents(versions, two, CITY, 1.0)
    assert {(hit.alert_id, hit.incident_id) for hit in score.hits} == {("1", "i2"), ("2", "i1")}


def test_one_alert_finds_one_incident_and_the_other_one_near_by_is_missed() -> None:
    two = [incident("i1", "b"), incident("i2", "c", offset_m=50.0)]
    score = score_incidents([alert("1", "08:03:00", "c", offset_m=40.0)], two, CITY, 1.0)
    assert [hit.incident_id for hit in score.hits] == ["i2"]  # 10 m away, i1 is 140 m away
    assert [missed.incident_id for missed in score.missed] == ["i1"]


def test_the_earliest_alert_takes_its_incident_even_where_a_later_one_is_nearer() -> None:
    versions = [alert("far", "08:03:00", offset_m=10.0), alert("near", "08:04:00")]
    score = score_incidents(versions, [incident()], CITY, 1.0)
    assert (score.hits[0].alert_id, score.hits[0].place_error_m) == ("far", 90.0)
    assert score.duplicates == ["near"]


def test_a_duplicate_is_no_false_alarm_and_lowers_the_precision() -> None:
    versions = [
        alert("hit", "08:03:00"), alert("again", "08:09:00"), alert("false", "08:05:00", "x"),
        alert("early", "07:30:00"),
    ]  # fmt: skip
    score = score_incidents(versions, [incident()], CITY, 4.0)
    assert (score.hit_count, score.duplicate_count, score.false_alarm_count) == (1, 1, 2)
    assert score.precision == 1 / 4
    assert score.false_alarms_per_hour == 2 / 4


def test_only_the_first_version_is_timed_and_the_last_one_names_the_cause() -> None:
    versions = [
        alert("1", "07:50:00", cause="unclassified"),
        alert("1", "08:05:00", version=2, state="updated"),
    ]
    assert score_incidents(versions, [incident()], CITY, 1.0).false_alarm_count == 1
    in_time = [alert("1", "08:01:00", cause="demand"), alert("1", "08:50:00", version=2)]
    score = score_incidents(in_time, [incident()], CITY, 1.0)
    assert score.hits[0].is_cause_right


def test_a_hotspot_is_neither_hit_nor_false_alarm() -> None:
    score = score_incidents([alert("1", "08:05:00", kind="hotspot")], [incident()], CITY, 1.0)
    assert (score.alert_count, score.hit_count, score.false_alarm_count) == (0, 0, 0)
    assert score.precision is None


def test_a_missed_incident_costs_its_whole_duration() -> None:
    hidden = incident("i2", "x", visible_in_flow=False)
    score = score_incidents([alert("1", "08:02:00")], [incident(), hidden], CITY, 1.0)
    assert score.mean_time_to_detect_s == 120
    assert score.mean_time_with_misses_s == (120 + 1200) / 2
    assert score.counts == {"A": (1, 1), "B": (0, 1), "all": (1, 2)}
    assert score.detection_rate["B"] == 0.0
    assert [i.incident_id for i in score.missed] == ["i2"]


def test_detection_times_are_of_hits_alone_and_with_misses_as_their_duration() -> None:
    # Three of 20, 10 and 60 minutes; found after 2 and 5, the last one never.
    three = [
        incident("i1", "b"),
        incident("i2", "c", offset_m=50.0, end="2026-09-15 08:10:00+00:00"),
        incident("i3", "x", end="2026-09-15 09:00:00+00:00"),
    ]
    versions = [alert("1", "08:02:00"), alert("2", "08:05:00", "c", offset_m=50.0)]
    score = score_incidents(versions, three, CITY, 1.0)
    assert (score.mean_time_to_detect_s, score.median_time_to_detect_s) == (210.0, 210.0)
    assert score.mean_time_with_misses_s == pytest.approx((120 + 300 + 3600) / 3)
    assert score.median_time_with_misses_s == 300.0
    assert score.detection_rate == {"A": pytest.approx(2 / 3), "all": pytest.approx(2 / 3)}


def test_an_end_is_right_within_three_minutes_and_wrong_where_none_is_told() -> None:
    truth = [incident(f"i{n}", link) for n, link in enumerate("abdx")]
    alerts = [
        alert("1", "08:04:00", "a", offset_m=1.0),
        alert("1", "08:24:00", "a", offset_m=1.0, state="cleared",
              ended_time="2026-09-15T08:23:00.000Z"),
        alert("2", "08:04:00", "b", stamps=Stamps(t7="2026-09-15T08:23:01.000Z")),
        alert("3", "08:04:00", "d", state="cleared"),
        alert("4", "08:04:00", "x", stamps=Stamps(t7="2026-09-15T08:17:00.000Z")),
    ]  # fmt: skip
    score = score_incidents(alerts, truth, CITY, 1.0)
    assert {hit.alert_id: hit.end_error_s for hit in score.hits} == {
        "1": 180.0, "2": 181.0, "3": None, "4": -180.0,
    }  # fmt: skip
    assert (score.end_right_count, score.ended_count, score.end_right_share) == (2, 4, 0.5)
    cut = score_incidents(alerts, truth, CITY, 1.0, None, seconds("2026-09-15T08:22:59Z"))
    assert (cut.end_right_count, cut.ended_count, cut.end_right_share) == (0, 0, None)


def test_classes_are_counted_apart() -> None:
    there = [
        incident("a1", "b"),
        incident("b1", "c", offset_m=50.0, visible_in_flow=False),
        incident("b2", "x", visible_in_flow=False),
    ]
    versions = [alert("1", "08:02:00"), alert("2", "08:03:00", "c", offset_m=50.0)]
    score = score_incidents(versions, there, CITY, 1.0)
    assert score.counts == {"A": (1, 1), "B": (1, 2), "all": (2, 3)}
    assert score.detection_rate == {"A": 1.0, "B": 0.5, "all": pytest.approx(2 / 3)}
    assert [hit.incident_class for hit in score.hits] == ["A", "B"]


def test_without_alerts_and_incidents_there_is_nothing_to_average() -> None:
    score = score_incidents([], [], CITY, 2.0)
    assert (score.false_alarms_per_hour, score.precision, score.detection_rate) == (0.0, None, {})
    assert score.mean_time_to_detect_s is None
    assert score.mean_time_with_misses_s is None
    assert score.cause_hit_rate is None


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        ("full_block", {"incident"}),
        ("lane_block", {"incident"}),
        ("illegal_parking", {"illegal_parking"}),
        ("signal_stuck", {"signal"}),
        ("stuck_signal", {"signal"}),
        ("surge", {"event", "demand"}),
        ("signal_dark", {"signal"}),
        ("slow_zone", {"incident", "work_zone"}),
    ],
)
def test_each_type_of_incident_has_its_right_causes(kind: str, right: set[str]) -> None:
    causes = ("incident", "illegal_parking", "signal", "work_zone", "demand", "event")
    there = [incident(type=kind)]
    found = {
        cause
        for cause in causes
        if score_incidents([alert("1", "08:02:00", cause=cause)], there, CITY, 1.0).cause_hit_rate
    }
    assert found == right


def test_a_stuck_signal_is_rightly_called_signal_and_wrongly_called_incident() -> None:
    stuck = [incident(type="signal_stuck")]
    for cause, is_right in (("signal", True), ("incident", False)):
        score = score_incidents([alert("1", "08:02:00", cause=cause)], stuck, CITY, 1.0)
        assert score.hits[0].is_cause_right == is_right


def test_a_false_alarm_names_the_congestion_that_it_stood_on() -> None:
    minutes = pa.table(
        {
            "link_id": ["x", "x"],
            "interval_start": pa.array([1789459200000, 1789459260000], pa.timestamp("ms", "UTC")),
            "congested": [True, False],
            "cause": ["signal_or_demand", None],
        }
    )
    versions = [alert("jam", "08:01:30", "x"), alert("free", "09:00:00", "x")]
    score = score_incidents(versions, [], CITY, 1.0, minutes)
    assert [false.truth for false in score.false_alarms] == ["signal_or_demand", "free"]


@pytest.mark.parametrize(
    ("time", "truth"),
    [("08:00:00", "unknown"), ("08:03:59", "unknown"), ("08:04:00", "free"), ("07:59:59", "free")],
)
def test_a_false_alarm_stood_on_congestion_of_its_own_minute_or_the_three_before(
    time: str, truth: str
) -> None:
    minutes = pa.table(
        {
            "link_id": ["x"],
            "interval_start": pa.array([1789459200000], pa.timestamp("ms", "UTC")),  # 08:00
            "congested": [True],
            "cause": pa.array([None], pa.string()),
        }
    )
    score = score_incidents([alert("1", time, "x")], [], CITY, 1.0, minutes)
    assert [false.truth for false in score.false_alarms] == [truth]


def test_alerts_and_incidents_are_read_from_their_files_form() -> None:
    lines = b"\n".join(msgspec.json.encode(alert(name, "08:00:00")) for name in "ab") + b"\n"
    assert [a.alert_id for a in read_alerts(lines)] == ["a", "b"]
    with pytest.raises(ValueError, match="version"):
        read_alerts(lines.replace(b'"version":1', b'"version":"one"'))
    assert read_incidents(b"[]") == []
