from collections.abc import Callable

import numpy as np
import pytest

from congestion.health import DetectorHealth
from congestion.observation import Heard
from congestion.region import Region, region_of
from tests.congestion.drawing import draw
from tests.congestion.test_estimator import placed

Said = tuple[float, float, float]
NAN = float("nan")
SILENT, FULL, EMPTY = (NAN, NAN, NAN), (0.0, 1.0, NAN), (0.0, 0.0, NAN)


def moving(m: int, counted: float = 1.0, occupied: float = 1.0) -> Said:
    """Vehicles of 5 m at 10 m/s, more or fewer by the minute, told by a detector maybe wrong."""
    count = 6.0 + m % 5
    return (count * counted, count * 0.5 / 60 * occupied, 10.0)


def always(said: Said) -> Callable[[int], Said]:
    """The same every minute."""
    return lambda _: said


def region(count: int = 2) -> Region:
    """Detectors side by side on one segment."""
    detectors = [(f"M{i}", 1, 160.0) for i in range(count)]
    return region_of(draw({"a": "b", "b": "c"}, length_m=200.0), 0, placed(detectors=detectors))


def minutes(
    health: DetectorHealth,
    first: Callable[[int], Said],
    rest: Callable[[int], Said],
    span: range,
) -> list[tuple[str, str, bool]]:
    """Let M0 say `first` and all others `rest` for some minutes; give what was told."""
    told = []
    for m in span:
        said = [first(m)] + [rest(m)] * (len(health.is_healthy) - 1)
        heard = Heard(*(np.array(column, float) for column in zip(*said, strict=True)))
        faults = health.step(60.0 * m, heard)
        told += [(f.detector_id, f.fault, f.until is not None) for f in faults]
    return told


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (SILENT, "no_data"),
        (FULL, "stuck_on"),
        (EMPTY, "stuck_off"),
        ((90.0, 0.3, 10.0), "chatter"),
    ],
)
def test_a_broken_detector_beside_a_sound_one_is_named(broken, fault):
    health = DetectorHealth(region())
    assert minutes(health, moving, moving, range(20)) == []
    told = minutes(health, always(broken), moving, range(20, 50))
    assert told[0] == ("M0", fault, False)
    assert health.is_healthy.tolist() == [False, True]


def test_constant_occupancy_under_changing_traffic_is_named():
    told = minutes(DetectorHealth(region()), lambda m: (m % 5 + 1.0, 0.07, 10.0), moving, range(20))
    assert told == [("M0", "constant", False)]


@pytest.mark.parametrize(
    ("counted", "occupied", "fault"), [(2.0, 1.0, "too_short"), (1.0, 2.0, "too_long")]
)
def test_a_detector_whose_vehicles_change_length_is_named(counted, occupied, fault):
    # Two dozen sound ones tell how long vehicles are here.
    health = DetectorHealth(region(25))
    assert minutes(health, moving, moving, range(25)) == []
    told = minutes(health, lambda m: moving(m, counted, occupied), moving, range(25, 60))
    assert told == [("M0", fault, False)]


def test_a_jam_over_all_lanes_accuses_no_detector():
    health = DetectorHealth(region())
    minutes(health, moving, moving, range(20))
    assert minutes(health, always(FULL), always(FULL), range(20, 50)) == []


def test_a_silent_feed_accuses_no_detector():
    health = DetectorHealth(region())
    assert minutes(health, always(SILENT), always(SILENT), range(60)) == []


def test_a_detector_that_speaks_again_is_believed_again_and_that_is_told():
    health = DetectorHealth(region())
    minutes(health, always(SILENT), moving, range(12))
    assert minutes(health, moving, moving, range(12, 13)) == [("M0", "no_data", True)]
    assert health.is_healthy.all()


def test_restored_health_goes_on_as_before():
    health, again = DetectorHealth(region()), DetectorHealth(region())
    minutes(health, always(SILENT), moving, range(9))
    again.restore(health.snapshot())
    told = minutes(again, always(SILENT), moving, range(9, 10))
    assert told == [("M0", "no_data", False)]
    with pytest.raises(ValueError, match="other detectors"):
        DetectorHealth(region(3)).restore(health.snapshot())
