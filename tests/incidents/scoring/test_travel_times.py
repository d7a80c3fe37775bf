"""The true time of a path, by hand."""

import numpy as np
import pandas as pd

from incidents.scoring.travel_times import TrueTravelTimes

START = pd.Timestamp("2026-09-22T00:00:00Z")


def test_a_path_takes_each_segments_length_by_its_speed_in_the_minute() -> None:
    minutes = [START + pd.Timedelta(minutes=k) for k in range(3)]
    rows = pd.DataFrame(
        {
            "link_id": ["a", "a", "a", "b"],
            "interval_start": [*minutes, minutes[0]],
            "speed_kmh": [36.0, 18.0, 18.0, 72.0],
        }
    )
    times = TrueTravelTimes(rows, ["a", "b", "c"], np.array([100.0, 200.0, 50.0]))
    both = np.array([0, 1], np.int32)
    assert times.path_s(minutes[0].timestamp(), both) == 20.0
    # Of b nothing is known in the second minute: its median stands for it.
    assert times.path_s(minutes[1].timestamp(), both) == 30.0
    assert np.isnan(times.path_s(minutes[0].timestamp(), np.array([2], np.int32)))
    assert np.isnan(times.path_s(0.0, both))
