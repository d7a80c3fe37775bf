"""Lanes that a gateway exchanges at many places in the same minutes."""

from string import ascii_lowercase, ascii_uppercase

import numpy as np

from congestion.detectors.health import DetectorHealth
from congestion.region import region_of
from congestion.seen.readings import MinuteReadings
from tests.drawing import draw
from tests.roadside import roadside

STATIONS = 24
COUNT = 2 * STATIONS


def avenue() -> DetectorHealth:
    """Two lanes side by side on each of many segments in a row; the second carries more."""
    nodes, segments = ascii_uppercase[: STATIONS + 1], ascii_lowercase[:STATIONS]
    picture = "A" + "".join(f"-{s}>{n}" for s, n in zip(segments, nodes[1:], strict=True))
    road = draw(picture, cell_m=50, free_speed_kmh=50)
    detectors = {f"{s}{lane}": (s, 100.0, lane) for s in segments for lane in range(2)}
    return DetectorHealth(region_of(road.network, 0, roadside(road, detectors=detectors)))


def stepped(
    health: DetectorHealth, first: int, last: int, exchanged: range = range(0),
    faster: float = 1.0,
) -> dict[str, tuple[str, str]]:  # fmt: skip
    """Some minutes; give who is accused of what, and what was seen."""
    chance, found = np.random.default_rng(first), {}
    for m in range(first, last):
        counts = chance.integers(2, 6, COUNT).astype(float)
        counts[1::2] += 6.0
        for station in exchanged:
            counts[2 * station : 2 * station + 2] = counts[2 * station : 2 * station + 2][::-1]
        speeds = np.where(np.arange(COUNT) % 2, 10.0 * faster, 10.0) + 0.01 * (m % 7)
        sent = MinuteReadings(counts, counts * 5.0 / speeds / 60.0, speeds)
        for fault in health.step(60.0 * m, sent):
            if fault.until is None:
                found[fault.detector_id] = (fault.fault, fault.evidence)
    return found


def test_lanes_exchanged_at_many_places_at_once_are_named_within_minutes():
    health = avenue()
    assert stepped(health, 0, 30) == {}
    assert not health.lanes_are_doubted
    found = stepped(health, 30, 40, exchanged=range(22))
    assert {fault for fault, _ in found.values()} == {"wrong_lane"}
    assert len(found) == 44
    assert "lanes exchanged since the same minutes as those of 2" in found["a0"][1]
    assert health.lanes_are_doubted
    assert health.is_healthy.all()  # what all lanes of a road tell together is right
    assert health.withdrawn == {}


def test_lanes_that_are_as_before_again_are_believed():
    health = avenue()
    stepped(health, 0, 30)
    stepped(health, 30, 36, exchanged=range(22))
    assert health.lanes_are_doubted
    stepped(health, 36, 60)
    assert not health.lanes_are_doubted
    assert health.is_healthy.all()


def test_where_the_faster_lane_stays_the_faster_one_drivers_have_changed_lanes():
    health = avenue()
    stepped(health, 0, 30, faster=1.2)
    assert stepped(health, 30, 60, exchanged=range(22), faster=1.2) == {}
    assert not health.lanes_are_doubted


def test_a_snapshot_goes_on():
    health, again = avenue(), avenue()
    stepped(health, 0, 30)
    stepped(health, 30, 40, exchanged=range(22))
    again.restore(health.snapshot())
    assert again.lanes_are_doubted
