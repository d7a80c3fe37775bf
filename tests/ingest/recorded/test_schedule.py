"""The list of works and events: what is read, and how a bad feature is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.datum import Datum
from ingest.recorded.feed_error import FeedError
from ingest.recorded.schedule import read_schedule

POINT = {"type": "Point", "coordinates": [121.5, 31.2]}
TIMES = {"from": "2026-10-20T07:20:00+08:00", "to": "2026-10-20T08:00:00+08:00"}
START = 1_792_452_000.0


def work(geometry: Any = POINT, **properties: Any) -> dict[str, Any]:
    given = {"id": "w1", "kind": "work", **TIMES, "lanes": [0]} | properties
    return {"type": "Feature", "geometry": geometry, "properties": given}


def written(folder: Path, *features: Any) -> Path:
    path = folder / "schedule.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_works_and_events_have_their_place_and_time(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[121.5, 31.2], [121.51, 31.2, 4.0]]}
    path = written(tmp_path, work(), work(line, id="e1", kind="event", lanes=None))
    found = read_schedule(path)
    assert found.refused == ()
    first, second = found.entries
    assert (first.entry_id, first.kind, first.lanes) == ("w1", "work", (0,))
    assert (first.start, first.end) == (START, START + 2400.0)
    assert first.lines == (((121.5, 31.2),),)
    assert (second.kind, second.lanes) == ("event", ())
    assert second.lines == (((121.5, 31.2), (121.51, 31.2)),)


def test_a_road_event_of_wzdx_is_a_work_with_its_closed_lanes(tmp_path: Path) -> None:
    feature = {
        "id": "71234", "type": "Feature",
        "geometry": {"type": "MultiPoint", "coordinates": [[121.5, 31.2], [121.501, 31.2]]},
        "properties": {
            "core_details": {"event_type": "work-zone", "data_source_id": "1",
                             "road_names": ["Third Street"], "direction": "eastbound"},
            "start_date": "2026-10-19T23:20:00Z", "end_date": "2026-10-20T00:00:00Z",
            "lanes": [
                {"order": 1, "type": "general", "status": "open"},
                {"order": 2, "type": "general", "status": "closed"},
            ],
        },
    }  # fmt: skip
    (entry,) = read_schedule(written(tmp_path, feature)).entries
    assert (entry.entry_id, entry.kind, entry.start, entry.lanes) == ("71234", "work", START, (0,))
    assert len(entry.lines) == 2


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (work(kind="party"), "field 'properties.kind': found 'party'"),
        (work(id=""), "field 'properties.id'"),
        (work(id=4), "field 'properties.id': found 4"),
        (work(**{"from": "seven"}), "field 'properties.from': found 'seven', expected ISO 8601"),
        (work(to="2026-10-20T07:20:00"), "field 'properties.to'"),
        (work(to=TIMES["from"]), "expected a time after 2026-10-20T07:20:00+08:00"),
        (work(lanes=[-1]), "field 'properties.lanes': found [-1]"),
        (work({"type": "Polygon", "coordinates": []}), "field 'geometry.type': found 'Polygon'"),
        (work({"type": "Point", "coordinates": [31.2, 121.5]}), "a latitude between -90 and 90"),
        (work({"type": "MultiPoint", "coordinates": []}), "at least one position"),
        (work(None), "field 'geometry.type': found None"),
        (work(id="good"), "an id that no earlier feature has"),
        ({"type": "Feature", "properties": {"core_details": 3}, "geometry": POINT}, "event_type"),
        ("nothing", "field 'type'"),
    ],
)
def test_a_bad_feature_is_left_out_and_named(tmp_path: Path, bad: Any, named: str) -> None:
    found = read_schedule(written(tmp_path, work(id="good"), bad, work(id="last")))
    assert [entry.entry_id for entry in found.entries] == ["good", "last"]
    (line,) = found.refused
    assert "schedule.geojson, feature 1, " in line and named in line


@pytest.mark.parametrize("text", ["{", '{"type": "Feature"}', '{"type": "FeatureCollection"}', "7"])
def test_a_file_that_is_no_list_is_refused_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "schedule.geojson"
    path.write_text(text)
    with pytest.raises(FeedError, match=r"schedule\.geojson"):
        read_schedule(path)


def test_without_a_file_nothing_is_planned_and_a_datum_is_shifted(tmp_path: Path) -> None:
    assert read_schedule(tmp_path / "schedule.geojson").entries == ()
    (entry,) = read_schedule(written(tmp_path, work()), Datum.GCJ02).entries
    ((place,),) = entry.lines
    assert 0.001 < abs(place[0] - 121.5) < 0.01
