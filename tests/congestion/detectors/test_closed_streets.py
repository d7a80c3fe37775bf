"""A street all of whose detectors stop together is closed; one that probes drive on is not."""

import numpy as np
import pytest

from congestion.detectors.health import DetectorHealth
from congestion.region import Region, region_of
from congestion.seen.readings import AgainstProbes, MinuteReadings
from tests.congestion.detectors.test_health import EMPTY, FULL, NAN, ROAD, Said, moving
from tests.roadside import roadside


def street(test: DetectorHealth, m: int, said: list[Said], free: float = NAN) -> list[str]:
    """A minute of four detectors, two of which are on one street; give the faults that begin."""
    reported = MinuteReadings(*(np.array(column, float) for column in zip(*said, strict=True)))
    against = AgainstProbes(np.array([free, free, NAN, NAN]), np.full(4, NAN))
    faults = test.step(60.0 * m, reported, against)
    return [f"{f.detector_id} {f.fault}" for f in faults if f.until is None]


def two_streets() -> Region:
    """Two detectors on one segment, two on the next."""
    detectors = {"M0": ("a", 60.0), "M1": ("a", 60.0), "M2": ("b", 160.0), "M3": ("b", 160.0)}
    return region_of(ROAD.network, 0, roadside(ROAD, detectors=detectors))


@pytest.mark.parametrize("stopped", [EMPTY, FULL])
def test_a_street_that_stops_as_a_whole_is_closed(stopped):
    health = DetectorHealth(two_streets())
    for m in range(40):
        assert street(health, m, [moving(m)] * 4) == []
    for m in range(40, 95):
        assert street(health, m, [stopped] * 2 + [moving(m)] * 2) == []


def test_a_street_on_which_probes_drive_is_not_closed():
    health = DetectorHealth(two_streets())
    for m in range(40):
        street(health, m, [moving(m)] * 4)
    found = []
    for m in range(40, 95):
        found += street(health, m, [EMPTY] * 2 + [moving(m)] * 2, 0.0 if m % 10 == 0 else NAN)
    assert found == ["M0 stuck_off", "M1 stuck_off"]
