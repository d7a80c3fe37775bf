"""What stands beside the judge in the benchmark of incidents: the oracle, the times, the sweeps."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.incidents import methods, times
from benchmarks.incidents.oracle import oracle_of
from benchmarks.incidents.recording import Recording
from congestion.roadside import Roadside
from incidents.scoring.incidents import Hit, IncidentScore, score_incidents
from streams.stages.city_minute import CityMinute
from tests.drawing import draw
from tests.incidents.city import START, state_rows
from tests.roadside import roadside

# 200 m each, one lane; a detector on b alone.
ROADS = draw("A-a>B-b>C-c>D", cell_m=50)
BESIDE = roadside(ROADS, detectors={"M1": ("b", 160.0)})
INCIDENT = {
    "incident_id": "i1", "type": "full_block", "link_id": "c", "offset_m": 100.0,
    "start": "2026-09-15T08:02:00Z", "end": "2026-09-15T08:05:00Z", "visible_in_flow": True,
}  # fmt: skip


def recording(
    folder: Path, truth: Sequence[Mapping[str, Any]], count: int = 6, beside: Roadside = BESIDE
) -> Recording:
    """Give minutes in which all is free at 45 km/h, and this truth, a row a minute and road."""
    (folder / "truth").mkdir()
    rows = [
        {"entered": 0, "left": 0, "speed_without_incidents_kmh": 40.0}
        | dict(row)
        | {"interval_start": datetime.fromtimestamp(START + 60.0 * row["interval_start"], UTC)}
        for row in truth
    ]
    pd.DataFrame(rows).to_parquet(folder / "truth" / "segment_minutes.parquet")
    (folder / "truth" / "incidents.json").write_text(json.dumps([INCIDENT]))
    seen = {"b": {"lane_counts": [7.0], "lane_occupancies": [0.1], "lane_speeds_kmh": [44.0]}}
    minutes = [
        CityMinute(
            START + 60.0 * minute, START + 60.0 * minute + 90.0,
            [state_rows(ROADS.network, minute, seen)], [],
        )
        for minute in range(count)
    ]  # fmt: skip
    end = START + 60.0 * count
    return Recording("town-1", folder, ROADS.network, beside, minutes, START, end)


def test_the_oracle_knows_the_true_speed_and_flow_of_every_road(tmp_path: Path) -> None:
    truth = [
        {"link_id": "a", "interval_start": 0, "speed_kmh": 4.0, "entered": 12, "left": 3},
        {"link_id": "b", "interval_start": 0, "speed_kmh": 20.0, "entered": 3, "left": 9},
    ]
    truly = oracle_of(recording(tmp_path, truth))
    rows = {row["segment_id"]: row for row in truly.minutes[0].states[0].to_pylist()}
    a, b, c = (rows[name] for name in "abc")
    # 9 vehicles of 7.5 m are on the 200 m of a; 3 a minute are 180 an hour.
    assert (a["speed_kmh"], a["level"], a["flow_veh_h"], a["queue_length_m"]) == (4, 5, 180, 200)
    assert (a["lane_counts"], a["lane_occupancies"]) == ([3.0], [pytest.approx(0.3375)])
    assert (b["speed_kmh"], b["lane_counts"]) == (20.0, [7.0])  # what its own detector saw
    assert (c["speed_kmh"], c["lane_counts"]) == (45.0, [0.0])  # nobody drove there
    assert set(truly.roadside.detectors.ids) == {"M1", "true-0", "true-2"}


def test_an_incident_is_visible_when_its_road_or_the_one_before_is_half_as_fast(
    tmp_path: Path,
) -> None:
    truth = [
        {"link_id": "c", "interval_start": 1, "speed_kmh": 5.0},  # before it began
        {"link_id": "c", "interval_start": 2, "speed_kmh": 21.0},
        {"link_id": "b", "interval_start": 3, "speed_kmh": 19.0},
        {"link_id": "c", "interval_start": 4, "speed_kmh": 2.0},
    ]
    made = recording(tmp_path, truth)
    assert times.visible_at(made, made.incidents()) == {"i1": START + 240.0}  # minute 3 is over
    (line,) = times.rows(made, [], [])
    assert (line["visible_min"], line["decided_min"], line["lasts_min"]) == (2.0, None, 3.0)


def test_what_is_found_is_counted_by_type_and_its_times_by_class() -> None:
    lines = [
        {"type": "block", "class": "A", "visible_min": 1.0, "shown_min": 2.0, "decided_min": 5.0,
         "by_oracle_min": 4.0},
        {"type": "block", "class": "A", "visible_min": 9.0, "shown_min": None, "decided_min": None,
         "by_oracle_min": 8.0},
    ]  # fmt: skip
    (row,) = times.by_type(lines)
    assert (row["incidents"], row["found"], row["found by the oracle"]) == (2, 1, 2)
    (medians,) = times.medians(lines)
    # Parts of the time are of what was found, so that they add up to it.
    assert (medians["until visible, min"], medians["until decided, min"]) == (1.0, 5.0)
    assert medians["by the oracle, min"] == 6.0


def score(found: int, false: int) -> IncidentScore:
    """Give the score of an hour in which so much was found and so much false."""
    empty = score_incidents([], [], ROADS.network, 1.0)
    hit = Hit("i", "block", "A", "a", 60.0, 10.0, "incident", True, False, None)
    fields: dict[str, Any] = {
        "hits": [hit] * found, "hit_count": found, "false_alarm_count": false,
        "alert_count": found + false, "incident_count": 3, "counts": {"A": (found, 3)},
    }  # fmt: skip
    return IncidentScore(
        **{name: getattr(empty, name) for name in empty.__struct_fields__} | fields
    )


def test_a_threshold_is_asked_where_it_was_not_chosen() -> None:
    # On the first recording 1.0 is better, on the others 2.0: each is asked by what the others say.
    scores = {1.0: [score(3, 0), score(1, 9), score(1, 9)], 2.0: [score(2, 0)] * 3}
    chosen = methods.left_out(scores)
    assert [one.hit_count for one in chosen] == [2, 2, 2]
    assert methods.together(chosen)["false_alarms_per_hour"] == 0.0


def test_figures_of_several_recordings_are_over_all_their_hours() -> None:
    figures = methods.together([score(1, 4), score(2, 0)])
    assert (figures["found"], figures["incidents"], figures["visible_found"]) == (3, 6, 3)
    assert (figures["alarms_per_hour"], figures["false_alarms_per_hour"]) == (3.5, 2.0)
    assert figures["precision"] == round(3 / 7, 3)
    assert (figures["median_minutes_to_detect"], figures["place_error_m"]) == (1.0, 10)
