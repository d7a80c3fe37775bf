"""Where a simulated city has its magnetometers and cameras, as SUMO's detectors and as tables."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from streams.simulated.streets import Link, Streets, along

LEAST_STREET_M, STOP_LINE_GAP_M = 60.0, 40.0
LONG_STREET_M, FAR_SHARE = 260.0, 0.45
STATION_SHARES, LEAST_STATION_M = {"motorway": 0.75, "motorway_link": 0.5}, 200.0
# The place along its section; radar's zone by what real ones of a freeway show in free flow
# (effective lengths of 6.5 to 13 m where cars are 4.5 m).
STATION_PLACE, ZONE_M = (0.3, 0.7), (1.5, 5.5)
CAMERA_COUNT, CAMERA_LEAST_LANES, CAMERA_LEAST_M, CAMERA_GAP_M = 80, 5, 40.0, 3.0


@dataclass(frozen=True)
class Sensor:
    """A point on a lane that is watched."""

    sensor_id: str
    link: Link
    lane: int
    offset_m: float
    zone_m: float = 0.0  # how much longer vehicles seem to it than they are
    reading_s: int = 60


@dataclass(frozen=True)
class Approach:
    """A link that ends at a camera."""

    camera_id: str
    approach_id: str
    link: Link


def magnetometers_of(streets: Streets) -> list[Sensor]:
    """Put one on each lane 40 m before the end of larger streets, and on long ones a second."""
    found: list[Sensor] = []
    for link in streets.links.values():
        if not link.is_major or link.length <= LEAST_STREET_M:
            continue
        offsets = [max(link.length / 2, link.length - STOP_LINE_GAP_M)]
        if link.length > LONG_STREET_M:
            offsets.append(FAR_SHARE * link.length)
        for offset in offsets:
            for lane in range(len(link.lanes)):
                found.append(Sensor(f"M{len(found):05d}", link, lane, round(offset, 1)))
    return found


def stations_of(streets: Streets, reading_s: int, seed: int) -> list[Sensor]:
    """Put stations on most sections of motorways, and half of the ramps: one a lane.

    Like radar, each sees vehicles longer than they are, by a length of its own.
    """
    random, found = np.random.default_rng([seed, 60]), list[Sensor]()
    for link in streets.links.values():
        share = STATION_SHARES.get(link.kind, 0.0)
        if random.random() >= share or link.length < LEAST_STATION_M:
            continue
        offset = round(random.uniform(*STATION_PLACE) * link.length, 1)
        for lane in range(len(link.lanes)):
            zone = round(random.uniform(*ZONE_M), 1)
            found.append(Sensor(f"R{len(found):05d}", link, lane, offset, zone, reading_s))
    return found


def cameras_of(streets: Streets, seed: int) -> list[Approach]:
    """Put cameras at signals where at least 5 lanes arrive, with all their larger approaches."""
    arriving: dict[str, list[Link]] = {}
    for link in streets.links.values():
        if link.end in streets.signals:
            arriving.setdefault(link.end, []).append(link)
    busy = sorted(
        node
        for node, links in arriving.items()
        if sum(len(link.lanes) for link in links) >= CAMERA_LEAST_LANES
        and sum(_is_filmed(link) for link in links) >= 2
    )
    random = np.random.default_rng([seed, 80])
    chosen = random.permutation(busy)[:CAMERA_COUNT]
    number = {node: f"k{k}" for k, node in enumerate(chosen)}
    filmed = [link for link in streets.links.values() if link.end in number and _is_filmed(link)]
    return [
        Approach(number[link.end], f"{number[link.end]}:{place}", link)
        for place, link in enumerate(filmed)
    ]


def _is_filmed(link: Link) -> bool:
    return link.is_major and link.length >= CAMERA_LEAST_M


def _zone(sensor: Sensor) -> str:
    return f'length="{sensor.zone_m}" ' if sensor.zone_m else ""


def write_detectors(
    sensors: list[Sensor], approaches: list[Approach], type_names: list[str], path: Path
) -> None:
    """Write SUMO's additional file of detectors, their results beside it.

    Minutes are true of vehicles of the types named.
    """
    rows = [
        f' <inductionLoop id="{s.sensor_id}" lane="{s.link.link_id}_{s.lane}" '
        f'pos="{s.offset_m}" {_zone(s)}period="{s.reading_s}" file="loops.xml"/>\n'
        for s in sensors
    ]
    for approach in approaches:
        for lane in range(len(approach.link.lanes)):
            rows.append(
                f' <instantInductionLoop id="{approach.approach_id}_{lane}" '
                f'lane="{approach.link.link_id}_{lane}" '
                f'pos="{approach.link.length - CAMERA_GAP_M:.1f}" file="passes.xml"/>\n'
            )
    rows.append(
        ' <edgeData id="minutes" period="60" file="minutes.xml" excludeEmpty="true" '
        f'vTypes="{" ".join(type_names)}"/>\n'
    )
    path.write_text(f"<additional>\n{''.join(rows)}</additional>\n")


def placed(streets: Streets, link: Link, lane: int, offset_m: float) -> tuple[float, float, float]:
    """Give longitude, latitude and bearing of a point of a lane."""
    at, bearing = along(link.lanes[lane].shape, offset_m / link.length)
    longitude, latitude = streets.degrees([at])[0]
    return round(longitude, 6), round(latitude, 6), round(bearing, 1)


def write_sensor_tables(
    streets: Streets, sensors: list[Sensor], approaches: list[Approach], feed: Path
) -> None:
    """Write what the feed says of where its sensors are, and the true links."""
    rows = [(s.sensor_id, s.lane, *placed(streets, s.link, s.lane, s.offset_m)) for s in sensors]
    columns = ["detector_id", "lane", "longitude", "latitude", "bearing_deg"]
    pd.DataFrame(rows, columns=columns).to_csv(feed / "detectors.csv", index=False)
    links = [(s.sensor_id, s.link.link_id, s.offset_m) for s in sensors]
    columns = ["detector_id", "link_id", "offset_m"]
    pd.DataFrame(links, columns=columns).to_csv(feed / "truth/detector_links.csv", index=False)
    lanes: list[tuple[str, str, int, float, float, float]] = []
    for a in approaches:
        longitude, latitude = streets.degrees([streets.nodes[a.link.end]])[0]
        bearing = placed(streets, a.link, 0, a.link.length - CAMERA_GAP_M)[2]
        for lane in range(len(a.link.lanes)):
            place = (round(longitude, 6), round(latitude, 6), bearing)
            lanes.append((a.camera_id, a.approach_id, lane, *place))
    columns = ["camera_id", "approach_id", "lane", "longitude", "latitude", "bearing_deg"]
    pd.DataFrame(lanes, columns=columns).to_csv(feed / "cameras.csv", index=False)
    seen = [(a.camera_id, a.approach_id, a.link.link_id) for a in approaches]
    columns = ["camera_id", "approach_id", "link_id"]
    pd.DataFrame(seen, columns=columns).to_csv(feed / "truth/camera_links.csv", index=False)
