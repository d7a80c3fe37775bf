"""Of detectors that are wrong in one field together, that field alone is put aside."""

import numpy as np

from congestion.detectors.health import DetectorHealth
from congestion.seen.readings import MinuteReadings
from tests.congestion.detectors.test_health import region


def half_stuck(health: DetectorHealth, span: range) -> tuple[MinuteReadings, set[tuple[str, str]]]:
    """Let every second occupancy be stuck from minute 20 on; give the last readings and faults."""
    count, found = len(health.is_healthy), set()
    is_stuck = np.arange(count) % 2 == 0
    for m in span:
        counts = 5.0 + (m + np.arange(count)) % 5
        occupancies = np.where(is_stuck & (m >= 20), 0.08, counts * 0.5 / 60.0)
        sent = MinuteReadings(counts, occupancies, np.full(count, 10.0 + 0.01 * (m % 7)))
        found |= {(f.detector_id, f.fault) for f in health.step(60.0 * m, sent)}
    return sent, found


def test_where_many_occupancies_are_stuck_they_alone_are_put_aside():
    health = DetectorHealth(region(60))
    sent, found = half_stuck(health, range(40))
    assert {fault for _, fault in found} == {"constant"}
    assert len(found) == 30
    assert health.withdrawn == {}
    assert health.is_healthy.all()
    assert health.unfelt_count == 30
    usable = health.usable(sent)
    assert np.isnan(usable.occupancies).tolist() == [True, False] * 30
    assert np.isfinite(usable.counts).all() and np.isfinite(usable.speeds).all()


def test_where_many_count_twice_their_counts_alone_are_put_aside():
    health = DetectorHealth(region(90))
    twice = np.arange(90) % 3 == 0
    chance, found = np.random.default_rng(3), set()
    for m in range(30):
        counts = chance.integers(5, 10, 90).astype(float)
        occupancies = counts * chance.uniform(0.45, 0.55, 90) / 60.0
        sent = MinuteReadings(counts * np.where(twice, 2.0, 1.0), occupancies, np.full(90, 10.0))
        found |= {(f.detector_id, f.fault) for f in health.step(60.0 * m, sent)}
    assert {fault for _, fault in found} == {"too_short"}
    assert np.array_equal(np.isnan(health.usable(sent).counts), twice)
    assert health.is_healthy.all()
