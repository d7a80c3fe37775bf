"""Which detectors a run will not believe, told before it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from congestion.detectors.settings.health import HealthSettings
from ingest.frames import READINGS
from ingest.recorded.assets import Assets
from streams.city import City
from streams.feed_check.attention import of_faults
from streams.feed_check.disbelieved import disbelieved
from streams.feed_check.records import Disbelieved
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C-c>D", cell_m=50, free_speed_kmh=50)
COUNT, MINUTES = 90, 30
NAMES = [f"M{i:02d}" for i in range(COUNT)]


def city() -> City:
    detectors = {name: ("b", 100.0, i % 2) for i, name in enumerate(NAMES)}
    return City(ROAD.network, Assets(), roadside(ROAD, detectors=detectors), Path())


def rows() -> pd.DataFrame:
    """Half an hour of sound readings, a minute each."""
    chance = np.random.default_rng(1)
    total = COUNT * MINUTES
    counts = chance.integers(4, 9, total)
    speeds = chance.uniform(36.0, 50.0, total)
    return pd.DataFrame(
        {
            "detector_id": NAMES * MINUTES,
            "interval_start": pd.Timestamp("2026-01-05T07:00Z")
            + pd.to_timedelta(np.repeat(np.arange(MINUTES), COUNT), unit="min"),
            "interval_s": 60, "vehicle_count": counts, "speed_kmh": speeds,
            "occupancy": counts * chance.uniform(4.5, 5.5, total) / (speeds / 3.6) / 60.0,
        }
    )  # fmt: skip


def checked(readings: pd.DataFrame) -> tuple[list[Disbelieved], dict[str, int]]:
    whole = readings.reindex(columns=READINGS.names)
    table = pa.Table.from_pandas(whole, READINGS, preserve_index=False)
    return disbelieved(city(), table.to_batches(), HealthSettings())


def test_sound_readings_have_no_fault():
    assert checked(rows()) == ([], {})


@pytest.mark.parametrize(
    ("column", "change", "fault", "seen"),
    [
        ("speed_kmh", lambda speeds: speeds / 1.609344, "disagrees", "mph taken for km/h"),
        ("vehicle_count", lambda counts: 2 * counts, "too_short", "vehicles counted twice"),
        ("occupancy", lambda shares: 0.0 * shares + 0.08, "constant", "the same occupancy in"),
    ],
)
def test_a_third_with_a_fault_is_named_with_its_count_and_one_of_them(column, change, fault, seen):
    readings = rows()
    mine = readings.detector_id.isin(NAMES[::3])
    readings.loc[mine, column] = change(readings.loc[mine, column])
    found, withdrawn = checked(readings)
    assert [(one.fault, one.detector_count) for one in found] == [(fault, 30)]
    assert found[0].example_id in NAMES[::3]
    assert seen in found[0].evidence
    assert withdrawn == {}
    (line,) = map(str, of_faults(found, withdrawn, COUNT))
    assert line.startswith(f"detectors: 30 of 90 that send have the fault {fault}, as M")


def test_a_few_faults_and_silence_need_no_attention_and_a_test_that_withdraws_does():
    few = [Disbelieved("chatter", 3, "M00", "seen"), Disbelieved("no_data", 30, "M01", "seen")]
    assert list(of_faults(few, {}, COUNT)) == []
    (line,) = map(str, of_faults([], {"length": 12}, COUNT))
    assert line == (
        "detectors: the test length accuses 12 at once, which faults do not: it withdraws"
    )
