"""A scenario made into a recorded feed with its truth."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from streams.simulated.city import OSM_LICENCE, drive
from streams.simulated.demand import Demand, Morning, demand_of
from streams.simulated.incidents import Placed, place_incidents, read_signals, write_for_sumo
from streams.simulated.recording import Moments, at, write_recording
from streams.simulated.scenario import Scenario
from streams.simulated.sensors import (
    Approach,
    Sensor,
    cameras_of,
    magnetometers_of,
    placed,
    write_detectors,
)
from streams.simulated.streets import Signals, Streets, convert, read_streets, write_gmns
from streams.simulated.truth import add_undisturbed, flows, link_minutes, visibility
from streams.simulated.words import camera_words, write_reports

NETWORK = "network"
STEPS = ("streets", "undisturbed", "disturbed", "recording")
MOST_HALTING = 0.25
"""More vehicles halting than this in an undisturbed run is a city that stands by itself."""


def make_scenario(
    scenario: Scenario, folder: Path, feed: Path, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Write the feed of a scenario, with its network beside it; give a summary.

    `folder` is what the scenario's map is relative to; `tell` is told each of STEPS as it begins.
    The same scenario gives the same feed. Raises FileNotFoundError where SUMO (extra `sim`) is not
    installed, UserError where an incident fits nowhere.
    """
    with _made(feed, scenario.name) as new, tempfile.TemporaryDirectory(dir=new) as inner:
        work, duration_s = Path(inner), 60 * scenario.duration_min
        tell(STEPS[0])
        signals = Signals(are_guessed=scenario.area.signals_guessed)
        net = convert(folder / scenario.area.osm, scenario.area.corners, signals, work)
        streets = read_streets(net)
        write_gmns(streets, scenario.name, new / NETWORK)
        demand = _demand(scenario, streets)
        demand.write(work / "routes.xml", work / "stops.xml")
        sensors, approaches = _sensors(scenario, streets)
        types = demand.type_names()
        write_detectors(sensors, approaches, types, work / "detectors.xml")
        tell(STEPS[1])
        navigated = scenario.demand.navigated_share
        drive(net, duration_s, scenario.seed, work, navigated)
        undisturbed = link_minutes(work / "minutes.xml")
        flow, programs = flows(undisturbed, duration_s), read_signals(net)
        incidents = place_incidents(scenario, streets, programs, demand, approaches, flow)
        if incidents:
            tell(STEPS[2])
            routes, additional = work / "more.rou.xml", work / "more.add.xml"
            write_for_sumo(incidents, streets, programs, scenario, routes, additional)
            drive(net, duration_s, scenario.seed, work, navigated)
        tell(STEPS[3])
        begin = pd.Timestamp(scenario.start).tz_convert("UTC")
        moments = Moments(
            begin.isoformat(), duration_s, scenario.seed, scenario.sensors.silent_share,
            tuple(scenario.sensors.fix_intervals_s),
        )  # fmt: skip
        write_recording(
            streets, demand, sensors, approaches, moments, work, new, OSM_LICENCE, NETWORK
        )
        add_undisturbed(new / "truth" / "segment_minutes.parquet", undisturbed, begin)
        disturbed = link_minutes(work / "minutes.xml")
        rows = [_truth(one, scenario, streets, disturbed, undisturbed) for one in incidents]
        (new / "truth" / "incidents.json").write_text(json.dumps(rows, indent=1))
        _add_words(camera_words(scenario, incidents, approaches, begin), new)
        write_reports(scenario, incidents, streets, begin, new / "reports.ndjson")
        _write_schedule(incidents, streets, begin, new)
    return {
        "name": scenario.name,
        "segments": len(streets.links),
        "detectors": len(sensors),
        "incidents": len(incidents),
        "visible_strictly": sum(row["visible_strictly"] for row in rows),
        "standing_share_undisturbed": round(_standing_share(undisturbed), 3),
    }


@contextmanager
def _made(feed: Path, name: str) -> Iterator[Path]:
    """Give a folder beside `feed` that takes its place when all has gone well."""
    feed.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=feed.parent, prefix=f".{feed.name}-") as outer:
        new = Path(outer) / name
        new.mkdir()
        yield new
        if feed.exists():
            shutil.rmtree(feed)
        new.rename(feed)


def _demand(scenario: Scenario, streets: Streets) -> Demand:
    of = scenario.demand
    duration_s = 60 * scenario.duration_min
    morning = Morning(
        scenario.seed, duration_s, of.cars_per_minute, of.taxis, of.bus_lines, breakdown_count=0
    )
    return demand_of(streets, morning)


def _sensors(scenario: Scenario, streets: Streets) -> tuple[list[Sensor], list[Approach]]:
    random = np.random.default_rng([scenario.seed, 35])
    settings, all_of = scenario.sensors, magnetometers_of(streets)
    links = sorted({sensor.link.link_id for sensor in all_of})
    chosen = {link for link in links if random.random() < settings.detector_share}
    sensors = [
        Sensor(s.sensor_id, s.link, s.lane, s.offset_m, s.zone_m, settings.interval_s)
        for s in all_of
        if s.link.link_id in chosen
    ]
    approaches = cameras_of(streets, scenario.seed)
    kept = {f"k{number}" for number in range(settings.cameras)}
    return sensors, [a for a in approaches if a.camera_id in kept]


def _truth(
    one: Placed, scenario: Scenario, streets: Streets, disturbed: pd.DataFrame,
    undisturbed: pd.DataFrame,
) -> dict[str, Any]:  # fmt: skip
    begin = pd.Timestamp(scenario.start).tz_convert("UTC")
    start, end = at(begin, [one.start_s, one.end_s])
    longitude, latitude, _ = placed(streets, one.link, one.lanes[0], one.offset_m)
    strictly, loosely = visibility(one, disturbed, undisturbed)
    return {
        "incident_id": one.incident_id, "type": one.kind, "link_id": one.link.link_id,
        "lanes": list(one.lanes), "lane_count": len(one.link.lanes), "offset_m": one.offset_m,
        "start": str(start), "end": str(end), "longitude": longitude, "latitude": latitude,
        "visible_in_flow": loosely, "visible_strictly": strictly, "loop_link_ids": list(one.loop),
    }  # fmt: skip


def _add_words(words: pd.DataFrame, feed: Path) -> None:
    passes = pd.read_parquet(feed / "camera.parquet")
    both = pd.concat([passes, words.astype(passes.dtypes.to_dict())])
    both = both.sort_values("event_time", kind="stable")
    both.to_parquet(feed / "camera.parquet", index=False)


def _write_schedule(
    incidents: list[Placed], streets: Streets, begin: pd.Timestamp, feed: Path
) -> None:
    """Write the works and events that a city knows of beforehand."""
    features = []
    for one in incidents:
        if one.kind not in ("work_zone", "surge"):
            continue
        longitude, latitude, _ = placed(streets, one.link, one.lanes[0], one.offset_m)
        start, end = at(begin, [one.start_s, one.end_s])
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
                "properties": {
                    "id": one.incident_id, "kind": "work" if one.kind == "work_zone" else "event",
                    "from": start.isoformat(), "to": end.isoformat(), "lanes": list(one.lanes),
                },
            }
        )  # fmt: skip
    if features:
        text = json.dumps({"type": "FeatureCollection", "features": features}, indent=1)
        (feed / "schedule.geojson").write_text(text)


def _standing_share(minutes: pd.DataFrame) -> float:
    """Give the share of time in which vehicles were on links slower than a walk."""
    slow = minutes.metres < 1.4 * minutes.seconds
    return float(minutes.seconds[slow].sum() / max(minutes.seconds.sum(), 1.0))
