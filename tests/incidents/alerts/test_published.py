"""Alerts of a lasting queue, worked out by hand from the states to what is published."""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pytest

from congestion.queues.forecast import read_forecast_model
from congestion.roadside import Roadside
from incidents.detection import IncidentDetection
from incidents.records import Alert
from tests.drawing import Drawing, draw
from tests.incidents.city import START, state_rows
from tests.roadside import roadside

# 200 m each, j of 300, two lanes; c and d stand, e is free.
ART = """
A-a>B-b>C-c>D-d>E-e>F
            ^
            |
            j
            |
            |
            J
"""
ROADS = draw(ART, cell_m=50, lanes=2)
# At a tenth of the free 45 km/h, 1.25 m/s, 200 m take 160 s. 270 veh/h are 0.075 veh/s: 12
# vehicles. An occupancy of 0.6 of two lanes, at 7.5 m a vehicle, is 32. Their mean is 22.
STANDS = {
    "speed_kmh": 4.5, "level": 5, "queue_length_m": 200.0, "flow_veh_h": 270.0, "occupancy": 0.6,
}  # fmt: skip
VEHICLES = 22.0
# Each loses nine tenths of every minute.
LOST_VEH_H = VEHICLES * 0.9 / 60.0


def alerts_of(
    minutes: int,
    given: Callable[[int], Mapping[str, Mapping[str, Any]]],
    roads: Drawing = ROADS,
    assets: Roadside | None = None,
) -> list[Alert]:
    """Give the alerts of a city of these states, each decided 90 s after its minute began."""
    detection = IncidentDetection(roads.network, assets or Roadside())
    alerts = []
    for minute in range(minutes):
        time = START + 60.0 * minute
        states = [state_rows(roads.network, minute, given(minute))]
        alerts += detection.step(time, time + 90.0, states, [])
    return alerts


def queue(minute: int) -> dict[str, dict[str, Any]]:
    """c and d stand from the first minute on."""
    return {"c": STANDS, "d": STANDS}


def opened(roads: Drawing = ROADS, assets: Roadside | None = None) -> Alert:
    """Give the alert that opens in the fifth minute."""
    (alert,) = alerts_of(5, queue, roads, assets)
    return alert


def test_a_queue_of_five_minutes_is_an_alert_at_its_head_with_onset_and_time_of_decision() -> None:
    alert = opened()
    assert (alert.kind, alert.state, alert.version) == ("hotspot", "open", 1)
    assert (alert.segment_id, alert.offset_m) == ("d", 200.0)
    assert alert.onset_time == "2026-09-15T08:00:00.000Z"
    assert alert.event_time == "2026-09-15T08:05:30.000Z"
    assert alert.alert_id == f"hotspot-d-{int(START)}"


def test_its_delay_is_what_the_vehicles_in_it_lost_since_its_onset() -> None:
    assert opened().delay_veh_h == pytest.approx(5 * 2 * LOST_VEH_H, abs=1e-3)  # 3.3
    assert opened().severity == 2  # 39.6 vehicle-hours an hour


def test_it_is_told_again_in_the_minute_in_which_it_becomes_graver() -> None:
    def fuller(minute: int) -> dict[str, dict[str, Any]]:
        # A hundred times as many pass: (1200 + 32) / 2 are in each segment, as long as before.
        more = STANDS | ({"flow_veh_h": 27_000.0} if minute == 6 else {})
        return {"c": more, "d": more}

    opened, graver = alerts_of(7, fuller)
    assert (opened.version, opened.severity, graver.version, graver.severity) == (1, 2, 2, 3)
    assert (graver.state, graver.queue_length_m) == ("updated", 400.0)
    assert graver.alert_id == opened.alert_id
    assert graver.evidence[0].seen == "queue of 400 m for 7 min"
    lost = 6 * 2 * LOST_VEH_H + 2 * 616.0 * 0.9 / 60.0  # of seven minutes, the last one fuller
    assert graver.delay_veh_h == pytest.approx(lost, abs=1e-3)


def test_its_queue_is_named_head_first_and_then_upstream_by_distance() -> None:
    def grows(minute: int) -> dict[str, dict[str, Any]]:
        return dict.fromkeys(("j", "c", "d", "b", "a"), STANDS)

    (alert,) = alerts_of(5, grows)
    # Behind the end of d they end after 200, 400, 500, 600 and 800 m.
    assert alert.queue_segment_ids == ["d", "c", "j", "b", "a"]
    assert alert.queue_length_m == 800.0


def test_its_length_ends_where_the_tail_stands_in_the_last_segment() -> None:
    def shorter(minute: int) -> dict[str, dict[str, Any]]:
        return {"c": STANDS | {"queue_length_m": 60.0}, "d": STANDS}

    (alert,) = alerts_of(5, shorter)
    assert alert.queue_length_m == 260.0
    assert alert.evidence[0].seen == "queue of 260 m for 5 min"
    assert alert.evidence[0].when == "2026-09-15T08:05:00.000Z"


def test_its_forecast_is_that_it_stays_within_the_bounds_that_ship() -> None:
    alert = opened()
    assert [(p.minutes, p.queue_length_m) for p in alert.forecast] == [
        (5, 400.0),
        (10, 400.0),
        (15, 400.0),
    ]
    ten = read_forecast_model().horizons[1]
    point = alert.forecast[1]
    assert (point.low_m, point.high_m) == (round(400 * ten.low, 1), round(400 * ten.high, 1))
    (growth,) = [e.seen for e in alert.evidence if e.seen.startswith("queue since")]
    assert growth == "queue since 2026-09-15T08:00:00Z, steady, does not clear in a cycle"


def test_its_growth_is_said_in_metres_a_minute() -> None:
    def grows(minute: int) -> dict[str, dict[str, Any]]:
        return {"d": STANDS} if minute == 0 else {"c": STANDS, "d": STANDS}

    # Its length is 200 m, then 400: what surprises is 200, and a sixth of that is growth.
    growth, surprise, length = 0.0, 200.0, 200.0
    for _ in range(5):
        length, growth = length + growth + surprise / 2, growth + surprise / 6
        surprise = 400.0 - (length + growth)
    (alert,) = alerts_of(6, grows)
    assert f", {growth:+.0f} m a minute, " in alert.evidence[1].seen


def test_what_backs_up_from_its_head_is_counted_with_since_when() -> None:
    def grows(minute: int) -> dict[str, dict[str, Any]]:
        return dict.fromkeys(("d", "c", "b")[: minute + 1], STANDS)

    alert = alerts_of(7, grows)[0]
    assert (
        alert.evidence[2].seen == "2 segments back up from d, the first since 2026-09-15T08:01:00Z"
    )


@pytest.mark.parametrize(
    ("signals", "stop_at", "cause", "probability"),
    [("", "d", "bus_stop", 0.4), ("", "c", "demand", 0.5), ("E", "d", "signal", 0.5)],
)
def test_its_cause_is_first_guessed_from_what_its_head_stands_at(
    signals: str, stop_at: str, cause: str, probability: float
) -> None:
    roads = draw(ART, cell_m=50, lanes=2, signals=signals)
    alert = opened(roads, roadside(roads, bus_stops={"B1": (stop_at, 150.0)}))
    assert (alert.cause, alert.cause_probability) == (cause, probability)


def test_it_clears_after_four_minutes_without_a_queue_and_its_delay_stays() -> None:
    def ends(minute: int) -> dict[str, dict[str, Any]]:
        return queue(minute) if minute < 6 else {}

    last = alerts_of(20, ends)[-1]
    assert (last.state, last.forecast) == ("cleared", [])
    # Speeds are smoothed by half a minute's pace: one more minute the queue stands in them, in
    # which a metre takes (1 / 1.25 + 1 / 12.5) / 2 s: 0.44 s, against 0.08 s when free. Of the
    # usual 600 veh/h, a sixth a second, 200 m hold 14.67; they lose 1 - 0.08 / 0.44 of it.
    after = 600 / 3600 * 200 * 0.44 * (1 - 0.08 / 0.44) / 60.0
    assert last.delay_veh_h == pytest.approx(2 * (6 * LOST_VEH_H + after), abs=1e-3)


def test_states_may_come_in_parts_and_a_segment_without_a_row_is_in_no_queue() -> None:
    detection = IncidentDetection(ROADS.network, Roadside())
    alerts = []
    for minute in range(5):
        time = START + 60.0 * minute
        rows = state_rows(ROADS.network, minute, queue(minute))
        parts = [rows.slice(0, 3), pa.RecordBatch.from_pylist([], schema=rows.schema)]
        alerts += detection.step(time, time + 90.0, parts, [])
    assert alerts == []  # of c alone 200 m are known


def test_from_its_second_minute_on_its_causes_are_told_with_what_speaks_for_each() -> None:
    def longer(minute: int) -> dict[str, dict[str, Any]]:
        return dict.fromkeys(("c", "d") if minute < 6 else ("a", "b", "c", "d"), STANDS)

    roads = draw(ART, cell_m=50, lanes=2, signals="E")
    first, *_, last = alerts_of(12, longer, roads)
    assert first.causes == []
    assert (last.cause, last.cause_probability) == ("signal", last.causes[0].probability)
    assert sum(cause.probability for cause in last.causes) <= 1.0 + 1e-9
    assert any("signal" in seen.seen and seen.weight > 0 for seen in last.causes[0].evidence)
