"""Where the time to detect goes: until truth shows it, until sensors do, until it is decided."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.incidents.recording import Recording
from incidents.judgement.weighing import weigh_segments
from incidents.records import seconds
from incidents.road_points import DrivingDistances
from incidents.scoring.incidents import REACH_M, Hit, TrueIncident
from incidents.settings import DetectionSettings
from incidents.signs.city import CitySignFinder
from incidents.signs.lane_detectors import lane_detectors
from ingest.units import MINUTE_S, Seconds

VISIBLE_SHARE = 0.5
"""An incident is visible from the minute on in which its road is slower than this share of what it
would be without. Source: data/README.md, as the truth's visible_in_flow."""
LEAST_ODDS = 1.0
"""Sensors show something from these log odds on. Source: chosen, three to one."""


def visible_at(recording: Recording, incidents: Sequence[TrueIncident]) -> dict[str, Seconds]:
    """Give by id when the true minutes first show each incident, on its road or just before it."""
    path = recording.folder / "truth" / "segment_minutes.parquet"
    columns = ["link_id", "interval_start", "speed_kmh", "speed_without_incidents_kmh"]
    truth = pq.read_table(path, columns=columns).to_pandas()
    slow = truth[truth.speed_kmh < VISIBLE_SHARE * truth.speed_without_incidents_kmh]
    ended = slow.interval_start + pd.Timedelta(seconds=MINUTE_S)
    found = {}
    for incident in incidents:
        first, last = (pd.Timestamp(text) for text in (incident.start, incident.end))
        at = slow.link_id.isin(_roads(recording, incident)) & (ended > first)
        at &= slow.interval_start < last
        if at.any():
            found[incident.incident_id] = float(ended[at].min().timestamp())
    return found


def shown_at(recording: Recording, incidents: Sequence[TrueIncident]) -> dict[str, Seconds]:
    """Give by id when the minute was there that first held a sign within reach of each."""
    network, settings = recording.network, DetectionSettings()
    detectors = lane_detectors(network, recording.roadside)
    finder = CitySignFinder(network, detectors, recording.roadside, settings)
    around = {
        incident.incident_id: DrivingDistances(
            network, (network.segment_ids.index(incident.link_id), incident.offset_m), REACH_M
        )
        for incident in incidents
    }
    found: dict[str, Seconds] = {}
    for minute in recording.minutes:
        signs = finder.step(minute.minute_start, minute.states, minute.sightings)
        suspects = weigh_segments(network, detectors, settings.judgement, signs)
        places = [(s.segment, s.offset_m) for s in suspects if s.odds >= LEAST_ODDS]
        for incident in incidents:
            name, end = incident.incident_id, minute.minute_start + MINUTE_S
            if name in found or not seconds(incident.start) < end <= seconds(incident.end):
                continue
            if any(np.isfinite(around[name].distance_m(place)) for place in places):
                found[name] = minute.event_time
    return found


def rows(
    recording: Recording, hits: Sequence[Hit], oracle_hits: Sequence[Hit]
) -> list[dict[str, Any]]:
    """Give a line an incident: the minutes after its start at which each thing was so."""
    incidents = recording.incidents()
    visible, shown = visible_at(recording, incidents), shown_at(recording, incidents)
    decided = {hit.incident_id: hit.time_to_detect_s for hit in hits}
    by_oracle = {hit.incident_id: hit.time_to_detect_s for hit in oracle_hits}

    def after(incident: TrueIncident, times: Mapping[str, Seconds]) -> float | None:
        time = times.get(incident.incident_id)
        return None if time is None else round((time - seconds(incident.start)) / MINUTE_S, 1)

    def minutes(incident: TrueIncident, times: Mapping[str, Seconds]) -> float | None:
        time = times.get(incident.incident_id)
        return None if time is None else round(time / MINUTE_S, 1)

    return [
        {
            "feed": recording.name,
            "incident": incident.incident_id,
            "type": incident.type,
            "class": incident.incident_class,
            "lasts_min": round((seconds(incident.end) - seconds(incident.start)) / MINUTE_S, 1),
            "visible_min": after(incident, visible),
            "shown_min": after(incident, shown),
            "decided_min": minutes(incident, decided),
            "by_oracle_min": minutes(incident, by_oracle),
        }
        for incident in incidents
    ]


def by_type(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give by type of incident how many there are and how many were found."""
    found = []
    for name in sorted({line["type"] for line in lines}):
        of = [line for line in lines if line["type"] == name]
        found.append(
            {
                "type": name,
                "incidents": len(of),
                "visible in the flow": sum(line["class"] == "A" for line in of),
                "found": sum(line["decided_min"] is not None for line in of),
                "found by the oracle": sum(line["by_oracle_min"] is not None for line in of),
            }
        )
    return found


def medians(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give by class what is found, and the medians of the parts of the time of what is found."""
    found = []
    for name in sorted({line["class"] for line in lines}):
        of = [line for line in lines if line["class"] == name]
        hits = [line for line in of if line["decided_min"] is not None]
        found.append(
            {
                "class": name,
                "incidents": len(of),
                "visible in truth": sum(line["visible_min"] is not None for line in of),
                "shown by a sensor": sum(line["shown_min"] is not None for line in of),
                "decided": len(hits),
                "decided by the oracle": sum(line["by_oracle_min"] is not None for line in of),
                "until visible, min": _median([line["visible_min"] for line in hits]),
                "until shown, min": _median([line["shown_min"] for line in hits]),
                "until decided, min": _median([line["decided_min"] for line in hits]),
                "by the oracle, min": _median([line["by_oracle_min"] for line in of]),
            }
        )
    return found


def _roads(recording: Recording, incident: TrueIncident) -> list[str]:
    network = recording.network
    segment = network.segment_ids.index(incident.link_id)
    low, high = network.predecessor_offsets[segment], network.predecessor_offsets[segment + 1]
    before = [s for s in network.predecessors[low:high] if s != network.reverse_segment[segment]]
    return [network.segment_ids[s] for s in (segment, *before)]


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.median(known)), 1) if known else None
