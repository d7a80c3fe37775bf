"""The rule by which alerts are counted, on cases made by hand."""

from typing import Any

import msgspec
import pyarrow as pa
import pytest

from incidents.records import Alert
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


def test_alerts_and_incidents_are_read_from_their_files_form() -> None:
    lines = b"\n".join(msgspec.json.encode(alert(name, "08:00:00")) for name in "ab") + b"\n"
    assert [a.alert_id for a in read_alerts(lines)] == ["a", "b"]
    with pytest.raises(ValueError, match="version"):
        read_alerts(lines.replace(b'"version":1', b'"version":"one"'))
    assert read_incidents(b"[]") == []
