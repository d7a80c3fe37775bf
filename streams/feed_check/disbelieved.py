"""Which detectors a run will not believe, found with the run's own tests on their readings."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.detectors.health import DetectorHealth
from congestion.detectors.settings.health import HealthSettings
from congestion.region import Region, region_of
from congestion.seen.held import HeldReadings
from congestion.seen.minutes import by_columns, minutes_of_ends
from ingest.frames import READINGS
from ingest.units import MINUTE_S, Seconds
from streams.city import City
from streams.feed_check.records import Disbelieved

_ORDER = by_columns("detector_id", "interval_start", "interval_s")


def disbelieved(
    city: City, batches: list[pa.RecordBatch], settings: HealthSettings
) -> tuple[list[Disbelieved], dict[str, int]]:
    """Give the faults found in readings that a run uses, most detectors first; who withdrew.

    Probes are not held beside them. Who withdrew is by test how many detectors it accused at once.
    """
    readings = pa.Table.from_batches(batches, READINGS)
    accused: dict[str, dict[str, str]] = {}
    withdrawn: dict[str, int] = {}
    if not readings.num_rows:
        return [], {}
    for number in range(city.network.region_count):
        region = region_of(city.network, number, city.roadside)
        health = DetectorHealth(region, settings)
        held = HeldReadings(region)
        for minute, rows in _minutes(readings, region):
            for fault in health.step(minute, held.readings(minute, rows)):
                if fault.until is None:
                    accused.setdefault(fault.fault, {})[fault.detector_id] = fault.evidence
        for test, count in health.withdrawn.items():
            withdrawn[test] = withdrawn.get(test, 0) + count
    found = [
        Disbelieved(fault, len(of), *list(of.items())[-1])  # the last one was seen beside the most
        for fault, of in accused.items()
    ]
    return sorted(found, key=lambda one: (-one.detector_count, one.fault)), withdrawn


def _minutes(readings: pa.Table, region: Region) -> Iterator[tuple[Seconds, pa.Table]]:
    """Give the rows of a region by the minute that they end in; minutes without any too."""
    mine = pa.array(list(region.detector_index), pa.string())
    rows = readings.filter(pc.is_in(readings["detector_id"], value_set=mine))
    if not rows.num_rows:
        return
    rows = rows.combine_chunks()
    ends = minutes_of_ends(rows.to_batches()[0])
    order = np.argsort(ends, kind="stable")
    rows, ends = rows.take(pa.array(order)), ends[order]
    for minute in np.arange(ends[0], ends[-1] + MINUTE_S, MINUTE_S).tolist():
        begin, end = np.searchsorted(ends, [minute, minute + MINUTE_S])
        yield minute, _ORDER(rows.slice(begin, end - begin))
