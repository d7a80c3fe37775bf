"""Cleaning: each vehicle's fixes against those before, whatever the batches."""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checks.cleaning_settings import CleaningSettings
from ingest.checks.traces import FixCleaner
from ingest.frames import FIXES
from tests.ingest.recordings import START, batch, fix
from tests.reference import cleaning as reference

START_S = START.timestamp()
FAR = 122.0


def _reasons(rows: list[dict[str, Any]], watermark: float | None = None) -> list[str | None]:
    answer = FixCleaner().clean(batch(rows, FIXES), watermark)
    assert answer.batch.num_rows + sum(answer.refused_counts().values()) == len(rows)
    reasons = answer.reasons.to_pylist()
    assert answer.batch["vehicle_id"].to_pylist() == [
        row["vehicle_id"] for row, reason in zip(rows, reasons, strict=True) if reason is None
    ]
    return reasons


def test_a_plain_trace_is_used_whole() -> None:
    rows = [fix("a", 10.0 * i, longitude=121.48 + 0.001 * i) for i in range(5)]
    assert _reasons(rows) == [None] * 5


def test_the_same_fix_sent_twice_is_a_duplicate() -> None:
    assert _reasons([fix("a", 0.0), fix("a", 0.0)]) == [None, "duplicate"]


def test_of_a_thousand_fixes_with_one_time_stamp_one_is_used() -> None:
    rows = [fix("a", 0.0, longitude=121.48 + 1e-4 * i) for i in range(1000)]
    reasons = _reasons(rows)
    assert reasons[0] is None and set(reasons[1:]) == {"same_time"}


def test_a_fix_older_than_the_one_before_is_out_of_order_only_for_its_vehicle() -> None:
    rows = [fix("a", 20.0), fix("b", 5.0), fix("a", 10.0)]
    assert _reasons(rows) == [None, None, "out_of_order"]


def test_one_fix_far_away_is_a_jump_and_the_trace_goes_on() -> None:
    rows = [fix("a", 0.0), fix("a", 10.0, longitude=FAR), fix("a", 20.0)]
    assert _reasons(rows) == [None, "jump", None]


def test_a_vehicle_that_stays_far_away_is_believed_after_three_fixes() -> None:
    rows = [fix("a", 0.0)] + [fix("a", 10.0 * i, longitude=FAR) for i in range(1, 5)]
    assert _reasons(rows) == [None, "jump", "jump", None, None]


def test_two_devices_on_one_id_leave_the_first_one_in_use() -> None:
    rows = [fix("a", 5.0 * i, longitude=FAR if i % 2 else 121.48) for i in range(8)]
    assert _reasons(rows) == [None, "jump"] + [None, "two_devices"] * 3


def test_a_clock_ahead_of_arrival_is_skewed() -> None:
    rows = [fix("a", 60.0, arrival_time=int(START_S * 1000)), fix("a", 10.0)]
    assert _reasons(rows) == ["clock_skew", None]


def test_a_fix_is_late_against_the_watermark_announced_before_its_batch() -> None:
    cleaner = FixCleaner(CleaningSettings(late_s=0.0))
    first = cleaner.clean(batch([fix("a", 0.0)], FIXES), START_S + 100.0)
    second = cleaner.clean(batch([fix("b", 99.0), fix("c", 101.0)], FIXES), START_S + 200.0)
    third = cleaner.clean(batch([fix("d", 150.0)], FIXES), START_S + 200.0)
    assert first.reasons.to_pylist() == [None]
    assert second.reasons.to_pylist() == ["late", None]
    assert third.reasons.to_pylist() == [None]


@pytest.mark.parametrize("latitude", [90.0, -90.0, 0.0])
def test_the_antimeridian_and_the_poles_are_places_like_others(latitude: float) -> None:
    rows = [
        fix("a", 10.0 * i, longitude=lon, latitude=latitude)
        for i, lon in enumerate([179.9999, -179.9999, 179.9998])
    ]
    assert _reasons(rows) == [None] * 3


def test_columns_it_does_not_know_travel_along() -> None:
    rows = batch([fix("a", 0.0), fix("a", 0.0), fix("b", 0.0)], FIXES)
    rows = rows.append_column("row", pa.array([7, 8, 9]))
    assert FixCleaner().clean(rows).batch["row"].to_pylist() == [7, 9]


def test_nulls_that_validation_should_have_refused_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="'longitude' holds nulls"):
        FixCleaner().clean(batch([fix("a", 0.0, longitude=None)], FIXES))


def test_a_vehicle_that_never_moves_for_a_day_and_those_that_leave_cost_no_memory() -> None:
    cleaner = FixCleaner()
    for minute in range(1440):
        rows = [fix("still", 60.0 * minute), fix(f"gone {minute}", 60.0 * minute)]
        cleaner.clean(batch(rows, FIXES), START_S + 60.0 * minute)
    assert len(cleaner) < 60


def test_a_snapshot_goes_on_where_it_was_taken() -> None:
    first, second = FixCleaner(), FixCleaner()
    rows = [fix(f"v{i % 1500}", 0.01 * i) for i in range(3000)]
    first.clean(batch(rows, FIXES), START_S)
    second.restore(first.snapshot())
    later = batch([fix("v3", 0.03), fix("v3", 40.0), fix("new", 1.0)], FIXES)
    for cleaner in (first, second):
        assert cleaner.clean(later, START_S + 30.0).refused_counts() == {"out_of_order": 1}
    assert first.snapshot() == second.snapshot()


@pytest.mark.parametrize("data", [b"", b"rubbish", b"\x94\x63\x00\x00\xc4\x00"])
def test_a_foreign_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="FixCleanerState"):
        FixCleaner().restore(data)


_FIX = st.tuples(
    st.sampled_from(["a", "b"]),
    st.integers(0, 40),
    st.sampled_from([0, 1, 40]),
    st.sampled_from([121.48, 121.4800001, 121.49, 121.6, 122.0]),
)


@settings(max_examples=200)
@given(rows=st.lists(_FIX, max_size=30), ends=st.lists(st.integers(0, 30), max_size=4))
def test_the_kernel_agrees_with_its_slow_twin_wherever_batches_end(
    rows: list[tuple[str, int, int, float]], ends: list[int]
) -> None:
    fixes = [fix(vehicle, 10.0 * step, longitude=longitude) for vehicle, step, _, longitude in rows]
    for row, (_, _, ahead, _) in zip(fixes, rows, strict=True):
        row["arrival_time"] = row["event_time"] - 1000 * ahead
    cleaner = FixCleaner()
    answers: list[str | None] = []
    edges = [0, *sorted(min(end, len(fixes)) for end in ends), len(fixes)]
    for first, last in pairwise(edges):
        answers += cleaner.clean(batch(fixes[first:last], FIXES)).reasons.to_pylist()
    expected = reference.clean(
        [
            reference.Fix(
                row["vehicle_id"],
                row["event_time"] / 1000.0,
                row["arrival_time"] / 1000.0,
                row["longitude"],
                row["latitude"],
            )
            for row in fixes
        ],
        -np.inf,
        CleaningSettings(),
    )
    assert [answer or "used" for answer in answers] == expected


def test_the_kernel_is_compiled_for_one_signature() -> None:
    from ingest.kernels.cleaning import clean_fixes

    FixCleaner().warm_up()
    FixCleaner().clean(batch([fix("a", 0.0)], FIXES), START_S)
    if hasattr(clean_fixes, "signatures"):
        assert len(clean_fixes.signatures) == 1
