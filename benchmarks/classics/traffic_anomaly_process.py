"""Asks traffic-anomaly, in its own environment: FOLDER DEVIATION...

Reads speeds.parquet and roads.parquet of the folder, and writes DEVIATION.parquet for each: the
segments and minutes that are anomalies by themselves and slower than was predicted.
"""

import importlib
import sys
from pathlib import Path

import pandas as pd


def main() -> None:
    """Predict once, then judge by each deviation."""
    package = importlib.import_module("traffic_anomaly")
    folder = Path(sys.argv[1])
    roads = pd.read_parquet(folder / "roads.parquet")
    predicted = package.decompose(
        data=pd.read_parquet(folder / "speeds.parquet"),
        datetime_column="timestamp", value_column="speed", entity_grouping_columns=["id"],
        freq_minutes=5, drop_days=0, min_rolling_window_samples=0, min_time_of_day_samples=0,
        rolling_window_enable=False,
    )  # fmt: skip
    for deviation in map(float, sys.argv[2:]):
        judged = package.anomaly(
            predicted, "timestamp", "speed", ["id"],
            entity_threshold=deviation, connectivity_table=roads,
        )  # fmt: skip
        odd = judged[judged.originated_anomaly & (judged.resid < 0)]
        odd[["id", "timestamp"]].to_parquet(folder / f"{deviation}.parquet")


if __name__ == "__main__":
    main()
