"""Recordings as cities poorer in sensors would have them: fields, sources and minutes left out."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

FIELDS = {"count": "vehicle_count", "occupancy": "occupancy", "speed": "speed_kmh"}
CAMERAS, STOPS = ("cameras.csv", "camera.parquet"), ("bus_stops.csv", "bus_lines.geojson")


@dataclass(frozen=True)
class Ablation:
    """What a recording loses. The same ablation of the same recording is always the same."""

    name: str
    fleets: tuple[str, ...] = ("bus", "taxi")
    vehicle_share: float = 1.0
    detector_share: float = 1.0
    without: tuple[str, ...] = ()
    """Fields that no reading has, of FIELDS."""
    interval_s: int | None = None
    """Readings are of so many seconds; None: as they are."""
    is_percent: bool = False
    """Occupancies are rounded to whole percents."""
    is_station: bool = False
    """The detectors across a road are one station, which sums them."""
    has_cameras: bool = True
    has_stops: bool = True
    has_signals: bool = True
    """Of the map; only what learns from it can do without."""
    limit_factor: float = 1.0
    """The map's limits are so many times the true ones; only what learns can do with others."""
    miscalibration: float = 0.0
    """Standard deviation of the logarithm by which a city's detectors tell another occupancy and,
    a fifth of it, another speed; each detector by half of it more."""
    seed: int = 0


def ablated(feed: Path, out: Path, ablation: Ablation) -> Path:
    """Write what an ablation leaves of a recording into a folder of the recording's name there."""
    folder, rng = out / feed.name, np.random.default_rng(ablation.seed)
    folder.mkdir(parents=True)
    toml = (feed / "feed.toml").read_text(encoding="utf-8")
    named = tomllib.loads(toml)["network"]
    network = (feed / named).resolve()
    (folder / "feed.toml").write_text(toml.replace(f'"{named}"', f'"{network}"'), encoding="utf-8")
    whole = ["truth", *CAMERAS * ablation.has_cameras, *STOPS * ablation.has_stops]
    for name in (name for name in whole if (feed / name).exists()):
        (folder / name).symlink_to((feed / name).resolve())
    _probes(feed, folder, ablation, rng)
    _readings(feed, folder, ablation, rng)
    return folder


def drawn(rng: np.random.Generator, number: int) -> Ablation:
    """Draw what one more city may lack: each source, field, number of sensors and interval."""
    has_probes = rng.random() < 0.7
    has_readings = not has_probes or rng.random() < 0.8
    fleets = [("bus", "taxi"), ("bus",), ("taxi",)][rng.choice(3, p=[0.4, 0.35, 0.25])]
    lost = [(), ("occupancy",), ("count",), ("speed",), ("occupancy", "count"), ("count", "speed")]
    return Ablation(
        f"drawn-{number}",
        fleets=fleets if has_probes else (),
        vehicle_share=float(rng.choice([1.0, 0.5, 0.2], p=[0.5, 0.25, 0.25])),
        detector_share=float(rng.choice([1.0, 0.5, 0.1])) if has_readings else 0.0,
        without=lost[rng.choice(6, p=[0.35, 0.15, 0.1, 0.15, 0.15, 0.1])],
        interval_s=[None, 300, 900][rng.choice(3, p=[0.5, 0.35, 0.15])],
        is_percent=bool(rng.random() < 0.4),
        is_station=bool(rng.random() < 0.3),
        has_cameras=bool(rng.random() < 0.4),
        has_stops=bool(rng.random() < 0.7),
        has_signals=bool(rng.random() < 0.7),
        limit_factor=float(rng.choice([1.0, rng.uniform(0.75, 1.3)])),
        miscalibration=float(rng.choice([0.0, 0.3], p=[0.4, 0.6])),
        seed=number,
    )


def _probes(feed: Path, folder: Path, ablation: Ablation, rng: np.random.Generator) -> None:
    if not (feed / "gps.parquet").exists() or not ablation.fleets:
        return
    fixes = pd.read_parquet(feed / "gps.parquet")
    fixes = fixes[fixes.fleet.isin(ablation.fleets)]
    chosen = _chosen(fixes.vehicle_id, ablation.vehicle_share, rng)
    fixes[fixes.vehicle_id.isin(chosen)].to_parquet(folder / "gps.parquet", index=False)


def _readings(feed: Path, folder: Path, ablation: Ablation, rng: np.random.Generator) -> None:
    if not (feed / "magnetometer.parquet").exists() or not ablation.detector_share:
        return
    detectors = pd.read_csv(feed / "detectors.csv", dtype={"detector_id": str})
    readings = pd.read_parquet(feed / "magnetometer.parquet")
    place = detectors[["longitude", "latitude"]].round(4).astype(str).agg("/".join, axis=1)
    place += "/" + detectors.bearing_deg.round(-1).astype(str)
    station = pd.Series(place.to_numpy(), detectors.detector_id)
    # A station stands or falls with all its lanes.
    chosen = _chosen(station, ablation.detector_share, rng)
    detectors = detectors[place.isin(chosen)]
    readings = readings[readings.detector_id.map(station).isin(chosen)]
    if ablation.is_station:
        first = detectors.groupby(place)["detector_id"].first()
        detectors = detectors.assign(
            lanes=detectors.groupby(place)["detector_id"].transform("size")
        )
        detectors = detectors[detectors.detector_id.isin(first)]
        readings = readings.assign(detector_id=readings.detector_id.map(station).map(first))
    if ablation.miscalibration:
        readings = _miscalibrated(readings, ablation.miscalibration, rng)
    if ablation.is_station or ablation.interval_s is not None:
        readings = summed(readings, ablation.interval_s)
    if ablation.is_percent:
        readings = readings.assign(occupancy=readings.occupancy.round(2))
    columns = {FIELDS[name]: np.nan for name in ablation.without}
    readings.assign(**columns).to_parquet(folder / "magnetometer.parquet", index=False)
    detectors.to_csv(folder / "detectors.csv", index=False)


def summed(readings: pd.DataFrame, interval_s: int | None = None) -> pd.DataFrame:
    """Give readings of an interval (None: of their own) from shorter ones and several lanes."""
    step_ms = 1000 * (readings.interval_s.astype("int64") if interval_s is None else interval_s)
    begins = readings.interval_start.astype("datetime64[ms, UTC]").astype("int64")
    timed = readings.vehicle_count.where(readings.speed_kmh > 0, 0).astype(float)
    sums = readings.assign(
        step=step_ms, start=begins // step_ms * step_ms,
        timed=timed, distance=timed * readings.speed_kmh.fillna(0.0),
    ).groupby(["start", "detector_id"], as_index=False, sort=True).agg(
        step=("step", "first"), vehicle_count=("vehicle_count", "sum"),
        occupancy=("occupancy", "mean"), timed=("timed", "sum"), distance=("distance", "sum"),
    )  # fmt: skip
    return pd.DataFrame(
        {
            "detector_id": sums.detector_id,
            "interval_start": sums.start.astype("datetime64[ms, UTC]"),
            "interval_s": (sums.step // 1000).astype(np.int32),
            "vehicle_count": sums.vehicle_count.astype(np.int32),
            "occupancy": sums.occupancy.astype(np.float32),
            "speed_kmh": (sums.distance / sums.timed.where(sums.timed > 0)).astype(np.float32),
        }
    )


def _miscalibrated(readings: pd.DataFrame, spread: float, rng: np.random.Generator) -> pd.DataFrame:
    names = sorted(set(readings.detector_id))
    factors = {}
    for column, share in (("occupancy", 1.0), ("speed_kmh", 0.2)):
        own = rng.normal(0.0, 0.5 * share * spread, len(names))
        logs = rng.normal(0.0, share * spread) + own
        factors[column] = readings.detector_id.map(dict(zip(names, np.exp(logs), strict=True)))
    return readings.assign(
        occupancy=np.minimum(readings.occupancy * factors["occupancy"], 1.0),
        speed_kmh=readings.speed_kmh * factors["speed_kmh"],
    )


def _chosen(names: pd.Series, share: float, rng: np.random.Generator) -> set[str]:
    unique = sorted(set(names))
    return set(rng.permutation(unique)[: max(1, round(share * len(unique)))].tolist())
