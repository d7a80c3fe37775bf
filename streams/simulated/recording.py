"""What the sensors of a simulated city would have sent, and the truth beside it."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.units import KMH
from streams.simulated.demand import Demand
from streams.simulated.probes import INTERVALS_S, report
from streams.simulated.sensors import Approach, Sensor, placed, write_sensor_tables
from streams.simulated.streets import Streets

SILENT_SHARE, LOST_MINUTES_SHARE = 0.02, 0.005
LOOP_SPEED_ERROR = 0.06
UNREAD_SHARE = 0.05
CONGESTED_SHARE, CONGESTED_OVER_MINUTES = 0.25, 5


@dataclass(frozen=True)
class Moments:
    """When a simulated morning begins, how long it lasts, and the seed of its chances."""

    start: str
    duration_s: int
    seed: int
    silent_share: float = SILENT_SHARE  # of the detectors
    fix_intervals_s: tuple[int, ...] = INTERVALS_S


def rows_in(path: Path, tag: str) -> Iterator[ET.Element]:
    """Give the elements of a kind in one of SUMO's files, one after another.

    SUMO writes no file where nothing was to be written, such as one of no detectors.
    """
    if not path.exists():
        return
    for _, element in ET.iterparse(path):
        if element.tag == tag:
            yield element
            element.clear()


def write_recording(
    streets: Streets, demand: Demand, sensors: list[Sensor], approaches: list[Approach],
    moments: Moments, work: Path, feed: Path, licence: str, network: str,
) -> None:  # fmt: skip
    """Write a feed's folder from what SUMO wrote into another; `network` as feed.toml names it."""
    (feed / "truth").mkdir(parents=True, exist_ok=True)
    begin, random = pd.Timestamp(moments.start), np.random.default_rng([moments.seed, 7])
    write_sensor_tables(streets, sensors, approaches, feed)
    _write_stops(streets, demand, feed)
    _write_incidents(streets, demand, begin, feed)
    reports, true = report(
        probe_rows(work / "fixes.xml"), begin, moments.seed, moments.fix_intervals_s
    )
    reports.to_parquet(feed / "gps.parquet", index=False)
    true.to_parquet(feed / "truth" / "fixes.parquet", index=False)
    _write_loops(work / "loops.xml", sensors, begin, random, feed, moments.silent_share)
    passes(work / "passes.xml", begin, random).to_parquet(feed / "camera.parquet", index=False)
    limits = {link.link_id: link.lanes[0].speed * KMH for link in streets.links.values()}
    minutes = segment_minutes(work / "minutes.xml", limits, begin)
    minutes.to_parquet(feed / "truth" / "segment_minutes.parquet", index=False)
    routes(work / "routes_driven.xml", begin).to_parquet(
        feed / "truth" / "routes.parquet", index=False
    )
    end = begin + pd.Timedelta(seconds=moments.duration_s - 5)
    (feed / "feed.toml").write_text(
        f'name = "{feed.name}"\nformat = 1\ntimezone = "Asia/Shanghai"\n'
        f'start = "{begin.isoformat()}"\nend = "{end.isoformat()}"\ndatum = "wgs84"\n'
        f'network = "{network}"\n'
        f'licence = "simulated with SUMO 1.28 {licence}"\n'
    )


def at(begin: pd.Timestamp, seconds: npt.ArrayLike) -> pd.DatetimeIndex:
    """Give moments of the morning, to the millisecond."""
    millis = np.round(np.asarray(seconds, np.float64) * 1000.0).astype(np.int64)
    return (begin + pd.to_timedelta(millis, unit="ms")).as_unit("ms")


def probe_rows(path: Path) -> pd.DataFrame:
    """Give where each probe was, every few seconds."""
    rows: list[tuple[float, str, float, float, float, float, str, float]] = []
    for step in rows_in(path, "timestep"):
        time = float(step.attrib["time"])
        for v in step:
            a = v.attrib
            rows.append(
                (time, a["id"], float(a["x"]), float(a["y"]), float(a["speed"]),
                 float(a["angle"]), a["lane"].rpartition("_")[0], float(a["pos"]))
            )  # fmt: skip
    columns = [
        "time", "vehicle_id", "longitude", "latitude", "speed", "heading", "link_id", "offset_m",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _write_loops(
    path: Path, sensors: list[Sensor], begin: pd.Timestamp, random: np.random.Generator,
    feed: Path, silent_share: float,
) -> None:  # fmt: skip
    silent = {s.sensor_id for s in sensors if random.random() < silent_share}
    sent = readings(path, silent, begin, random)
    sent.to_parquet(feed / "magnetometer.parquet", index=False)
    faults = pd.DataFrame({"detector_id": sorted(silent), "fault": "silent"})
    faults.to_csv(feed / "truth" / "detector_faults.csv", index=False)


def readings(
    path: Path, silent: set[str], begin: pd.Timestamp, random: np.random.Generator
) -> pd.DataFrame:
    """Give what the detectors sent: nothing of the silent, now and then an interval lost."""
    rows = [
        (row.attrib["id"], float(row.attrib["begin"]), float(row.attrib["end"]),
         int(row.attrib["nVehContrib"]),
         float(row.attrib["occupancy"]) / 100.0, float(row.attrib["speed"]) * KMH)
        for row in rows_in(path, "interval")
    ]  # fmt: skip
    columns = ["detector_id", "begin", "end", "vehicle_count", "occupancy", "speed_kmh"]
    read = pd.DataFrame(rows, columns=columns).sort_values(["begin", "detector_id"])
    read = read[~read.detector_id.isin(silent) & (random.random(len(read)) >= LOST_MINUTES_SHARE)]
    measured = read.speed_kmh.where(read.speed_kmh >= 0)
    measured *= random.normal(1, LOOP_SPEED_ERROR, len(read))
    # Two vehicles within a detector's zone are counted twice by SUMO.
    occupancy = read.occupancy.clip(upper=1.0)
    return pd.DataFrame(
        {
            "detector_id": read.detector_id.to_numpy(),
            "interval_start": at(begin, read.begin),
            "interval_s": (read.end - read.begin).round().to_numpy(np.int32),
            "vehicle_count": read.vehicle_count.to_numpy(np.int32),
            "occupancy": occupancy.round(3).to_numpy(np.float32),
            "speed_kmh": measured.round(1).to_numpy(np.float32),
        }
    )


def passes(path: Path, begin: pd.Timestamp, random: np.random.Generator) -> pd.DataFrame:
    """Give what the cameras saw: a vehicle leaving the lane's end, most with the plate read."""
    rows = [
        (row.attrib["id"], float(row.attrib["time"]), row.attrib["vehID"],
         float(row.attrib["speed"]) * KMH, float(row.attrib.get("occupancy", "nan")))
        for row in rows_in(path, "instantOut")
        if row.attrib["state"] == "leave"
    ]  # fmt: skip
    seen = pd.DataFrame(rows, columns=["loop", "time", "vehicle_id", "speed_kmh", "dwell_s"])
    seen = seen.sort_values(["time", "loop"], kind="stable").reset_index(drop=True)
    approach = seen.loop.str.rpartition("_")
    hashed = pd.util.hash_array(seen.vehicle_id.to_numpy(object)) % 16**5
    plates = pd.Series([f"闽A{value:05X}" for value in hashed], dtype="str")
    return pd.DataFrame(
        {
            "camera_id": approach[0].str.partition(":")[0],
            "approach_id": approach[0],
            "event_time": at(begin, seen.time),
            "kind": "pass",
            "lane": approach[2].astype("Int16"),
            "plate": plates.where(random.random(len(seen)) >= UNREAD_SHARE),
            "speed_kmh": seen.speed_kmh.clip(lower=0).round(1).astype(np.float32),
            "dwell_s": seen.dwell_s.round(1).astype(np.float32),
        }
    )


def segment_minutes(path: Path, limits: dict[str, float], begin: pd.Timestamp) -> pd.DataFrame:
    """Give the true space-mean speed of each link and minute that vehicles were on it."""
    rows = []
    for interval in rows_in(path, "interval"):
        minute = float(interval.attrib["begin"])
        for edge in interval:
            a = edge.attrib
            if "speed" in a and not a["id"].startswith(":"):
                seconds = float(a["sampledSeconds"])
                rows.append(
                    (a["id"], minute, float(a["speed"]) * KMH, int(a["entered"]), int(a["left"]),
                     seconds)
                )  # fmt: skip
    columns = ["link_id", "begin", "speed_kmh", "entered", "left", "seconds"]
    read = pd.DataFrame(rows, columns=columns).sort_values(["link_id", "begin"])
    read["window"] = read.begin // (60 * CONGESTED_OVER_MINUTES)
    read["metres"] = read.speed_kmh / KMH * read.seconds
    sums = read.groupby(["link_id", "window"])[["metres", "seconds"]].transform("sum")
    mean_kmh = sums.metres / sums.seconds * KMH
    true = pd.DataFrame(
        {
            "link_id": read.link_id,
            "interval_start": at(begin, read.begin),
            "speed_kmh": read.speed_kmh.round(1).astype(np.float32),
            "congested": mean_kmh < CONGESTED_SHARE * read.link_id.map(limits),
            "cause": pd.Series(None, read.index, dtype="str"),
            "incident_id": pd.Series(None, read.index, dtype="str"),
            "queue_next_link_id": pd.Series(None, read.index, dtype="str"),
            "entered": read.entered.astype(np.int32),
            "left": read.left.astype(np.int32),
        }
    )
    return true.reset_index(drop=True)


def routes(path: Path, begin: pd.Timestamp) -> pd.DataFrame:
    """Give the links each probe drove over and when it left them."""
    rows = []
    for vehicle in rows_in(path, "vehicle"):
        route = vehicle.findall(".//route")[-1:] if vehicle.get("type") in ("taxi", "bus") else []
        for driven in route:
            links = driven.attrib["edges"].split()
            times = driven.attrib.get("exitTimes", "").split()
            rows += [
                (vehicle.attrib["id"], link, float(time))
                for link, time in zip(links, times, strict=False)
                if float(time) >= 0
            ]
    read = pd.DataFrame(rows, columns=["vehicle_id", "link_id", "exit_time"])
    read["exit_time"] = at(begin, read.exit_time)
    return read


def _write_stops(streets: Streets, demand: Demand, feed: Path) -> None:
    rows = []
    for stop in demand.stops.values():
        lines = [line.name for line in demand.lines if stop in line.stops]
        place = placed(streets, streets.links[stop.link_id], 0, stop.end_m)
        rows.append((stop.stop_id, *place, " ".join(lines)))
    columns = ["stop_id", "longitude", "latitude", "bearing_deg", "lines"]
    pd.DataFrame(rows, columns=columns).to_csv(feed / "bus_stops.csv", index=False)


def _write_incidents(streets: Streets, demand: Demand, begin: pd.Timestamp, feed: Path) -> None:
    incidents = []
    for broken in demand.breakdowns:
        link = streets.links[broken.link_id]
        longitude, latitude, _ = placed(streets, link, broken.lane, broken.offset_m)
        start = begin + pd.Timedelta(seconds=round(broken.start_s))
        end = start + pd.Timedelta(seconds=round(broken.duration_s))
        incidents.append(
            {
                "visible_in_flow": False, "incident_id": broken.incident_id, "type": "lane_block",
                "link_id": broken.link_id, "lanes": [broken.lane], "lane_count": len(link.lanes),
                "offset_m": round(broken.offset_m, 1), "start": str(start), "end": str(end),
                "longitude": longitude, "latitude": latitude,
            }
        )  # fmt: skip
    (feed / "truth" / "incidents.json").write_text(json.dumps(incidents, indent=1))
