"""Which list of planned works and events a command uses."""

import json
from pathlib import Path

import pytest

from ingest.recorded.assets import Assets
from ingest.recorded.feed_error import FeedError
from ingest.recorded.schedule import Schedule, ScheduleEntry
from streams.cli.options import with_schedule
from streams.settings import Settings, load_settings

BESIDE = Assets(schedule=Schedule((ScheduleEntry("own", "work", 0.0, 1.0, (((0.0, 0.0),),)),)))


def settings_of(path: Path | None) -> Settings:
    city = {"schedule": None if path is None else str(path)}
    return load_settings(environment={}, overrides={"city": city})


def test_the_schedule_beside_the_assets_is_used_where_none_is_named() -> None:
    assert with_schedule(BESIDE, settings_of(None)) is BESIDE


def test_the_schedule_that_is_named_takes_its_place(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [121.5, 31.2]},
        "properties": {
            "id": "named", "kind": "event",
            "from": "2026-10-20T07:00:00Z", "to": "2026-10-20T08:00:00Z",
        },
    }  # fmt: skip
    path = tmp_path / "works.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (entry,) = with_schedule(BESIDE, settings_of(path)).schedule.entries
    assert (entry.entry_id, entry.kind) == ("named", "event")


def test_a_schedule_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"absent\.geojson.*no such file"):
        with_schedule(BESIDE, settings_of(tmp_path / "absent.geojson"))
