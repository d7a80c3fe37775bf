"""How far the published speeds were from the true ones."""

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ingest.units import KMH
from mapmatch.network import Network

LEAST_VEHICLES = 3
"""A true minute counts when at least so many vehicles entered or left the segment in it. Unit:
count. Source: the published rule of scoring."""
JAM_KMH = 15.0
"""A true speed below this is a jam. Unit: km/h. Source: chosen, for a city."""
BAND_RATIOS = (0.15, 0.3, 0.4, 0.55, 0.7)
"""Upper ends of the levels 5 to 1 of the truth, as its ratio to the legal speed. The run's own
free-flow speed would move them. Unit: share. Source: chosen, near the levels by free-flow speed."""


class SpeedError(msgspec.Struct, frozen=True):
    """Error of the published speed over some segment-minutes, km/h; None where there are none."""

    minute_count: int
    mean_absolute_kmh: float | None
    bias_kmh: float | None


class SpeedScore(msgspec.Struct, frozen=True):
    """Errors over all scored segment-minutes, where observed, where slow, and by level of truth."""

    truth_count: int
    coverage: float
    all: SpeedError
    observed: SpeedError  # quality observed or fused
    slow: SpeedError  # truth under 15 km/h
    by_level: dict[int, SpeedError]


def score_speed(states: pa.Table, truth: pa.Table, network: Network) -> SpeedScore | None:
    """Compare speeds on the segments and minutes where at least 3 vehicles drove.

    Coverage is the share of those that the run gave any speed. The level of truth is its ratio to
    the segment's legal speed.
    """
    frame = scored_minutes(truth.to_pandas())
    if frame.empty:
        return None
    frame = frame.assign(time=_milliseconds(frame.interval_start), segment_id=frame.link_id)
    columns = ["segment_id", "interval_start", "speed_kmh", "quality"]
    run = states.select(columns).to_pandas()
    run = run.assign(time=_milliseconds(run.interval_start)).rename(
        columns={"speed_kmh": "run_kmh"}
    )
    joined = frame.merge(
        run[["segment_id", "time", "run_kmh", "quality"]], on=["segment_id", "time"], how="left"
    )
    limit = pd.Series(network.free_speed_mps * KMH, index=network.segment_ids)
    ratio = (joined.speed_kmh / joined.segment_id.map(limit)).to_numpy(dtype=float)
    level = len(BAND_RATIOS) - np.searchsorted(np.asarray(BAND_RATIOS), ratio)
    error = (joined.run_kmh - joined.speed_kmh).to_numpy(dtype=float)
    is_observed = joined.quality.isin(["observed", "fused"]).to_numpy()
    return SpeedScore(
        truth_count=len(joined),
        coverage=float(np.isfinite(error).mean()),
        all=_error(error),
        observed=_error(error[is_observed]),
        slow=_error(error[(joined.speed_kmh < JAM_KMH).to_numpy()]),
        by_level={band: _error(error[level == band]) for band in range(len(BAND_RATIOS) + 1)},
    )


def scored_minutes(truth: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of the truth (`segment_minutes.parquet`) that are scored."""
    return truth[np.maximum(truth.entered, truth.left) >= LEAST_VEHICLES]


def _milliseconds(times: pd.Series) -> npt.NDArray[np.int64]:
    return times.dt.tz_localize(None).astype("datetime64[ms]").astype("int64").to_numpy()


def _error(error: npt.NDArray[np.float64]) -> SpeedError:
    known = error[np.isfinite(error)]
    if not len(known):
        return SpeedError(0, None, None)
    return SpeedError(len(known), float(np.abs(known).mean()), float(known.mean()))
