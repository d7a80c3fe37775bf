"""The events of two real signals: every vehicle is counted, and lost offs are found."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.recordings import SHARED
from benchmarks.sensors.odot import odot_feed, published_counts
from congestion.detectors.health import DetectorHealth
from congestion.region import region_of
from congestion.roadside import place_roadside
from congestion.seen.readings import minute_readings
from ingest.recorded.feed import Feed, open_feed
from mapmatch.building.build import build_network
from mapmatch.network import load_network

RECORDING = SHARED / "real" / "odot-signals"
pytestmark = pytest.mark.skipif(
    not RECORDING.exists(), reason=f"no recording at {RECORDING} (set CLEARWAY_SHARED_DATA)"
)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    return open_feed(odot_feed(RECORDING, tmp_path_factory.mktemp("odot")))


def test_every_detector_counts_the_vehicles_that_were_published(feed: Feed):
    readings = feed.readings.to_pandas()
    counted = readings.groupby("detector_id").vehicle_count.sum()
    published = published_counts(RECORDING)
    assert len(published) == 72
    assert ((counted - published).abs() <= 0.002 * published).all()


def test_the_two_that_lose_most_offs_are_named_and_no_other(feed: Feed, tmp_path: Path):
    build_network(feed.manifest.network, tmp_path)
    network = load_network(tmp_path)
    roadside = place_roadside(network, feed.assets)
    assert not roadside.detectors.doubts
    regions = [region_of(network, r, roadside) for r in range(network.region_count)]
    healths, faults = [DetectorHealth(region) for region in regions], []
    readings = feed.readings.sort_by(
        [("detector_id", "ascending"), ("interval_start", "ascending")]
    )
    starts = readings["interval_start"].cast("int64").to_numpy() / 1000.0
    for minute in np.unique(starts).tolist():
        rows = readings.filter(starts == minute)
        for region, health in zip(regions, healths, strict=True):
            faults += health.step(minute, minute_readings(region, rows))
    assert sorted((f.detector_id, f.fault) for f in faults) == [
        ("452-19", "offs_lost"), ("454-19", "offs_lost"),
    ]  # fmt: skip
