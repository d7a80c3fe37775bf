import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.kernels import probes as kernels
from tests.reference.probes import Row, edie, stands

LENGTHS = [120.0, 80.0, 300.0]
STOPS = {2: [100.0, 250.0]}


@st.composite
def traces(draw):
    """Rows of up to three vehicles, each in time order, contiguous by vehicle."""
    rows = []
    for vehicle in range(draw(st.integers(1, 3))):
        time, place, offset = 0.0, draw(st.integers(0, 2)), 0.0
        for _ in range(draw(st.integers(1, 12))):
            gap = draw(st.sampled_from([0.0, 0.0, 0.0, 200.0]))
            duration = draw(st.sampled_from([5.0, 10.0, 30.0]))
            moved = draw(st.sampled_from([0.0, 2.0, 15.0, 60.0]))
            if offset + moved > LENGTHS[place]:
                place, offset = draw(st.integers(0, 2)), 0.0
            enter = time + gap
            end = min(offset + moved, LENGTHS[place])
            rows.append(Row(vehicle, place, enter, enter + duration, offset, end))
            time, offset = enter + duration, end
    return rows


def column(rows, name, dtype=np.float64):
    return np.array([getattr(row, name) for row in rows], dtype)


@settings(max_examples=60)
@given(traces())
def test_edie_sums_agree_with_adding_up_row_by_row(rows):
    sums, tails = np.zeros((3, 2 * kernels.PROBE_FIELDS)), np.zeros(3)
    kernels.sum_probes(
        column(rows, "vehicle", np.int32),
        column(rows, "vehicle", np.int32) % 2 == 1,
        column(rows, "segment", np.int32),
        column(rows, "exit_s") - column(rows, "enter_s"),
        column(rows, "enter_m"),
        column(rows, "exit_m"),
        np.array(LENGTHS),
        np.array([0, 0, 0, 2], np.int32),
        np.array(STOPS[2]),
        40.0,
        np.full(3, -1, np.int32),
        sums,
        tails,
    )
    fleets = (
        edie([row for row in rows if row.vehicle % 2 == 0], LENGTHS, {}, 40.0),
        edie([row for row in rows if row.vehicle % 2 == 1], LENGTHS, STOPS, 40.0),
    )
    keys = ("distance", "time", "standing", "queued", "vehicles")
    for segment in range(3):
        seen = [of.get(segment, {}) for of in fleets]
        assert np.allclose(sums[segment], [by.get(key, 0.0) for by in seen for key in keys])
        assert np.isclose(tails[segment], max(by.get("tail", 0.0) for by in seen))


def test_rows_of_segments_elsewhere_are_passed_over():
    sums, tails = np.zeros((1, 2 * kernels.PROBE_FIELDS)), np.zeros(1)
    ten, one = np.full(2, 10.0), np.array([1, 1], np.int32)
    kernels.sum_probes(
        one, one == 0, np.array([-1, 0], np.int32), ten, np.zeros(2), 5 * ten, np.array([100.0]),
        np.zeros(2, np.int32), np.zeros(0), 40.0, np.full(1, -1, np.int32), sums, tails,
    )  # fmt: skip
    assert sums[0, kernels.DISTANCE] == 50.0


@settings(max_examples=60)
@given(traces())
def test_stands_agree_with_following_each_vehicle(rows):
    vehicles = sorted({row.vehicle for row in rows})
    counts = [sum(row.vehicle == v for row in rows) for v in vehicles]
    at, offset = np.full(len(vehicles), -1, np.int32), np.zeros(len(vehicles))
    since, until = np.zeros(len(vehicles)), np.zeros(len(vehicles))
    kernels.follow_stands(
        np.r_[0, np.cumsum(counts)].astype(np.int32),
        column(rows, "segment", np.int32),
        column(rows, "enter_s"),
        column(rows, "exit_s"),
        column(rows, "exit_m"),
        20.0,
        120.0,
        at,
        offset,
        since,
        until,
    )
    expected = stands(rows, 20.0, 120.0)
    got = list(zip(at.tolist(), offset.tolist(), since.tolist(), until.tolist(), strict=True))
    assert got == [expected[v] for v in vehicles]
