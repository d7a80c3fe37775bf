"""Lines of detectors: what is learnt of them, what stands in where little was, and their file."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from congestion.detectors.spot_relation import (
    FILE,
    PRIOR_MINUTES,
    Lines,
    RelationSums,
    SpotRelation,
    detector_speeds,
    line_speeds,
    load_relation,
    save_relation,
    segment_speeds,
)
from congestion.profile.week import ProfileError
from congestion.region import region_of
from congestion.seen.readings import MinuteReadings
from congestion.states.estimator import StateEstimator
from ingest.frames import READINGS
from tests.drawing import draw
from tests.roadside import roadside

CITY = draw("A-a>B-b>C", cell_m=25, free_speed_kmh=54)
PLACED = roadside(CITY, detectors={"M1": ("a", 50), "M2": ("a", 50, 1), "M3": ("b", 50)})
REGION = region_of(CITY.network, 0, PLACED)
TRUE = np.array([-0.5, 0.7, 1.5])


def traffic(count: int, terms: np.ndarray, noise: float = 0.0, seed: int = 0) -> list[np.ndarray]:
    """Spot speeds (m/s), occupancies and the segment's paces (s/m) that a line gives of them."""
    random = np.random.default_rng(seed)
    spot, occupancy = random.uniform(3.0, 16.0, count), random.uniform(0.01, 0.3, count)
    log_pace = terms[0] - terms[1] * np.log(spot) + terms[2] * occupancy
    return [spot, occupancy, np.exp(log_pace + random.normal(0.0, noise, count))]


def test_the_line_that_made_the_minutes_is_found() -> None:
    sums = RelationSums(1)
    sums.add(np.zeros(400, np.int64), *traffic(400, TRUE, noise=0.3))
    lines, _ = sums.lines(np.zeros(1, np.int64))
    assert lines.terms[0] == pytest.approx(TRUE, abs=0.25)
    assert lines.spread[0] == pytest.approx(0.3, abs=0.03)
    assert lines.minutes[0] == 400
    spot, occupancy, pace = traffic(50, TRUE)
    found = line_speeds(np.tile(lines.terms[0], (50, 1)), spot, occupancy)
    assert found * pace == pytest.approx(np.ones(50), abs=0.1)


def test_a_detector_seen_little_has_its_class_s_line_and_one_never_seen_wholly() -> None:
    sums, other = RelationSums(3), np.array([0.4, 0.7, 1.5])
    sums.add(np.zeros(2000, np.int64), *traffic(2000, TRUE))
    sums.add(np.ones(2, np.int64), *traffic(2, other, seed=1))
    lines, kinds = sums.lines(np.zeros(3, np.int64))
    spot, occupancy, pace = traffic(1, TRUE, seed=3)

    def found(of: Lines, number: int) -> float:
        return float(line_speeds(of.terms[number : number + 1], spot, occupancy)[0] * pace[0])

    assert found(kinds, 0) == pytest.approx(1.0, abs=0.01)
    assert found(lines, 2) == found(kinds, 0)
    # Its own two minutes say slower by 0.9 of a logarithm, beside PRIOR_MINUTES of the class.
    assert -0.9 * 4 / PRIOR_MINUTES < np.log(found(lines, 1)) < -0.9 * 1 / PRIOR_MINUTES


def test_a_class_seen_for_minutes_only_has_the_line_of_all() -> None:
    sums = RelationSums(2)
    sums.add(np.zeros(500, np.int64), *traffic(500, TRUE))
    sums.add(np.ones(5, np.int64), *traffic(5, TRUE + 1.0))
    _, kinds = sums.lines(np.array([0, 1]))
    assert kinds.terms[1] == pytest.approx(kinds.terms[0], abs=0.1)
    assert kinds.minutes.tolist() == [500, 5]


def test_minutes_without_speed_occupancy_or_pace_teach_nothing() -> None:
    sums = RelationSums(1)
    nan = np.nan
    sums.add(
        np.zeros(4, np.int64), np.array([nan, 0.0, 9.0, 9.0]), np.array([0.1, 0.1, nan, 0.1]),
        np.array([0.1, 0.1, 0.1, nan]),
    )  # fmt: skip
    lines, _ = sums.lines(np.zeros(1, np.int64))
    assert lines.minutes[0] == 0 and np.isnan(lines.terms).all()
    empty, _ = RelationSums(0).lines(np.zeros(0, np.int64))
    assert len(empty.minutes) == 0


def test_without_a_line_or_occupancy_the_spot_speed_stands_and_no_speed_is_absurd() -> None:
    terms = np.array([[np.nan] * 3, TRUE, [5.0, 0.0, 0.0], [-9.0, 0.0, 0.0]])
    spot, limit = np.full(4, 12.0), np.full(4, 15.0)
    found = segment_speeds(terms, spot, np.array([0.1, np.nan, 0.1, 0.1]), limit)
    assert found == pytest.approx([12.0, 12.0, 0.02 * 15.0, 1.15 * 15.0])


def test_a_segments_speed_by_detectors_is_the_mean_over_vehicles_of_those_in_use() -> None:
    reported = MinuteReadings(
        np.array([3.0, 1.0, 5.0]), np.full(3, 0.1), np.array([10.0, 6.0, np.nan])
    )
    used = np.ones(3, np.bool_)
    assert detector_speeds(REGION, reported, used, None)[0] == pytest.approx(9.0)
    assert np.isnan(detector_speeds(REGION, reported, used, None)[1])
    half = np.tile([np.log(2.0), 1.0, 0.0], (3, 1))  # the segment at half the spot speed
    assert detector_speeds(REGION, reported, used, half)[0] == pytest.approx(4.5)
    only = np.array([True, False, True])
    assert detector_speeds(REGION, reported, only, half)[0] == pytest.approx(5.0)


def test_states_tell_by_detectors_what_the_profile_relates_and_nothing_else_changes() -> None:
    relation = SpotRelation(
        ("M3", "M9"), Lines(np.tile([np.log(2.0), 1.0, 0.0], (2, 1)), np.ones(2), np.ones(2))
    )
    rows = [
        {"detector_id": name, "interval_start": 0, "interval_s": 60, "vehicle_count": 8,
         "occupancy": 0.1, "speed_kmh": 36.0}
        for name in ("M1", "M2", "M3")
    ]  # fmt: skip
    found = []
    for of in (None, relation):
        estimator = StateEstimator(CITY.network, 0, PLACED, relation=of)
        estimator.add_readings(pa.RecordBatch.from_pylist(rows, schema=READINGS))
        found.append(estimator.close_minute(0.0).states)
    spot, related = (s["detector_speed_kmh"].to_pylist() for s in found)
    assert spot == pytest.approx([36.0, 36.0]) and related == pytest.approx([36.0, 18.0])
    others = [str(states.drop_columns(["detector_speed_kmh"]).to_pylist()) for states in found]
    assert others[0] == others[1]


def test_lines_are_read_back_as_they_were_written_and_a_bad_file_is_named(tmp_path: Path) -> None:
    lines = Lines(np.array([TRUE, [np.nan] * 3]), np.array([0.3, np.nan]), np.array([40.0, 0.0]))
    assert load_relation(tmp_path) is None
    save_relation(SpotRelation(("M1", "M2"), lines), tmp_path)
    read = load_relation(tmp_path)
    assert read is not None and read.ids == ("M1", "M2")
    assert read.lines.terms == pytest.approx(lines.terms, nan_ok=True)
    assert read.of(REGION)[0] == pytest.approx(TRUE) and np.isnan(read.of(REGION)[2]).all()
    (tmp_path / FILE).write_bytes(b"PAR1")
    with pytest.raises(ProfileError, match=r"detectors\.parquet.*build the profile again"):
        load_relation(tmp_path)
