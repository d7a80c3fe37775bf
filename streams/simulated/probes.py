"""What buses and taxis report of where they are: seldom, late, and beside the road."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.units import KMH
from mapmatch.projection import METRES_PER_DEGREE

Floats = npt.NDArray[np.float64]

INTERVALS_S = (10, 15, 20, 30)
STEP_S = 5
LOST_SHARE = 0.015
# Errors last from one report to the next; between high houses, in some blocks, they are larger.
ERROR_LASTS, OPEN_SKY_M, CANYON_M, CANYON_SHARE, CANYON_SIZE_DEG = 0.8, 7.0, 15.0, 0.15, 0.003
OUTLIER_SHARE, OUTLIER_M = 0.01, (50.0, 200.0)
SPEED_ERROR_KMH, HEADING_ERROR_DEG, STANDING_HEADING_ERROR_DEG = 1.8, 7.0, 35.0
STANDING_KMH = 3.0
MEAN_DELAY_S = 3.0


def report(
    rows: pd.DataFrame, begin: pd.Timestamp, seed: int, intervals_s: Sequence[int] = INTERVALS_S
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the reports in order of arrival, and row for row where the vehicle truly was.

    Each vehicle reports in one of the intervals.
    """
    random = np.random.default_rng([seed, 11])
    rows = _sent(rows, random, np.array(intervals_s))
    east, north = _errors(rows, random)
    across = METRES_PER_DEGREE * np.cos(np.radians(rows.latitude.to_numpy()))
    true_kmh = rows.speed.to_numpy() * KMH
    speed = np.maximum(true_kmh + random.normal(0, SPEED_ERROR_KMH, len(rows)), 0)
    sway = np.where(true_kmh < STANDING_KMH, STANDING_HEADING_ERROR_DEG, HEADING_ERROR_DEG)
    heading = rows.heading.to_numpy() + random.normal(0, 1, len(rows)) * sway
    seconds = rows.time.to_numpy()
    delay = np.round(random.exponential(MEAN_DELAY_S, len(rows)), 1)
    reports = pd.DataFrame(
        {
            "vehicle_id": rows.vehicle_id.to_numpy(),
            "fleet": np.where(rows.vehicle_id.str.startswith("b"), "bus", "taxi"),
            "event_time": _moments(begin, seconds),
            "arrival_time": _moments(begin, seconds + delay),
            "longitude": (rows.longitude.to_numpy() + east / across).round(6),
            "latitude": (rows.latitude.to_numpy() + north / METRES_PER_DEGREE).round(6),
            "speed_kmh": speed.round(1).astype(np.float32),
            "heading_deg": (np.round(heading) % 360).astype(np.float32),
        }
    )
    true = pd.DataFrame(
        {
            "vehicle_id": reports.vehicle_id,
            "event_time": reports.event_time,
            "link_id": rows.link_id.to_numpy(),
            "offset_m": rows.offset_m.round(1).to_numpy(np.float32),
        }
    )
    order = np.argsort(reports.arrival_time.to_numpy(), kind="stable")
    return reports.iloc[order].reset_index(drop=True), true.iloc[order].reset_index(drop=True)


def _moments(begin: pd.Timestamp, seconds: Floats) -> pd.DatetimeIndex:
    millis = np.round(seconds * 1000.0).astype(np.int64)
    return (begin + pd.to_timedelta(millis, unit="ms")).as_unit("ms")


def _sent(
    rows: pd.DataFrame, random: np.random.Generator, intervals_s: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """Give each vehicle its interval and phase, and lose some reports."""
    rows = rows.sort_values(["vehicle_id", "time"]).reset_index(drop=True)
    vehicle, names = pd.factorize(rows.vehicle_id)
    interval = random.choice(intervals_s, len(names))
    phase = random.integers(0, interval // STEP_S) * STEP_S
    is_due = (rows.time.to_numpy() - phase[vehicle]) % interval[vehicle] == 0
    return rows[is_due & (random.random(len(rows)) >= LOST_SHARE)].reset_index(drop=True)


def _errors(rows: pd.DataFrame, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Give metres east and north by which each report, sorted by vehicle, is wrong."""
    size = len(rows)
    is_first = rows.vehicle_id.ne(rows.vehicle_id.shift()).to_numpy()
    fresh = random.normal(0, 1, (size, 2))
    error = fresh.copy()
    for k in range(1, size):
        if not is_first[k]:
            error[k] = ERROR_LASTS * error[k - 1] + np.sqrt(1 - ERROR_LASTS**2) * fresh[k]
    block_east = np.floor(rows.longitude / CANYON_SIZE_DEG).astype(np.int64)
    block_north = np.floor(rows.latitude / CANYON_SIZE_DEG).astype(np.int64)
    blocks = pd.util.hash_array((block_east * 1_000_003 + block_north).to_numpy())
    is_canyon = blocks % 1000 < CANYON_SHARE * 1000
    error *= np.where(is_canyon, CANYON_M, OPEN_SKY_M)[:, None]
    is_wild = random.random(size) < OUTLIER_SHARE
    far, turn = random.uniform(*OUTLIER_M, size), random.uniform(0, 2 * np.pi, size)
    east = np.where(is_wild, far * np.cos(turn), error[:, 0])
    north = np.where(is_wild, far * np.sin(turn), error[:, 1])
    return east, north
