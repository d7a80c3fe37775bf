"""Each source of a feed by itself: its rate, clock and numbers, and what a run will make of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from congestion.detectors.settings.lost_offs import LostOffsSettings
from ingest.checks.fixes import check_fixes
from ingest.checks.readings import known_detectors, without_none
from ingest.detector_events import DETECTOR_EVENTS
from ingest.feed_check.clocks import (
    HOUR_S,
    hours_ahead_of_arrival,
    hours_ahead_of_span,
)
from ingest.feed_check.motion import motion_of
from ingest.feed_check.position_step import position_step_m
from ingest.feed_check.rates import rate_of
from ingest.feed_check.spread import spread_of
from ingest.recorded.feed import Feed, Manifest
from ingest.recorded.table import read_table
from streams.feed_check.numbers import (
    DetectorRoads,
    camera_fields,
    fix_fields,
    reading_fields,
)
from streams.feed_check.records import FieldCheck, SourceCheck
from streams.feed_check.rehearsal import (
    BUSES,
    CAMERAS,
    EVENTS,
    FILES,
    OTHERS,
    PATROLS,
    READINGS,
    REPORTS,
    TAXIS,
    Ledger,
    sent_reading_count,
)


def check_sources(
    feed: Feed, fleets: npt.NDArray[np.object_], roads: DetectorRoads, ledgers: dict[str, Ledger]
) -> list[SourceCheck]:
    """Give every source that the feed has a file of, a fleet each."""
    checks = []
    fixes = feed.fixes
    if fixes is not None:
        for name in (BUSES, TAXIS, OTHERS):
            mine = fixes.filter(pa.array(fleets == name))
            if mine.num_rows:
                checks.append(_fixes(name, mine, feed.manifest, ledgers))
    files = {
        READINGS: (_sent_readings(feed), "detector_id", "interval_start"),
        EVENTS: (read_table(feed.folder / FILES[EVENTS], DETECTOR_EVENTS), "detector_id",
                 "event_time"),
        CAMERAS: (feed.camera_events, "camera_id", "event_time"),
        REPORTS: (feed.report_lines, "source", "event_time"),
        PATROLS: (feed.patrol_lines, "patrol_id", "event_time"),
    }  # fmt: skip
    fields: dict[str, Callable[[pa.Table], list[FieldCheck]]] = {
        READINGS: lambda table: reading_fields(_without_none(table, feed), roads),
        EVENTS: lambda _: [],
        CAMERAS: camera_fields,
        REPORTS: lambda _: [],
        PATROLS: lambda _: [],
    }
    for name, (table, device, time) in files.items():
        if table is not None:
            made = _source(name, table, device, time, feed.manifest, ledgers)
            checks.append(replace(made, fields=fields[name](table)))
            if name == EVENTS:
                checks[-1] = _of_events(checks[-1], feed)
    return checks


def _sent_readings(feed: Feed) -> pa.Table | None:
    """Give the readings of their file, without those that events add up to."""
    count = sent_reading_count(feed)
    return None if count is None or feed.readings is None else feed.readings.slice(0, count)


def _without_none(readings: pa.Table, feed: Feed) -> pa.Table:
    """Give readings without the values that a run takes to say "none"."""
    if not readings.num_rows:
        return readings
    batch = readings.combine_chunks().to_batches()[0]
    return pa.Table.from_batches([without_none(batch, known_detectors(feed.assets))[0]])


def _of_events(made: SourceCheck, feed: Feed) -> SourceCheck:
    """Give the check of events with what the readings made of them show."""
    assert feed.readings is not None
    readings = feed.readings.slice(sent_reading_count(feed) or 0)
    sums = readings.group_by("detector_id").aggregate(
        [("vehicle_count", "sum"), ("unpaired_count", "sum")]
    )
    vehicles, unpaired = (
        sums[f"{name}_sum"].to_numpy() for name in ("vehicle_count", "unpaired_count")
    )
    lost = LostOffsSettings()
    loses = (vehicles >= lost.least_vehicles) & (unpaired > lost.most_share * vehicles)
    used = max(0, made.rate.row_count - made.ignored_count)
    return replace(made, lost_offs=int(loses.sum()), used_count=used)


def _fixes(
    name: str, fixes: pa.Table, manifest: Manifest, ledgers: dict[str, Ledger]
) -> SourceCheck:
    made = _source(name, fixes, "vehicle_id", "event_time", manifest, ledgers)
    event_s, arrival_s = _seconds(fixes["event_time"]), _seconds(fixes["arrival_time"])
    hours = hours_ahead_of_arrival(event_s, arrival_s)
    checked = check_fixes(fixes.combine_chunks().to_batches()[0])
    motion = motion_of(pa.Table.from_batches([checked.batch]))
    return replace(
        made,
        fields=fix_fields(fixes, motion),
        position_step_m=position_step_m(
            fixes["longitude"].to_numpy(), fixes["latitude"].to_numpy()
        ),
        shared_ids=list(motion.shared_ids),
        set_aside=dict(checked.set_aside),
        delay_s=spread_of(arrival_s - event_s),
        hours_ahead=hours or made.hours_ahead,
    )


def _source(
    name: str,
    table: pa.Table,
    device: str,
    time: str,
    manifest: Manifest,
    ledgers: dict[str, Ledger],
) -> SourceCheck:
    seconds = _seconds(table[time])
    is_inside = (seconds >= manifest.start) & (seconds <= manifest.end)
    zone_h = offset_h(manifest)
    hours = hours_ahead_of_span(seconds, manifest.start, manifest.end, zone_h)
    ledger = ledgers.get(name, Ledger())
    return SourceCheck(
        source=name,
        file=FILES[name],
        rate=rate_of(table[device], table[time]),
        hours_ahead=hours or 0.0,
        outside_span=int((~is_inside & np.isfinite(seconds)).sum()),
        used_count=ledger.used_count,
        ignored=ledger.ignored(),
        set_aside=dict(ledger.set_aside),
    )


def offset_h(manifest: Manifest) -> float:
    """Give how many hours the feed's zone is ahead of UTC at its start."""
    at = datetime.fromtimestamp(manifest.start, UTC).astimezone(ZoneInfo(manifest.timezone))
    offset = at.utcoffset()
    return 0.0 if offset is None else offset.total_seconds() / HOUR_S


def _seconds(times: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Give times as seconds since 1970 UTC, NaN for nulls."""
    numbers = pc.fill_null(times.cast(pa.int64()).cast(pa.float64()), np.nan)
    return np.asarray(numbers.to_numpy(), np.float64) / 1000.0
