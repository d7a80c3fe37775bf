"""Events of a stream: the same readings however they come, and what is made of bad ones."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.detector_events import FORGET_MINUTES, INTERVAL_MS, LONGEST_HOLD_MS
from ingest.event_minutes import EMPTY_MINUTES, MOST_OPEN_EVENTS, EventMinutes
from ingest.leads import Lead, leads_of
from ingest.recorded.assets import read_assets
from ingest.recorded.event_readings import readings_of_events
from ingest.recorded.feed_error import FeedError
from ingest.refusals import Reason
from tests.ingest.test_detector_events import BEGIN, Event, events, vehicle

FAR = BEGIN + 1e6


def begun(leads: dict[str, Lead] | None = None) -> EventMinutes:
    """Minutes that are published from BEGIN on."""
    minutes = EventMinutes(leads)
    minutes.close(BEGIN, FAR)
    return minutes


def rows(table: pa.Table) -> list[dict[str, Any]]:
    """Readings in an order of their own, None for no speed."""
    found = table.sort_by([("interval_start", "ascending"), ("detector_id", "ascending")])
    return [
        {name: None if value != value else value for name, value in row.items()}
        for row in found.to_pylist()
    ]


def counted(table: pa.Table, detector: str = "M1") -> list[tuple[int, float]]:
    """Count and occupied seconds of a detector's minutes."""
    mine = [r for r in rows(table) if r["detector_id"] == detector]
    return [(r["vehicle_count"], pytest.approx(60 * r["occupancy"], abs=1e-3)) for r in mine]


@st.composite
def traffic(draw: st.DrawFn) -> list[Event]:
    """Vehicles over three sensors in eight minutes, with events lost, doubled and made up."""
    found: list[Event] = []
    for sensor in ("M1", "M2", "L2"):
        gaps = draw(st.lists(st.floats(0.02, 90.0), max_size=24))
        edges = np.cumsum(gaps)[: len(gaps) // 2 * 2].reshape(-1, 2).tolist()
        found += [e for came, left in edges if left < 480 for e in vehicle(sensor, came, left)]
    kept = [e for e in found if draw(st.integers(0, 9))]
    doubled = [e for e in kept if not draw(st.integers(0, 9))]
    stray = st.tuples(st.just("M1"), st.floats(0.0, 479.0), st.booleans())
    return kept + doubled + draw(st.lists(stray, max_size=3))


@settings(max_examples=150)
@given(traffic(), st.integers(10, 130), st.randoms(use_true_random=False))
def test_a_stream_of_any_pieces_with_a_restart_tells_what_the_recording_tells(
    given_rows: list[Event], step: int, random: Any
) -> None:
    if not given_rows:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.detector_events.LONGEST_HOLD_MS", 100_000)
        _tells_the_same(given_rows, step, random)


def _tells_the_same(given_rows: list[Event], step: int, random: Any) -> None:
    leads = {"M2": Lead("L2", 4.0)}
    whole = readings_of_events(events(*given_rows), BEGIN, BEGIN + 480.0, leads)
    minutes, tables, unused = begun(leads), [], Counter[Reason]()
    for start in range(0, 480, step):
        piece = [e for e in given_rows if start <= e[1] < start + step]  # type: ignore[operator]
        random.shuffle(piece)
        if piece:
            minutes.add(events(*piece))
        again = EventMinutes(leads)
        again.restore(minutes.snapshot())
        minutes = again
        end = min(start + step, 480)
        ahead = minutes.ahead(BEGIN + end)
        found = minutes.close(BEGIN + end, FAR)
        assert rows(ahead) == [r for r in rows(found.readings) if r in rows(ahead)]
        tables.append(found.readings)
        unused.update(found.unused)
    assert rows(pa.concat_tables(tables)) == rows(whole.readings)
    assert dict(unused) == whole.unused
    occupancies = whole.readings["occupancy"].to_numpy()
    assert np.all((occupancies >= 0.0) & (occupancies <= 1.0) | np.isnan(occupancies))


def test_a_lost_off_is_held_to_the_end_of_each_minute_but_not_of_the_next_vehicles() -> None:
    minutes = begun()
    minutes.add(events(("M1", 50.0, True), *vehicle("M1", 150.0, 151.0)))
    found = minutes.close(BEGIN + 180, FAR)
    assert counted(found.readings) == [(1, 10.0), (0, 60.0), (1, 1.0)]
    assert found.unused == {Reason.UNPAIRED: 1}


def test_a_reading_says_how_many_events_turned_out_to_lack_their_other_half() -> None:
    # The on at 50 lacks its off, known at 150; the off at 170 lacks its on.
    minutes, lone_off = begun(), ("M1", 170.0, False)
    minutes.add(events(("M1", 50.0, True), *vehicle("M1", 150.0, 151.0), lone_off))
    minutes.add(events(*vehicle("M2", 5.0, 6.0)))
    found = minutes.close(BEGIN + 180, FAR).readings
    told = [(r["detector_id"], r["unpaired_count"]) for r in rows(found)]
    assert told == [("M1", 0), ("M2", 0), ("M1", 0), ("M2", 0), ("M1", 2), ("M2", 0)]


def test_an_off_before_its_on_takes_no_time_and_none_is_negative() -> None:
    minutes = begun()
    minutes.add(events(("M1", 10.0, True), ("M1", 9.5, False), *vehicle("M1", 30.0, 31.0)))
    found = minutes.close(BEGIN + 60, FAR)
    assert counted(found.readings) == [(2, 1.0)]
    assert found.unused == {Reason.UNPAIRED: 2}


def test_events_sent_twice_within_a_moment_are_one_vehicle() -> None:
    minutes = begun()
    doubled = [(d, t + 0.004, on) for d, t, on in vehicle("M1", 59.9, 60.4)]  # type: ignore[operator]
    minutes.add(events(*vehicle("M1", 59.9, 60.4), *doubled))
    found = minutes.close(BEGIN + 120, FAR)
    assert counted(found.readings) == [(1, 0.1), (0, 0.4)]
    assert found.unused == {Reason.DUPLICATE: 2}


def test_a_pulse_of_no_length_counts_and_takes_no_time() -> None:
    minutes = begun()
    minutes.add(events(*vehicle("M1", 10.0, 10.0)))
    found = minutes.close(BEGIN + 60, FAR)
    assert counted(found.readings) == [(1, 0.0)] and not found.unused


def test_a_late_event_never_reopens_a_published_minute() -> None:
    minutes = begun()
    minutes.add(events(*vehicle("M1", 10.0, 11.0)))
    minutes.close(BEGIN + 60, FAR)
    minutes.add(events(*vehicle("M1", 30.0, 31.0), *vehicle("M1", 70.0, 71.0)))
    found = minutes.close(BEGIN + 120, FAR)
    assert counted(found.readings) == [(1, 1.0)]
    assert found.unused == {Reason.LATE: 2}


def test_events_of_a_clock_that_runs_ahead_are_not_believed() -> None:
    minutes = begun()
    minutes.add(events(*vehicle("M1", 10.0, 11.0), *vehicle("M2", 7210.0, 7211.0)))
    found = minutes.close(BEGIN + 60, BEGIN + 360)
    assert [r["detector_id"] for r in rows(found.readings)] == ["M1"]
    assert found.unused == {Reason.CLOCK_SKEW: 2}


def test_a_detector_stuck_on_is_occupied_and_a_silent_one_empty_until_forgotten() -> None:
    minutes = begun()
    minutes.add(events(("M1", 0.0, True), *vehicle("M2", 0.0, 1.0)))
    seen: Counter[tuple[str, float | None]] = Counter()
    for minute in range(FORGET_MINUTES + 100):
        minutes.add(events(*vehicle("M3", 60.0 * minute, 60.0 * minute + 1)))
        found = minutes.close(BEGIN + 60.0 * (minute + 1), FAR)
        seen.update((r["detector_id"], r["occupancy"]) for r in rows(found.readings) if minute)
    assert seen["M1", 1.0] + seen["M1", None] == seen["M2", 0.0] == FORGET_MINUTES - 1
    assert seen.total() == 2 * (FORGET_MINUTES - 1) + FORGET_MINUTES + 99
    assert b"M1" not in minutes.snapshot() and b"M3" in minutes.snapshot()


def test_no_vehicle_is_said_to_stand_longer_than_one_can_though_its_off_be_lost() -> None:
    minutes, longest = begun(), LONGEST_HOLD_MS // INTERVAL_MS
    minutes.add(events(("M1", 0.0, True), *vehicle("M1", 60.0 * (longest + 5) + 30, 3000.0)))
    for minute in range(longest + 5):
        minutes.add(events(*vehicle("M2", 60.0 * minute, 60.0 * minute + 1)))
    found = minutes.close(BEGIN + 60.0 * (longest + 6), FAR)
    mine = [r for r in rows(found.readings) if r["detector_id"] == "M1"]
    assert [r["occupancy"] for r in mine] == [1.0] * longest + [None] * 5 + [0.5]
    assert [r["vehicle_count"] for r in mine] == [1] + [0] * (longest + 4) + [1]


def test_a_queue_that_stands_for_minutes_occupies_all_of_them() -> None:
    minutes, longest = begun(), LONGEST_HOLD_MS // INTERVAL_MS
    minutes.add(events(*vehicle("M1", 0.0, 60.0 * longest)))
    for minute in range(longest):
        minutes.add(events(*vehicle("M2", 60.0 * minute, 60.0 * minute + 1)))
    assert counted(minutes.close(BEGIN + 60.0 * longest, FAR).readings) == [
        (1, 60.0), *[(0, 60.0)] * (longest - 1),
    ]  # fmt: skip


def test_what_a_silent_gateway_leaves_open_is_not_published_as_empty() -> None:
    minutes = begun()
    minutes.add(events(("M1", 10.0, True), *vehicle("M1", 36_000.0, 36_001.0)))
    found = minutes.close(BEGIN + 36_060, FAR)
    assert counted(found.readings) == [(1, 50.0), *[(0, 60.0)] * EMPTY_MINUTES, (1, 1.0)]


def test_a_pair_of_sensors_times_each_vehicle_once_and_its_lead_has_no_readings() -> None:
    minutes = begun({"M1": Lead("L1", 3.0)})
    minutes.add(events(*vehicle("L1", 10.0, 10.4), *vehicle("M1", 10.3, 10.7)))  # 10 m/s
    minutes.add(events(*vehicle("L1", 20.0, 20.2), *vehicle("M1", 20.15, 20.4)))  # 20 m/s
    minutes.add(events(*vehicle("M1", 30.0, 30.2)))  # of which the lead saw nothing
    minutes.add(events(*vehicle("L1", 59.9, 60.1), *vehicle("M1", 60.1, 60.3)))  # 15 m/s
    found = rows(minutes.close(BEGIN + 120, FAR).readings)
    assert [(r["vehicle_count"], r["speed_kmh"]) for r in found] == [
        (3, pytest.approx(15.0 * 3.6)), (1, pytest.approx(15.0 * 3.6)),
    ]  # fmt: skip


def test_more_events_than_are_kept_are_counted_and_left_out() -> None:
    minutes = begun()
    many = pa.table(
        {
            "detector_id": pa.array(["M1"]).take(pa.array(np.zeros(MOST_OPEN_EVENTS + 5, int))),
            "event_time": pa.array(np.full(MOST_OPEN_EVENTS + 5, int(BEGIN * 1000))).cast(
                pa.timestamp("ms", tz="UTC")
            ),
            "is_on": pa.array(np.ones(MOST_OPEN_EVENTS + 5, bool)),
        }
    )
    minutes.add(many)
    assert minutes.close(BEGIN, FAR).unused == {Reason.OUT_OF_RANGE: 5}


def test_bytes_that_are_no_snapshot_are_refused_and_change_nothing() -> None:
    minutes = begun()
    minutes.add(events(*vehicle("M1", 0.0, 1.0)))
    data = minutes.snapshot()
    with pytest.raises(ValueError, match="EventMinutesState"):
        minutes.restore(data[:-1])
    assert minutes.snapshot() == data


HEAD = "detector_id,lane,longitude,latitude,bearing_deg,lead_id,lead_m\n"


def test_a_detector_may_name_the_sensor_that_leads_it(tmp_path: Path) -> None:
    (tmp_path / "detectors.csv").write_text(
        HEAD + "M1,0,121.4,31.2,90,L1,3.5\nM2,0,121.4,31.2,90,,\n"
    )
    assert leads_of(read_assets(tmp_path)) == {"M1": Lead("L1", 3.5)}


@pytest.mark.parametrize(
    ("ends", "line", "column"),
    [
        (["L1,3.5", "L1,3.5"], 3, "lead_id"),
        (["M2,3.5", ","], 2, "lead_id"),
        (["L1,"], 2, "lead_m"),
        ([",3.5"], 2, "lead_id"),
        (["L1,60"], 2, "lead_m"),
        (["L1,near"], 2, "lead_m"),
    ],
)
def test_a_lead_that_cannot_be_is_named(
    tmp_path: Path, ends: list[str], line: int, column: str
) -> None:
    lines = [f"M{n + 1},0,121.4,31.2,90,{end}\n" for n, end in enumerate(ends)]
    (tmp_path / "detectors.csv").write_text(HEAD + "".join(lines))
    with pytest.raises(FeedError, match=f"line {line}, column '{column}'"):
        read_assets(tmp_path)
