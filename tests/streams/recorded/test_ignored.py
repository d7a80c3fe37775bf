"""A run names the sources that it mostly did not use, each in one line."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingest.frames import FIXES, READINGS
from ingest.recorded.feed import Feed
from streams.recorded.ignored import UNBELIEVED, IgnoredSource, ignored_sources
from streams.recorded.run import run_feed
from streams.stages.counts import StageCounts
from streams.topics import CAMERA_EVENTS, PATROLS, REPORTS
from streams.topics import READINGS as READINGS_TOPIC
from tests.ingest.recordings import fix, reading
from tests.streams.chain_parts import chain_of


def balance(
    readings: int = 0,
    refused: dict[str, int] | None = None,
    excluded: dict[str, str] | None = None,
    camera_events: int = 0,
) -> list[StageCounts]:
    return [
        StageCounts("estimate", 0, READINGS_TOPIC, rows_in=readings, refused=refused or {},
                    excluded=excluded or {}),
        StageCounts("estimate", 0, CAMERA_EVENTS, rows_in=camera_events,
                    refused={"late": camera_events // 2}),
        StageCounts("detect", 0, REPORTS),
        StageCounts("detect", 0, PATROLS),
    ]  # fmt: skip


def recorded(few_minutes: Feed, **tables: pa.Table | None) -> Feed:
    return replace(few_minutes, **{"fixes": None, "readings": None, **tables})


def test_each_fleet_is_named_by_itself(few_minutes: Feed) -> None:
    rows = [fix(str(k), k, fleet="bus" if k < 10 else "taxi") for k in range(20)]
    feed = recorded(few_minutes, fixes=pa.Table.from_pylist(rows, schema=FIXES))
    reasons = pa.array(["no_road_near"] * 4 + ["late"] + [None] * 14 + ["late"], pa.string())
    assert [str(one) for one in ignored_sources(feed, reasons, balance(), [])] == [
        "50% of the 10 bus fixes were ignored: no_road_near 4, late 1; see clearway feed check"
    ]  # a tenth of the taxis' is not more than a tenth


def test_fixes_of_no_known_fleet_are_named(few_minutes: Feed) -> None:
    fixes = few_minutes.fixes.slice(0, 4)
    place = fixes.column_names.index("fleet")
    feed = recorded(few_minutes, fixes=fixes.set_column(place, "fleet", [["taxi", "lorry"] * 2]))
    reasons = pa.array([None, "unknown_fleet", None, "unknown_fleet"])
    (found,) = ignored_sources(feed, reasons, balance(), [])
    assert str(found).startswith("100% of the 2 fixes of other fleets were ignored: unknown_fleet")


def test_a_reading_refused_of_a_detector_not_believed_counts_once(few_minutes: Feed) -> None:
    rows = [reading("d1" if k < 5 else "d2", 60 * k) for k in range(10)]
    feed = recorded(few_minutes, readings=pa.Table.from_pylist(rows, schema=READINGS))
    counts = balance(10, {"occupancy_in_percent": 2}, {"d1": "percent"})
    found = ignored_sources(feed, pa.nulls(0, pa.string()), counts, [0, 3])
    reasons = {"occupancy_in_percent": 2, UNBELIEVED: 3}
    assert found == [IgnoredSource("detector readings", 10, reasons)]


def test_camera_events_are_named_where_half_are_refused(few_minutes: Feed) -> None:
    (found,) = ignored_sources(
        recorded(few_minutes), pa.nulls(0, pa.string()), balance(camera_events=8), []
    )
    assert str(found).startswith("50% of the 8 camera events were ignored: late 4")


def test_a_run_in_the_wrong_datum_says_so_and_a_right_one_nothing(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    chain, settings = chain_of(few_minutes, network_cache)
    right = run_feed(few_minutes, chain, tmp_path / "right", settings)
    assert right.ignored == []
    assert few_minutes.fixes is not None
    place = few_minutes.fixes.column_names.index("longitude")
    east = pc.add(few_minutes.fixes["longitude"], 0.0045)  # as far as GCJ-02 in Shanghai
    moved = replace(few_minutes, fixes=few_minutes.fixes.set_column(place, "longitude", east))
    wrong = run_feed(moved, chain_of(moved, network_cache)[0], tmp_path / "wrong", settings)
    assert [one.source for one in wrong.ignored] == [
        "bus fixes", "taxi fixes",
    ]  # fmt: skip
    assert wrong.ignored[0].reasons["no_road_near"] > 0
