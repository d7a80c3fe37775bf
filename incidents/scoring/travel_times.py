"""The true travel times of paths, from the true speeds of their segments."""

import numpy as np
import pandas as pd

from ingest.kernels.arrays import Floats, Int32s
from ingest.units import KMH, Seconds

_LEAST_MPS = 0.3
"""No truth is taken to be slower; a segment that stood a whole minute would take for ever.
Unit: m/s. Source: chosen."""


class TrueTravelTimes:
    """Gives the true time of a path in a minute: each segment's length by its speed in the minute.

    Where a segment's speed is unknown in the minute, its median of the recording stands for it.
    """

    def __init__(self, minutes: pd.DataFrame, segment_ids: list[str], length_m: Floats) -> None:
        """Read the truth (`segment_minutes.parquet`) of n segments."""
        table = minutes.pivot_table(index="interval_start", columns="link_id", values="speed_kmh")
        table = table.reindex(columns=segment_ids) / KMH
        self._row = {time.timestamp(): row for row, time in enumerate(table.index)}
        self._seconds = length_m / table.fillna(table.median()).clip(lower=_LEAST_MPS).to_numpy()

    def path_s(self, minute: Seconds, segments: Int32s) -> Seconds:
        """Give the seconds, NaN where a segment was never driven or the minute is unknown."""
        row = self._row.get(minute)
        return float("nan") if row is None else float(np.sum(self._seconds[row, segments]))
