"""How detectors are, from the minutes of regions: last readings, faults, what is put aside."""

from collections.abc import Mapping

import pyarrow as pa

from congestion.records import STATES, DetectorFault
from ingest.recorded.assets import Detector
from streams.console.layers.detector_board import DetectorBoard
from streams.console.layers.detector_records import Reading
from tests.drawing import draw

MINUTE = 60_000_000.0
CITY = draw("A--1--2-->--B--3-->--C", cell_m=20)

Told = tuple[float | None, float | None, float | None, bool]
"""Count, occupancy and speed of a detector in a minute, and whether it is believed."""


def board() -> DetectorBoard:
    """Give d2 and d1 on the road from A to B, d3 after it, and one that is far from any road."""
    places = {"d2": CITY.fixes["2"], "d1": CITY.fixes["1"], "d3": CITY.fixes["3"]}
    detectors = [Detector(name, 0, *place, 90.0) for name, place in places.items()]
    return DetectorBoard(CITY.network, [*detectors, Detector("off", 0, 2.35, 48.85, None)])


def states(told: Mapping[str, list[Told]]) -> pa.RecordBatch:
    """Give the minute of segments, each with what its detectors told; None of one without any."""
    lists = {
        name: [[told_of[place] for told_of in of] for of in told.values()]
        for place, name in enumerate(
            ("lane_counts", "lane_occupancies", "lane_speeds_kmh", "lane_believed")
        )
    }
    known = {"segment_id": list(told), **lists}
    columns = [pa.array(known.get(f.name, [None] * len(told)), f.type) for f in STATES]
    return pa.RecordBatch.from_arrays(columns, schema=STATES)


def fault(name: str, detector: str, since: float, until: float | None = None) -> DetectorFault:
    return DetectorFault(detector, "AB", name, since, until, "" if until else "seen")  # type: ignore[arg-type]


SOUND: Told = (7.0, 0.125, 41.0, True)
QUIET: Told = (None, None, None, True)


def test_each_detector_gets_the_entry_of_its_id_among_those_of_its_segment() -> None:
    one = board()
    one.take(MINUTE, states({"AB": [SOUND, (3.0, 0.5, None, True)], "BC": [QUIET]}), [])
    assert one.health({}).status == ["sound", "sound", "never", "unplaced"]
    first, second = one.report("d1", {}), one.report("d2", {})
    assert first is not None and first.reading is not None and second is not None
    assert first.reading == Reading(MINUTE, 7.0, 0.125, 41.0)
    assert second.reading is not None and second.reading.speed_kmh is None
    assert one.report("d3", {}).reading is None  # type: ignore[union-attr]
    assert one.report("nobody", {}) is None


def test_an_older_minute_replaces_no_newer_reading_and_a_silent_one_keeps_its_last() -> None:
    one = board()
    one.take(MINUTE + 60, states({"AB": [SOUND, SOUND]}), [])
    one.take(MINUTE, states({"AB": [(1.0, 0.9, 5.0, True), SOUND]}), [])
    one.take(MINUTE + 120, states({"AB": [QUIET, SOUND]}), [])
    report = one.report("d1", {})
    assert report is not None and report.reading is not None and report.known_since == MINUTE
    assert (report.reading.minute, report.reading.vehicle_count) == (MINUTE + 60, 7.0)


def test_a_fault_is_told_with_its_name_since_when_and_what_is_put_aside() -> None:
    one = board()
    began = [fault("stuck_on", "d1", MINUTE - 600), fault("offs_lost", "d2", MINUTE)]
    one.take(MINUTE, states({"AB": [(0.0, 1.0, None, False), SOUND], "BC": [SOUND]}), began)
    excluded = {"d1": "stuck_on"}
    health = one.health(excluded)
    assert health.status == ["faulty", "faulty", "sound", "unplaced"]
    assert health.fault == {"d1": "stuck_on", "d2": "offs_lost"}
    first, second = one.report("d1", excluded), one.report("d2", excluded)
    assert first is not None and first.fault is not None and second is not None
    assert first.put_aside == "all"
    assert (first.fault.since, first.fault.evidence) == (MINUTE - 600, "seen")
    assert second.put_aside == "occupancy"


def test_a_fault_that_ended_is_over_however_often_its_minutes_are_read() -> None:
    one = board()
    minutes = [
        (MINUTE, [fault("no_data", "d1", MINUTE)]),
        (MINUTE + 60, [fault("no_data", "d1", MINUTE, MINUTE + 60)]),
    ]
    for minute, faults in [*minutes, *minutes]:
        one.take(minute, states({"AB": [SOUND, SOUND]}), faults)
    assert one.health({}).status[1] == "sound"
    report = one.report("d1", {})
    assert report is not None and report.fault is not None
    assert (report.fault.until, report.fault.evidence) == (MINUTE + 60, "seen")


def test_one_that_told_nothing_is_silent_where_it_ever_told_something() -> None:
    one = board()
    faults = [fault("no_data", "d1", MINUTE), fault("no_data", "d3", MINUTE)]
    one.take(MINUTE, states({"AB": [SOUND, SOUND], "BC": [QUIET]}), faults)
    assert one.health({"d1": "no_data", "d3": "no_data"}).status == [
        "sound", "silent", "never", "unplaced",
    ]  # fmt: skip


def test_a_fault_from_before_all_that_is_known_here_is_told_without_its_time() -> None:
    one = board()
    one.take(MINUTE, states({"AB": [SOUND, SOUND]}), [])
    assert one.health({"d2": "chatter"}).status[0] == "faulty"
    report = one.report("d2", {"d2": "chatter"})
    assert report is not None and report.fault is None and report.put_aside == "all"


def test_lists_of_other_detectors_and_other_segments_are_left_alone() -> None:
    one = board()
    one.take(MINUTE, states({"AB": [SOUND], "nowhere": [SOUND], "BC": [SOUND]}), [])
    assert one.health({}).status == ["never", "never", "sound", "unplaced"]


def test_of_an_old_region_nothing_is_known() -> None:
    one = board()
    one.take(MINUTE, states({"AB": [SOUND, SOUND]}), [])
    assert one.health({}, old_regions=[0]).status == ["unknown"] * 3 + ["unplaced"]


def test_a_city_without_detectors_has_none() -> None:
    one = DetectorBoard(CITY.network)
    one.take(MINUTE, states({"AB": [SOUND]}), [fault("stuck_on", "d1", MINUTE)])
    assert one.health({"d1": "stuck_on"}).status == [] and one.places().detector_id == []
