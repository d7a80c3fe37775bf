"""How far are camera-to-camera travel times from the true ones, and are wrong clocks found?

The truth of a path is the sum over its segments of length by true speed in the minute of arrival.
Beside the believed times stands every plate's time, unfiltered, and the time in a free city. Then
the clocks of some cameras are set off by minutes, and the offsets found are compared.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.recordings import network_of, recordings
from benchmarks.result import write_result
from congestion.cameras.paths import CameraPaths
from congestion.cameras.travel_time_settings import TravelTimeSettings
from congestion.cameras.travel_times import TravelTimes
from congestion.records import PathTime
from congestion.region import Region, region_of
from congestion.roadside import place_roadside
from incidents.scoring.travel_times import TrueTravelTimes
from ingest.frames import CAMERA_EVENTS
from ingest.plates import hash_plates
from ingest.recorded.feed import Feed, open_feed
from ingest.time_zone import time_zone
from ingest.units import KMH

OFFSETS_S = (180.0, -240.0, 420.0, -90.0, 120.0)
EVERY_TIME = TravelTimeSettings(window_sigmas=10.0, least_sigma=1.0)
BY_PLATE, UNFILTERED, FREE = "plates, filtered", "plates, unfiltered", "a free city's"


def regions_of(feed: Feed) -> list[Region]:
    """Give the regions of a recording's network with its cameras."""
    network = network_of(feed.folder)
    roadside = place_roadside(network, feed.assets)
    return [region_of(network, number, roadside) for number in range(network.region_count)]


def events_of(feed: Feed, offsets: dict[str, float]) -> pd.DataFrame:
    """Give a recording's camera events, hashed, by clocks set off, in order of those."""
    assert feed.camera_events is not None
    table, zone = feed.camera_events, time_zone(feed.manifest.timezone)
    hashes = hash_plates(
        table["plate"],
        table["event_time"],
        b"a key for measuring",
        zone,
    )
    columns = [hashes if name == "plate" else table[name] for name in table.column_names]
    events = pa.Table.from_arrays(columns, schema=CAMERA_EVENTS).to_pandas()
    events["event_time"] += pd.to_timedelta(events.camera_id.map(offsets).fillna(0.0), unit="s")
    return events.sort_values("event_time", kind="stable")


def measured(
    region: Region, events: pd.DataFrame, settings: TravelTimeSettings
) -> tuple[list[PathTime], TravelTimes]:
    """Give all path times of a region, and what measured them."""
    times = TravelTimes(region, settings)
    found = []
    for minute, rows in events.groupby(events.event_time.dt.floor("60s")):
        table = pa.Table.from_pandas(rows, CAMERA_EVENTS, preserve_index=False)
        found += times.step(minute.timestamp(), table)
    return found, times


def errors(path: Path, regions: list[Region], events: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the errors of the path times of one recording."""
    rows: list[tuple[str, float, float, float, int]] = []
    minutes = pd.read_parquet(path / "truth" / "segment_minutes.parquet")
    for region in regions:
        true = TrueTravelTimes(minutes, region.segment_ids, region.length_m)
        paths = CameraPaths(region)
        for way, settings in ((BY_PLATE, TravelTimeSettings()), (UNFILTERED, EVERY_TIME)):
            at = dict(zip(map(str, region.approaches), region.camera_segment.tolist(), strict=True))
            for time in measured(region, events, settings)[0]:
                taken = paths.path(at[time.from_approach], at[time.to_approach])
                assert taken is not None
                true_s = true.path_s(time.minute_start, taken.segments)
                rows.append((way, time.travel_time_s, true_s, time.length_m, time.vehicle_count))
                if way == BY_PLATE:
                    rows.append((FREE, taken.free_s, *rows[-1][2:]))
    table = pd.DataFrame(rows, columns=["way", "given", "true", "metres", "vehicles"]).dropna()
    return [_row(path, way, table[table.way == way]) for way in (BY_PLATE, UNFILTERED, FREE)]


def _row(path: Path, way: str, table: pd.DataFrame) -> dict[str, Any]:
    weights = table.vehicles
    speed_error = (table.metres / table.given - table.metres / table.true).abs() * KMH
    return {
        "feed": path.name, "way": way, "times": len(table), "vehicles": int(weights.sum()),
        "true_s": round(float(np.average(table.true, weights=weights)), 1),
        "error_s": round(float(np.average((table.given - table.true).abs(), weights=weights)), 1),
        "median_error_s": round(float((table.given - table.true).abs().median()), 1),
        "bias_s": round(float(np.average(table.given - table.true, weights=weights)), 1),
        "error_kmh": round(float(np.average(speed_error, weights=weights)), 1),
    }  # fmt: skip


def clocks(path: Path, feed: Feed, regions: list[Region], seed: int) -> list[dict[str, Any]]:
    """Give what is found of clocks set off: one row a camera that is or is said to be off."""
    cameras = sorted({camera.camera_id for camera in feed.assets.cameras})
    bad = np.random.default_rng(seed).permutation(cameras)[: len(OFFSETS_S)].tolist()
    offsets = dict(zip(bad, OFFSETS_S, strict=True))
    events = events_of(feed, offsets)
    found = {
        clock.camera_id: clock.offset_s
        for region in regions
        for clock in measured(region, events, TravelTimeSettings())[1].clocks_off()
    }
    passes = events.camera_id.value_counts()
    return [
        {"feed": path.name, "camera": camera, "passes": int(passes.get(camera, 0)),
         "offset_s": offsets.get(camera, 0.0), "found_s": round(found.get(camera, 0.0), 1)}
        for camera in sorted(set(offsets) | set(found))
    ]  # fmt: skip


def main() -> None:
    """Measure the times, then set clocks off."""
    rows, off = [], []
    for number, path in enumerate(recordings()):
        feed = open_feed(path)
        regions = regions_of(feed)
        rows += errors(path, regions, events_of(feed, {}))
        off += clocks(path, feed, regions, number)
        print(pd.DataFrame(rows[-3:]).to_string(index=False))
    print(pd.DataFrame(off).to_string(index=False))
    write_result(
        "camera_times",
        "How far are camera-to-camera travel times from the true ones, and are clocks set off by "
        "minutes found (0: right, or not found)?",
        rows,
        [path / "camera.parquet" for path in recordings()],
        clocks=off,
    )


if __name__ == "__main__":
    main()
