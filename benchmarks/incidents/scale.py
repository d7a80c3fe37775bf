"""How long does a minute of a large city take in detection, on one core?

A busy recording's own minutes, laid side by side until there are as many segments as asked: states,
readings of lanes, standing vehicles, queues and incidents come as often as there. Times are CPU of
one process, of minutes in which alerts stand; the largest and the median.
"""

import time
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from benchmarks.incidents.recording import Recording, record
from benchmarks.recordings import recordings
from benchmarks.result import write_result
from benchmarks.state_scale import tiled
from congestion.records import Sighting
from congestion.roadside import Roadside, RoadsideAssets
from incidents.detection import IncidentDetection
from mapmatch.network import NONE
from streams.stages.city_minute import CityMinute

SEGMENTS = 100_000
BEGIN, FIRST, LAST = 36, 40, 46
"""The minute of the recording to begin with, and those that are timed: queues stand then."""


def tiled_roadside(roadside: Roadside, segments: int, tiles: int) -> Roadside:
    """Give the detectors of a city that was laid side by side."""
    one = roadside.detectors
    on = np.flatnonzero(one.segment != NONE)
    detectors = RoadsideAssets(
        tuple(f"{k}:{one.ids[i]}" for k in range(tiles) for i in on.tolist()),
        np.concatenate([one.segment[on] + k * segments for k in range(tiles)]).astype(np.int32),
        np.tile(one.offset_m[on], tiles),
        np.tile(one.lane[on], tiles),
    )
    return Roadside(detectors)


def tiled_minute(minute: CityMinute, tiles: int) -> CityMinute:
    """Give a minute of every tile at once."""
    states = [_renamed(batch, k) for k in range(tiles) for batch in minute.states]
    sightings: list[Sighting] = [
        replace(seen, segment_id=f"{k}:{seen.segment_id}", seen_by=f"{k}:{seen.seen_by}")
        for k in range(tiles)
        for seen in minute.sightings
    ]
    return minute._replace(states=states, sightings=sightings)


def _renamed(batch: pa.RecordBatch, tile: int) -> pa.RecordBatch:
    at = batch.schema.get_field_index("segment_id")
    names = pa.array([f"{tile}:{name}" for name in batch["segment_id"].to_pylist()])
    return batch.set_column(at, batch.schema.field(at), names.cast(batch.schema.field(at).type))


def measure(recording: Recording, segments: int) -> dict[str, Any]:
    """Give how long minutes of a city of so many segments take."""
    tiles = -(-segments // recording.network.segment_count)
    network = tiled(recording.network, segments)
    roadside = tiled_roadside(recording.roadside, recording.network.segment_count, tiles)
    detection = IncidentDetection(network, roadside)
    took: list[float] = []
    standing: list[int] = []
    for number, minute in enumerate(recording.minutes[BEGIN:LAST], BEGIN):
        whole = tiled_minute(minute, tiles)
        begin = time.process_time()
        detection.step(*whole)
        if number >= FIRST:
            took.append(time.process_time() - begin)
            standing.append(len(detection.open_alerts))
    return {
        "segments": network.segment_count,
        "detectors": len(roadside.detectors.ids),
        "standing_vehicles": round(len(whole.sightings)),
        "alerts_that_stand": int(np.median(standing)),
        "cpu_s": round(float(np.median(took)), 3),
        "most_cpu_s": round(max(took), 3),
    }


def main() -> None:
    """Write benchmarks/results/detection_scale.json."""
    feed = next(feed for feed in recordings() if feed.name.endswith("heavy"))
    line = measure(record(feed), SEGMENTS)
    print(line)
    question = "How long does a minute of 100,000 segments take in detection, on one core?"
    write_result("detection_scale", question, [line], data=[feed])


if __name__ == "__main__":
    main()
