"""What cameras report of single vehicles, as sightings on the region's segments."""

import pyarrow as pa
import pyarrow.compute as pc

from congestion.records import Sighting
from congestion.region import Region
from ingest.approaches import UNKNOWN


def camera_sightings(region: Region, events: pa.Table) -> list[Sighting]:
    """Give the events of a minute that are no passes, those of approaches in the region only."""
    sightings = []
    reports = events.filter(pc.not_equal(events["kind"], "pass"))
    places = region.approach_index.places(reports).tolist()
    for event, place in zip(reports.to_pylist(), places, strict=True):
        if place == UNKNOWN:
            continue
        until = event["event_time"].timestamp()
        sightings.append(
            Sighting(
                source="camera",
                kind=event["kind"],
                seen_by=event["camera_id"],
                segment_id=region.segment_ids[region.camera_segment[place]],
                offset_m=round(float(region.camera_offset_m[place]), 1),
                since=until - max(0.0, event["dwell_s"] or 0.0),  # 0 where NaN
                until=until,
                lane=event["lane"],
            )
        )
    return sightings
