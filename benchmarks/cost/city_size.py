"""Makes a recording of the size of a whole city: `python -m benchmarks.cost.city_size FOLDER`.

The network is that of shanghai-core laid side by side; on each tile drive the vehicles of a
recording, again and again until they are enough, each time a little earlier or later and a little
beside where they drove. It is the same on every machine. Nothing that it holds was ever driven: it
is there to measure what computing costs.
"""

import argparse
import gzip
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.recordings import SMALL, recordings

VEHICLES, DETECTORS, CAMERAS = 10_888, 4_500, 600
"""Unit: count. Source: the city that Clearway is sized for: 4,335 buses and 6,553 taxis."""
TILES, COLUMNS = 10, 5
"""Unit: count. Source: chosen, ten times the 3,541 segments of shanghai-core."""
STEP_DEG = (0.105, 0.065)
"""From tile to tile. Unit: deg. Source: a little more than shanghai-core is wide and high."""
JITTER_S, JITTER_M = 60.0, 2.0
"""How much earlier or later a vehicle drives again, and how far beside. Unit: s, m. Source: chosen;
the first is whole seconds, the second well within the error of GPS."""
METRES_OF_DEGREE = 111_320.0
LEAD_IN = pd.Timedelta(minutes=18)
"""A recording is cut from here on. Unit: min. Source: the simulated city has filled by then."""
NODE_COLUMNS = {"node": ["node_id"], "link": ["link_id", "from_node_id", "to_node_id"],
                "movement": ["node_id", "ib_link_id", "ob_link_id"]}  # fmt: skip


def make_city(
    folder: Path, minutes: float, tiles: int = TILES, vehicle_count: int | None = None
) -> Path:
    """Make the network and a recording of so many minutes in the folder; gives the recording's.

    A city of fewer tiles has its share of the vehicles, unless it is told how many drive.
    """
    if vehicle_count is None:
        vehicle_count = VEHICLES * tiles // max(tiles, TILES)
    sources = [*recordings(), SMALL] if minutes > 20 else [SMALL]
    make_network(SMALL.parents[1] / "networks" / "shanghai-core", folder / "network", tiles)
    feed = folder / "feed"
    feed.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[pd.DataFrame]] = {}
    for tile in range(tiles):
        random = np.random.default_rng(tile)
        vehicles = vehicle_count * (tile + 1) // tiles - vehicle_count * tile // tiles
        for name, rows in _tile(sources, tile, tiles, vehicles, minutes, random).items():
            parts.setdefault(name, []).append(rows)
    for name, of_tiles in parts.items():
        rows = pd.concat(of_tiles, ignore_index=True)
        if name.endswith(".csv"):
            rows.to_csv(feed / name, index=False)
            continue
        order = {"gps": "arrival_time", "magnetometer": "interval_start"}
        rows = rows.sort_values(order.get(Path(name).stem, "event_time"), kind="stable")
        rows.to_parquet(feed / name, index=False)
    start = _start(SMALL)
    times = {"start": start, "end": start + pd.Timedelta(minutes=minutes)}
    manifest = (SMALL / "feed.toml").read_text()
    for key, time in times.items():
        manifest = re.sub(rf"(?m)^{key} = .*", f'{key} = "{time.isoformat()}"', manifest)
    manifest = manifest.replace("../../networks/shanghai-core", "../network")
    (feed / "feed.toml").write_text(manifest.replace("shanghai-core-small", "city-size"))
    return feed


def make_network(source: Path, out: Path, tiles: int) -> None:
    """Lay a GMNS network side by side."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "config.csv.gz", out)
    for table, ids in NODE_COLUMNS.items():
        rows = pd.read_csv(source / f"{table}.csv.gz", dtype=str)
        laid = []
        for tile in range(tiles):
            copy = rows.copy()
            for column in ids:
                copy[column] = f"{tile}:" + copy[column]
            if table == "movement":
                copy["mvmt_id"] = f"{tile}:" + copy["mvmt_id"]
            east, north = _shift(tile)
            if table == "node":
                copy["x_coord"] = (copy["x_coord"].astype(float) + east).round(7)
                copy["y_coord"] = (copy["y_coord"].astype(float) + north).round(7)
            if table == "link":
                copy["geometry"] = [_moved(wkt, east, north) for wkt in copy["geometry"]]
            laid.append(copy)
        with gzip.open(out / f"{table}.csv.gz", "wt") as file:
            pd.concat(laid).to_csv(file, index=False)


def _moved(wkt: str, east: float, north: float) -> str:
    """Give a line moved by so many degrees."""
    points = [pair.split() for pair in wkt[wkt.index("(") + 1 : -1].split(",")]
    moved = (f"{float(x) + east:.7f} {float(y) + north:.7f}" for x, y in points)
    return f"LINESTRING ({', '.join(moved)})"


def _shift(tile: int) -> tuple[float, float]:
    return tile % COLUMNS * STEP_DEG[0], tile // COLUMNS * STEP_DEG[1]


def _tile(
    sources: list[Path], tile: int, tiles: int, wanted: int, minutes: float,
    random: np.random.Generator,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Give the tables of a tile: vehicles, and a share of the city's detectors and cameras."""
    traces: list[pd.DataFrame] = []
    driven = repeat = 0
    while driven < wanted:
        gps = _cut(sources[(tile + repeat) % len(sources)], "gps", "event_time", minutes)
        vehicles = np.sort(gps["vehicle_id"].unique())[: wanted - driven]
        traces.append(_driven_again(gps[gps["vehicle_id"].isin(vehicles)], tile, repeat, random))
        driven, repeat = driven + len(vehicles), repeat + 1
    source = sources[tile % len(sources)]
    tables = {"gps.parquet": pd.concat(traces)}
    kept = {
        "detector": _some(source / "detectors.csv", "detector_id", _share(DETECTORS, tile, tiles)),
        "camera": _some(source / "cameras.csv", "approach_id", _share(CAMERAS, tile, tiles)),
    }
    readings = _cut(source, "magnetometer", "interval_start", minutes)
    events = _cut(source, "camera", "event_time", minutes)
    tables["magnetometer.parquet"] = readings[
        readings["detector_id"].isin(kept["detector"]["detector_id"])
    ]
    tables["camera.parquet"] = events[events["approach_id"].isin(kept["camera"]["approach_id"])]
    tables["detectors.csv"], tables["cameras.csv"] = kept["detector"], kept["camera"]
    tables["bus_stops.csv"] = pd.read_csv(source / "bus_stops.csv", dtype={"stop_id": str})
    east, north = _shift(tile)
    for name, rows in tables.items():
        rows = rows.copy()
        for column in rows.columns.intersection(
            ["vehicle_id", "detector_id", "camera_id", "approach_id", "stop_id", "plate"]
        ):
            rows[column] = f"{tile}:" + rows[column].astype(object)
        if "longitude" in rows:
            rows["longitude"] += east
            rows["latitude"] += north
        tables[name] = rows
    return tables


def _share(total: int, tile: int, tiles: int) -> int:
    """Give how many of a city's fall to a tile; a smaller city has fewer, not denser ones."""
    of = max(tiles, TILES)
    return total * (tile + 1) // of - total * tile // of


def _some(path: Path, key: str, count: int) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype={key: str})
    keys = rows[key].unique()
    places = np.linspace(0, len(keys) - 1, min(count, len(keys))).astype(int)
    return rows[rows[key].isin(keys[places])]


def _start(source: Path) -> pd.Timestamp:
    text = (source / "feed.toml").read_text()
    found = re.search(r'(?m)^start = "(.+)"', text)
    assert found is not None
    return pd.Timestamp(found[1])


def _cut(source: Path, name: str, time: str, minutes: float) -> pd.DataFrame:
    """Give the minutes of a table of a recording, at the times of the small one."""
    rows = pd.read_parquet(source / f"{name}.parquet")
    lead = pd.Timedelta(0) if source == SMALL else LEAD_IN
    first = _start(source) + lead
    rows = rows[(rows[time] >= first) & (rows[time] < first + pd.Timedelta(minutes=minutes))].copy()
    for column in rows.columns.intersection([time, "arrival_time"]):
        rows[column] = rows[column] + (_start(SMALL) - first)
    return rows


def _driven_again(
    gps: pd.DataFrame, tile: int, repeat: int, random: np.random.Generator
) -> pd.DataFrame:
    """Give the fixes of vehicles that drive once more, each at times and places of its own."""
    gps = gps.copy()
    codes, vehicles = pd.factorize(gps["vehicle_id"], sort=True)
    later = random.integers(0, int(JITTER_S) + 1, len(vehicles)) if repeat else [0] * len(vehicles)
    delay = pd.to_timedelta(np.asarray(later)[codes], unit="s")
    beside = random.normal(0.0, JITTER_M, (2, len(gps))) * bool(repeat) / METRES_OF_DEGREE
    gps["longitude"] += beside[0]
    gps["latitude"] += beside[1]
    gps["event_time"] += delay
    gps["arrival_time"] += delay
    gps["vehicle_id"] = f"{repeat}." + gps["vehicle_id"].astype(object)
    return gps


def main() -> None:
    """Make the recording of the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--tiles", type=int, default=TILES)
    given = parser.parse_args()
    print(make_city(given.folder, given.minutes, given.tiles))


if __name__ == "__main__":
    main()
