"""What the console's board keeps of what it is told."""

import itertools

import msgspec
import pytest
from prometheus_client import generate_latest

from ingest.frames import FrameError
from streams.console import segment_board
from streams.console.board import Board, Event
from streams.console.hub import Hub
from streams.console.metrics import registry_of
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert, counts, iso, states_frame

NETWORK = draw("A---B---C").network


def board(now: list[float] | None = None) -> Board:
    return Board(NETWORK, "Asia/Shanghai", clock=lambda: (now or [0.0])[0])


def events_of(one: Board) -> list[Event]:
    events: list[Event] = []
    one.listen(events.append)
    return events


def test_the_latest_state_of_a_segment_is_served():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {"level": 0}, "BC": {"level": 4}}))
    one.take_states(states_frame(MINUTE + 60, {"AB": {"level": 5, "speed_kmh": 2.0}}))
    snapshot = one.states()
    rows = dict(zip(snapshot.segment_ids, snapshot.states.level, strict=True))
    assert rows == {"AB": 5, "BC": 4}
    assert snapshot.regions == {"0": MINUTE + 60}


def test_a_minute_tells_only_the_segments_that_changed():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {"level": 0}, "BC": {"level": 4}}))
    events = events_of(one)
    one.take_states(states_frame(MINUTE + 60, {"AB": {"level": 0}, "BC": {"level": 5}}))
    (event,) = events
    assert event.name == "states"
    assert event.record.states.steps == [NETWORK.index_of("BC")]
    assert event.record.states.level == [5]


def test_segments_are_told_by_steps_in_the_order_of_the_network():
    one = board()
    events = events_of(one)
    rows = {name: {"level": 1} for name in reversed(NETWORK.segment_ids)}
    one.take_states(states_frame(MINUTE, rows))
    steps = events[0].record.states.steps
    assert list(itertools.accumulate(steps)) == list(range(NETWORK.segment_count))
    assert one.states().states.steps == steps


def test_an_older_minute_of_a_region_changes_nothing():
    one = board()
    one.take_states(states_frame(MINUTE + 60, {"AB": {"level": 5}}))
    one.take_states(states_frame(MINUTE, {"AB": {"level": 0}}))
    assert one.states().states.level == [5]


def test_a_minute_in_which_nothing_was_measured_does_not_wipe_the_picture():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {"level": 5}}))
    one.take_states(states_frame(MINUTE + 60, {"AB": {"level": 0, "quality": "historic"}}))
    assert one.states().states.level == [5]
    assert one.health().minute == MINUTE


def test_what_is_not_known_is_null_and_not_a_number():
    one = board()
    row = {"speed_kmh": None, "free_flow_kmh": None, "level": 2, "queue_length_m": None}
    one.take_states(states_frame(MINUTE, {"AB": row}))
    columns = one.states().states
    assert (columns.speed_kmh, columns.queue_length_m) == ([None], [None])


def test_a_segment_keeps_the_minute_it_was_last_measured_in():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {}, "BC": {}}))
    one.take_states(states_frame(MINUTE + 60, {"AB": {"quality": "filled"}, "BC": {}}))
    snapshot = one.states()
    observed = dict(zip(snapshot.segment_ids, snapshot.states.observed, strict=True))
    assert observed == {"AB": MINUTE, "BC": MINUTE + 60}


def test_states_of_a_segment_the_network_has_not_are_counted():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {}, "XY": {}}))
    assert one.states().segment_ids == ["AB"]
    assert one.segments.unknown_segment_count == 1


def test_network_speed_is_the_length_over_the_time_to_drive_it():
    one = board()
    rows = {"AB": {"speed_kmh": 10.0}, "BC": {"speed_kmh": 30.0}}
    one.take_states(states_frame(MINUTE, rows))
    summary = one.health().summary
    assert summary is not None
    # Equal lengths: the harmonic mean, 2 / (1/10 + 1/30) = 15; free flow 40, so 15/40.
    assert summary.speed_kmh == pytest.approx(15.0)
    assert summary.free_flow_share == pytest.approx(0.375)


def test_usual_values_that_nobody_measured_do_not_enter_the_network_speed():
    one = board()
    rows = {"AB": {"speed_kmh": 10.0}, "BC": {"speed_kmh": 60.0, "quality": "historic"}}
    one.take_states(states_frame(MINUTE, rows))
    summary = one.health().summary
    assert summary is not None
    assert summary.speed_kmh == pytest.approx(10.0)


def test_what_is_filled_in_is_not_counted_as_measured():
    one = board()
    rows = {"AB": {"speed_kmh": 10.0, "level": 4}, "BC": {"speed_kmh": 60.0, "quality": "filled"}}
    one.take_states(states_frame(MINUTE, rows))
    summary = one.health().summary
    assert summary is not None
    assert summary.speed_kmh == pytest.approx(10.0)
    assert summary.level_counts == [0, 0, 0, 0, 1, 0]
    lengths = {name: NETWORK.length_m[NETWORK.index_of(name)] / 1000 for name in ("AB", "BC")}
    assert summary.measured_km == pytest.approx(lengths["AB"], abs=0.006)
    assert summary.filled_km == pytest.approx(lengths["BC"], abs=0.006)
    rest = NETWORK.length_m.sum() / 1000 - sum(lengths.values())
    assert summary.unseen_km == pytest.approx(rest, abs=0.006)


def test_the_index_stands_beside_what_is_usual_where_the_usual_is_known():
    one = board()
    row = {"speed_kmh": 10.0, "free_flow_kmh": 40.0}
    one.take_states(states_frame(MINUTE, {"AB": {**row, "usual_kmh": 30.0}, "BC": row}))
    now, usual = (one.segments.indices()[0].tpi_travel_time, one.health().summary)
    assert usual is not None and usual.tpi == now
    assert usual.usual_tpi is None, "of half of it the usual is not known"
    both = {"AB": {**row, "usual_kmh": 30.0}, "BC": {**row, "usual_kmh": 30.0}}
    one.take_states(states_frame(MINUTE + 60, both))
    usual = one.health().summary
    # 40/30 of the free time, usually; 40/10 now.
    assert usual is not None and usual.usual_tpi is not None and usual.tpi is not None
    assert 0.0 < usual.usual_tpi < usual.tpi == 10.0


def test_where_next_to_nothing_is_measured_no_speed_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(segment_board, "LEAST_MEASURED", 0.9)
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {}, "BC": {"quality": "historic"}}))
    summary = one.health().summary
    assert summary is not None
    assert (summary.speed_kmh, summary.free_flow_share) == (None, None)
    assert summary.measured_km > 0


def test_a_segment_of_quality_unknown_enters_neither_the_network_speed_nor_an_index():
    one = board()
    told = {
        "AB": {"speed_kmh": 20.0, "free_flow_kmh": 50.0},
        "BC": {"speed_kmh": 5.0, "free_flow_kmh": 50.0, "level": 5, "quality": "unknown"},
    }
    one.take_states(states_frame(MINUTE, told))
    city = one.segments.indices()[0]
    assert (city.tti, city.tpi_mileage, city.segment_count) == (2.5, 0.0, 1)
    summary = one.segments.summary()
    assert summary is not None
    assert (summary.speed_kmh, summary.free_flow_share, summary.congested_km) == (20.0, 0.4, 0.0)


def test_levels_three_and_above_count_as_congested_length():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {"level": 2}, "BC": {"level": 3}}))
    summary = one.health().summary
    assert summary is not None
    index = NETWORK.index_of("BC")
    assert index is not None
    assert summary.congested_km == pytest.approx(NETWORK.length_m[index] / 1000, abs=0.005)
    assert summary.level_counts == [0, 0, 1, 1, 0, 0]


def test_only_the_newest_version_of_an_alert_is_kept():
    one = board()
    events = events_of(one)
    one.take_alert(alert("a", "AB", version=2, state="updated"))
    one.take_alert(alert("a", "AB", version=1))
    one.take_alert(alert("a", "AB", version=2, state="updated"))
    assert [kept.version for kept in one.alerts()] == [2]
    assert len(events) == 1


def test_alerts_come_gravest_first_then_newest():
    one = board()
    one.take_alert(alert("old", "AB", severity=2, onset_time="2026-09-15T23:00:00.000Z"))
    one.take_alert(alert("new", "AB", severity=2, onset_time="2026-09-15T23:09:00.000Z"))
    one.take_alert(alert("grave", "AB", severity=4, onset_time="2026-09-15T22:00:00.000Z"))
    assert [kept.alert_id for kept in one.alerts()] == ["grave", "new", "old"]


@pytest.mark.parametrize("data", [b"", b"\xff\x00", b"{}", b'{"alert_id": 5}', b"[1]"])
def test_bytes_that_are_no_alert_are_refused(data: bytes):
    with pytest.raises(msgspec.MsgspecError):
        board().take_alert(data)


def test_bytes_that_are_no_states_are_refused():
    with pytest.raises(FrameError):
        board().take_states(b"not a frame")


def test_rows_a_minute_are_counted_in_event_time():
    one = board()
    for step in range(25):
        one.take_counts(counts("camera-events", MINUTE + 5 * step, 10 * step))
    (camera,) = [s for s in one.health().sources if s.name == "camera"]
    assert camera.rows_per_min == 120  # 10 rows each 5 s
    assert camera.status == "live"


def test_a_source_whose_rows_stop_grows_old_while_others_go_on():
    one = board()
    for step in range(60):
        one.take_counts(counts("fixes", MINUTE + 10 * step, 100 * (step + 1)))
        rows = 50 * min(step + 1, 10)
        one.take_counts(counts("camera-events", MINUTE + 10 * step, rows, stage="estimate"))
    health = {source.name: source for source in one.health().sources}
    assert (health["taxi"].age_s, health["taxi"].status) == (0, "live")
    assert (health["camera"].age_s, health["camera"].status) == (500, "quiet")
    assert health["magnetometer"].status == "none"


def test_refused_rows_are_summed_over_partitions_by_reason():
    one = board()
    one.take_counts(counts("fixes", MINUTE, 100, refused={"jump": 3}))
    one.take_counts(counts("fixes", MINUTE, 50, refused={"jump": 1, "late": 2}, partition=1))
    (taxi,) = [s for s in one.health().sources if s.name == "taxi"]
    assert (taxi.rows, taxi.refused, taxi.reasons) == (150, 6, {"jump": 4, "late": 2})


def test_buses_and_taxis_are_told_apart_though_they_share_a_topic():
    one = board()
    fleets = {"fleet_rows_in": {"bus": 30, "taxi": 70}, "fleet_rows_used": {"bus": 29, "taxi": 60}}
    one.take_counts(counts("fixes", MINUTE, 100, refused={"jump": 11}, **fleets))
    health = {source.name: source for source in one.health().sources}
    assert (health["bus"].rows, health["bus"].refused) == (30, 1)
    assert (health["taxi"].rows, health["taxi"].refused) == (70, 10)


def test_raw_records_that_were_refused_count_with_the_frames_made_of_the_rest():
    one = board()
    one.take_counts(counts("camera", MINUTE, 100, stage="ingest", refused={"bad_time": 4}))
    one.take_counts(counts("camera-events", MINUTE, 96, stage="estimate", refused={"late": 1}))
    (camera,) = [s for s in one.health().sources if s.name == "camera"]
    assert (camera.rows, camera.refused) == (100, 5)
    assert camera.reasons == {"bad_time": 4, "late": 1}


def test_a_closing_mark_ends_the_feed_without_moving_event_time():
    one = board()
    one.take_counts(counts("fixes", MINUTE, 100))
    one.take_counts(counts("fixes", MINUTE + 600, 100))
    health = one.health()
    assert health.event_time == MINUTE
    assert health.status == "ended"


def test_a_closing_mark_counted_together_with_the_last_rows_ends_the_feed_as_well():
    one = board()
    one.take_counts(counts("fixes", MINUTE, 100, last_row_watermark=MINUTE))
    one.take_counts(counts("fixes", MINUTE + 660, 150, last_row_watermark=MINUTE + 60))
    health = one.health()
    assert health.event_time == MINUTE + 60
    assert health.status == "ended"


def test_a_source_whose_rows_run_ahead_of_its_stage_is_live():
    one = board()
    one.take_counts(counts("fixes", MINUTE + 900, 100, last_row_watermark=MINUTE + 900))
    held = {"stage": "estimate", "last_row_watermark": MINUTE + 900}
    one.take_counts(counts("detector-readings", MINUTE, 700, **held))
    (tile,) = [s for s in one.health().sources if s.name == "magnetometer"]
    assert (tile.age_s, tile.status) == (0, "live")


def test_detectors_not_believed_are_counted_by_fault_and_named():
    one = board()
    one.take_counts(
        counts("detector-readings", MINUTE, 700, stage="estimate",
               excluded={"d1": "stuck_on", "d2": "no_data", "d3": "no_data"})
    )  # fmt: skip
    (tile,) = [s for s in one.health().sources if s.name == "magnetometer"]
    assert tile.excluded == {"no_data": 2, "stuck_on": 1}
    assert one.health().excluded_detectors == {}
    assert one.health(with_history=True).excluded_detectors["d1"] == "stuck_on"
    metrics = generate_latest(registry_of(one, Hub())).decode()
    assert 'clearway_detectors_excluded{fault="no_data"} 2.0' in metrics
    assert 'clearway_rows_late_total{source="detector-readings",stage="estimate"} 0.0' in metrics


def test_a_test_that_withdrew_in_several_partitions_accused_their_detectors_together():
    one = board()
    for partition, withdrawn in enumerate(({"chatter": 12}, {"chatter": 5, "length": 7}, {})):
        one.take_counts(
            counts("detector-readings", MINUTE, 700, stage="estimate", partition=partition,
                   withdrawn=withdrawn)
        )  # fmt: skip
    (tile,) = [s for s in one.health().sources if s.name == "magnetometer"]
    assert tile.withdrawn == {"chatter": 17, "length": 7}
    metrics = generate_latest(registry_of(one, Hub())).decode()
    assert 'clearway_detector_tests_withdrawn{test="chatter"} 17.0' in metrics
    assert 'clearway_detector_tests_withdrawn{test="length"} 7.0' in metrics


def test_a_camera_whose_clock_is_off_is_a_metric():
    one = board()
    off = counts("camera-events", MINUTE, 70, stage="estimate", clocks_off={"k7": 180.0})
    one.take_counts(off)
    metrics = generate_latest(registry_of(one, Hub())).decode()
    assert 'clearway_camera_clock_off_seconds{camera="k7"} 180.0' in metrics


def test_silence_of_the_workers_is_said():
    now = [1000.0]
    one = board(now)
    one.take_states(states_frame(MINUTE, {"AB": {}}))
    one.take_counts(counts("fixes", MINUTE, 100))
    assert one.health().status == "live"
    now[0] += 20.0
    assert one.health().status == "waiting"
    now[0] += 22.0
    assert one.health().status == "silent"
    assert "40 s" in one.health().detail


def test_of_a_source_that_nobody_tells_of_nobody_knows_how_it_is():
    now = [1000.0]
    one = board(now)
    one.take_counts(counts("fixes", MINUTE, 100, fleet_rows_in={"bus": 100}))
    now[0] += 100.0
    (tile,) = [source for source in one.health().sources if source.name == "bus"]
    assert (tile.status, tile.age_s, tile.rows_per_min) == ("unknown", 100, None)


def test_a_map_far_behind_the_newest_rows_is_late():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {}}))
    one.take_counts(counts("fixes", MINUTE + 90, 100))
    assert (one.health().status, one.health().lag_s) == ("live", 30)
    one.take_counts(counts("fixes", MINUTE + 60 + 29 * 60, 200))
    assert (one.health().status, one.health().lag_s) == ("late", 29 * 60)
    assert "29 minutes behind" in one.health().detail
    one.take_states(states_frame(MINUTE + 28 * 60, {"AB": {}}))
    assert one.health().status == "live"


def test_the_map_of_a_feed_that_has_ended_is_not_late():
    one = board()
    one.take_states(states_frame(MINUTE, {"AB": {}}))
    one.take_counts(counts("fixes", MINUTE + 600, 100, last_row_watermark=MINUTE + 250))
    assert one.health().status == "ended"


def test_a_broker_that_is_away_is_named_until_it_is_back():
    one = board()
    one.lose_connection("The broker does not answer.")
    assert (one.health().status, one.health().detail) == (
        "disconnected",
        "The broker does not answer.",
    )
    one.regain_connection()
    assert one.health().status == "waiting"


def test_a_gateway_that_is_not_believed_and_much_that_is_late_are_shown():
    one = board()
    one.take_counts(counts("gps.bus", MINUTE, 500, stage="ingest", clock_off_s=28_800.0))
    late = {"taxi": {"late": 90}}
    one.take_counts(counts("fixes", MINUTE, 200, refused={"late": 90}, fleet_untimely=late))
    tiles = {source.name: source for source in one.health().sources}
    assert (tiles["bus"].clock_off_s, tiles["bus"].untimely) == (28_800.0, None)
    assert (tiles["taxi"].clock_off_s, tiles["taxi"].untimely) == (None, 0.45)
    metrics = generate_latest(registry_of(one, Hub())).decode()
    off = 'clearway_gateway_clock_off_seconds{partition="0",source="gps.bus"} 28800.0'
    assert off in metrics
    assert 'clearway_rows_untimely_share{source="taxi"} 0.45' in metrics
    assert 'clearway_rows_untimely_share{source="bus"} 0.0' in metrics


def test_alarms_of_more_than_a_day_ago_are_forgotten():
    one = board()
    one.take_alert(alert("old", "AB", state="cleared"))
    one.take_states(states_frame(MINUTE + 25 * 3600.0, {"AB": {}}))
    one.take_alert(alert("new", "AB", event_time=iso(MINUTE + 25 * 3600.0)))
    load = one.alarm_load()
    assert load is not None
    assert (load.hours, load.alarm_count) == (24.0, 1)
