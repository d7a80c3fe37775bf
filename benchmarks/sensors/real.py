"""How far are the published speeds from what real detectors read, with all they send and with less?

Runs the whole chain over real recordings where they are present (in `cases/feeds` beside the folder
of large recordings, `CLEARWAY_SHARED_DATA`), as they are and with fields, lanes and minutes left
out. No real recording knows the true speed of a segment. In its place stands what all detectors of
the segment read in the minute, weighed by vehicles (harmonic mean), with those that the chain does
not believe.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.recordings import SHARED, run
from benchmarks.result import write_result
from benchmarks.sensors.ablation import Ablation, ablated
from congestion.roadside import Roadside
from mapmatch.network import NONE, Network

CASES = SHARED.parent / "cases" / "feeds"
DETECTORS = ("i24-jam-told-free", "i24-short-vehicles", "metrla-speed-only")
BUSES = ("wmata-buses-only",)
LESS = (
    Ablation("all that is sent"),
    Ablation("without occupancy", without=("occupancy",)),
    Ablation("speed alone", without=("occupancy", "count")),
    Ablation("without speed", without=("speed",)),
    Ablation("of 60 s", interval_s=60),
    Ablation("of 300 s", interval_s=300),
    Ablation("stations", is_station=True),
    Ablation("stations of 300 s", is_station=True, interval_s=300),
)
SENT = {"metrla-speed-only": (LESS[0], LESS[2])}
"""Ablations of recordings that lack fields already; the others are measured with all of LESS."""
BANDS_KMH = ((0, 30), (30, 50), (50, 70), (70, 90), (90, 200))
SLOW_KMH = (20, 30, 50)
LEAST_VEHICLES = 3
"""A segment-minute counts where its detectors read the speed of so many."""
JAM_LEVEL = 3
SLOW_SHARE, NEAR_MINUTES = 0.7, 15
"""An incident stands at a slow-down where its segment was read under this share of its usual speed
within so many minutes of it. Source: chosen; the speed at capacity, and a quarter of an hour."""


def read_minutes(feed: Path, network: Network, roadside: Roadside) -> pd.DataFrame:
    """Give what detectors read of each segment and interval: speed and vehicles."""
    segment = dict(zip(roadside.detectors.ids, roadside.detectors.segment.tolist(), strict=True))
    ids = [*network.segment_ids, None]  # NONE is the last
    assert NONE == -1
    rows = pd.read_parquet(feed / "magnetometer.parquet")
    rows["segment_id"] = [ids[segment.get(name, NONE)] for name in rows.detector_id]
    step_s = max(60, int(rows.interval_s.median()))
    rows["start"] = rows.interval_start.dt.floor(f"{step_s}s")
    vehicles = rows.vehicle_count.fillna(LEAST_VEHICLES)
    rows["vehicles"] = vehicles.where(rows.speed_kmh > 0, 0.0)
    rows["hours"] = rows.vehicles / rows.speed_kmh.where(rows.speed_kmh > 0)
    read = rows.groupby(["segment_id", "start"], as_index=False)[["vehicles", "hours"]].sum()
    read = read[read.vehicles >= LEAST_VEHICLES]
    return read.assign(read_kmh=read.vehicles / read.hours, step_s=step_s)


def beside(read: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Give each published minute with what was read of it."""
    step_s = int(read.step_s.iloc[0])
    start = states.interval_start.dt.floor(f"{step_s}s").astype(read.start.dtype)
    return states.assign(start=start).merge(read, on=["segment_id", "start"])


def figures(joined: pd.DataFrame) -> dict[str, Any]:
    """Give errors by band of what was read, and how jams are told by speed and by level."""
    error, read = joined.speed_kmh - joined.read_kmh, joined.read_kmh
    made: dict[str, Any] = {"segment_minutes": len(joined)}
    for low, high in BANDS_KMH:
        of = (read >= low) & (read < high)
        made[f"error {low}-{high}"] = _mean(error[of].abs())
        if low == 0:
            made["bias 0-30"] = _mean(error[of])
            made["level 3 and more 0-30"] = _mean(joined.level[of] >= JAM_LEVEL, 3)
    for slow in SLOW_KMH:
        made[f"recall {slow}"] = _mean((joined.speed_kmh < slow)[read < slow], 3)
        made[f"precision {slow}"] = _mean((read < slow)[joined.speed_kmh < slow], 3)
    return made


def level_changes(states: pd.DataFrame) -> float:
    """Give how often the level of a segment changes in an hour."""
    ordered = states.sort_values(["segment_id", "interval_start"])
    changes = ordered.groupby("segment_id")["level"].diff().abs() > 0
    hours = states.interval_start.nunique() / 60.0
    return round(float(changes.sum()) / states.segment_id.nunique() / hours, 2)


def incidents(out: Path, read: pd.DataFrame | None, hours: float) -> dict[str, Any]:
    """Give the incidents an hour, and of those the ones that stand at no slow-down."""
    first: dict[str, dict[str, Any]] = {}
    for line in (out / "alerts.jsonl").read_text(encoding="utf-8").splitlines():
        alert = json.loads(line)
        if alert["kind"] == "incident":
            first.setdefault(alert["alert_id"], alert)
    made = {"incidents an hour": round(len(first) / hours, 2)}
    if read is None:
        return made
    usual = read.groupby("segment_id").read_kmh.quantile(0.85)
    alone = 0
    for alert in first.values():
        at = pd.Timestamp(alert["event_time"])
        near = read[read.segment_id == alert["segment_id"]]
        near = near[(near.start - at).abs() <= pd.Timedelta(minutes=NEAR_MINUTES)]
        usual_kmh = usual.get(alert["segment_id"], np.inf)
        alone += not (near.read_kmh < SLOW_SHARE * usual_kmh).any()
    return {**made, "of them at no slow-down": round(alone / hours, 2)}


def accused(out: Path, count: int) -> dict[str, Any]:
    """Give the share of detectors that were ever accused, and of what."""
    faults = pd.read_parquet(out / "detector_faults.parquet")
    faults = faults[faults.until.isna()]
    kinds = faults.groupby("fault").detector_id.nunique().to_dict()
    share = faults.detector_id.nunique() / count
    return {"accused": round(share, 3), "of": ", ".join(f"{k} {v}" for k, v in kinds.items())}


def of_detectors(feed: Path, less: Ablation) -> dict[str, Any]:
    """Measure a recording of detectors with less of what they send."""
    with tempfile.TemporaryDirectory() as folder:
        given = ablated(feed, Path(folder) / "feeds", less)
        out = Path(folder) / "run"
        states, chain = run(given, out)
        own = feed if "speed" in less.without else given
        read = read_minutes(own, chain.city.network, chain.city.roadside)
        hours = states.interval_start.nunique() / 60.0
        return {
            "recording": feed.parent.name, "sent": less.name,
            **figures(beside(read, states)),
            "level changes a segment-hour": level_changes(states),
            **accused(out, len(chain.city.roadside.detectors.ids)),
            **incidents(out, read, hours),
        }  # fmt: skip


def of_buses(feed: Path) -> dict[str, Any]:
    """Measure a recording of buses alone: how often does it say that traffic is jammed?"""
    with tempfile.TemporaryDirectory() as folder:
        states, _ = run(feed, Path(folder))
        seen = states[states.quality.isin(["observed", "fused"])]
        hours = states.interval_start.nunique() / 60.0
        return {
            "recording": feed.parent.name,
            "observed minutes": len(seen),
            "level 3 and more": _mean(seen.level >= JAM_LEVEL, 3),
            "level 5": _mean(seen.level == 5, 3),
            "time lost, ratio": round(float((seen.free_flow_kmh / seen.speed_kmh).mean()), 2),
            "deviation, km/h": _mean(seen.speed_std_kmh),
            "level changes a segment-hour": level_changes(states),
            **incidents(Path(folder), None, hours),
        }


def _mean(values: pd.Series, digits: int = 1) -> float | None:
    return round(float(values.mean()), digits) if len(values) else None


def main() -> None:
    """Measure every recording that is present and write the result."""
    feeds = {name: CASES / name / "feed" for name in (*DETECTORS, *BUSES)}
    present = {name: feed for name, feed in feeds.items() if feed.exists()}
    if not present:
        print(f"no real recordings at {CASES} (set CLEARWAY_SHARED_DATA): nothing is measured")
        return
    rows = []
    for name in (name for name in DETECTORS if name in present):
        for less in SENT.get(name, LESS):
            rows.append(of_detectors(present[name], less))
            print(rows[-1], flush=True)
    buses = [of_buses(present[name]) for name in BUSES if name in present]
    print(*buses, sep="\n", flush=True)
    write_result(
        "real",
        "How far are published speeds from what real detectors read, with all they send and less?",
        rows,
        [next(iter(present.values())) / "feed.toml"],
        buses=buses,
    )


if __name__ == "__main__":
    main()
