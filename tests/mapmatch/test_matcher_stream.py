"""Many vehicles over time: batches, lag, watermarks, restarts, and input nobody should send."""

import itertools

import numpy as np
import pyarrow as pa
import pytest

from mapmatch.answers import joined
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.records import MatchOutput
from tests.drawing import Drawing, draw
from tests.mapmatch.driving import (
    START,
    Fix,
    answer,
    answer_of,
    assert_sound,
    batch_of,
    degrees_batch,
    drive,
    new_matcher,
    stand,
)

NEVER = float("-inf")


@pytest.fixture(scope="module")
def town() -> Drawing:
    return draw(
        """
        A-----B-----C-----D
        |     |     |     |
        E-----F-----G-----H
        |     |     |     |
        I-----J-----K-----L
        """,
        cell_m=30,
    )


def rows_of(output: MatchOutput, vehicle: str) -> list[list[dict]]:
    """Give one vehicle's rows of every kind."""
    batches = (output.matched, output.progress, output.traversals, output.breaks)
    return [[r for r in b.to_pylist() if r["vehicle_id"] == vehicle] for b in batches]


def test_cutting_batches_differently_changes_nothing(town: Drawing) -> None:
    fixes = drive(town, "ABFGKL", noise_m=8)
    batch = batch_of(town.network, fixes)
    whole, cut = new_matcher(town), new_matcher(town)
    at_once = joined([whole.match(batch, NEVER), whole.finish()])
    pieces = [cut.match(batch.slice(k, 3), NEVER) for k in range(0, len(fixes), 3)]
    in_pieces = joined([*pieces, cut.finish()])
    assert rows_of(in_pieces, "v") == rows_of(at_once, "v")


def test_other_vehicles_change_nothing(town: Drawing) -> None:
    routes = {"v": "ABFGKL", "w": "LKJI", "x": "DCGH"}
    fixes = {name: drive(town, nodes, noise_m=8) for name, nodes in routes.items()}
    batches = [batch_of(town.network, f, name) for name, f in fixes.items()]
    mixed = pa.Table.from_batches(batches).sort_by("event_time").combine_chunks().to_batches()[0]
    together, alone = new_matcher(town), new_matcher(town)
    all_three = joined([together.match(mixed, NEVER), together.finish()])
    only_one = joined([alone.match(batches[0], NEVER), alone.finish()])
    assert rows_of(all_three, "v") == rows_of(only_one, "v")


def test_a_batch_of_a_drive_across_the_city_is_taken_in_time_order() -> None:
    road = draw("A-----B-----C-----D-----E", cell_m=200)
    for nodes in ("ABCDE", "EDCBA"):
        fixes = drive(road, nodes, every_s=10)
        matcher = new_matcher(road)
        output = joined([matcher.match(batch_of(road.network, fixes), NEVER), matcher.finish()])
        assert answer_of(output).route == [a + b for a, b in itertools.pairwise(nodes)]
        assert_sound(road.network, output, len(fixes))


def test_a_lag_of_zero_answers_every_fix_at_once(town: Drawing) -> None:
    matcher = new_matcher(town, MatcherSettings(lag=0))
    fixes = drive(town, "ABCD", every_s=10)
    batch = batch_of(town.network, fixes)
    for k in range(len(fixes)):
        matched = matcher.match(batch.slice(k, 1), START + fixes[k].time).matched
        assert matched["row"].to_pylist() == [k]


def test_no_fix_waits_behind_more_others_than_the_lag(town: Drawing) -> None:
    fixes = drive(town, "ABFGKLHD", every_s=10, noise_m=15)
    for lag in (1, 3):
        matcher = new_matcher(town, MatcherSettings(lag=lag, near_m=0, near_sigmas=0))
        batch = batch_of(town.network, fixes)
        answered = 0
        for k in range(len(fixes)):
            answered += matcher.match(batch.slice(k, 1), NEVER).matched.num_rows
            assert k + 1 - answered <= lag


def test_event_time_settles_what_no_further_fix_decides(town: Drawing) -> None:
    matcher = new_matcher(town, MatcherSettings(settle_after_s=60))
    fixes = drive(town, "ABC", every_s=10, noise_m=10)
    empty = batch_of(town.network, [])
    given = matcher.match(batch_of(town.network, fixes), NEVER).matched.num_rows
    given += matcher.match(empty, START + fixes[-1].time + 61).matched.num_rows
    assert given == len(fixes)


def test_a_matcher_restored_in_mid_trace_goes_on_as_if_nothing_had_been(town: Drawing) -> None:
    fixes = drive(town, "ABFGKL", noise_m=8)
    batch = batch_of(town.network, fixes)
    going_on, first = new_matcher(town), new_matcher(town)
    half = len(fixes) // 2
    assert first.match(batch.slice(0, half), NEVER) == going_on.match(batch.slice(0, half), NEVER)
    heir = new_matcher(town)
    heir.restore(first.snapshot())
    rest = batch.slice(half)
    assert heir.match(rest, NEVER) == going_on.match(rest, NEVER)
    assert heir.finish() == going_on.finish()


def test_what_is_known_of_open_fixes_goes_on_from_the_settled_to_the_newest(town: Drawing) -> None:
    matcher = new_matcher(town, MatcherSettings(near_m=0, near_sigmas=0))
    fixes = drive(town, "ABFGKLHD", every_s=10, noise_m=15)
    batch = batch_of(town.network, fixes)
    settled, rows_seen = START, 0
    for k in range(len(fixes)):
        progress = matcher.match(batch.slice(k, 1), NEVER).progress
        assert not any(progress["is_provisional"].to_pylist())
        settled = max([settled, *progress["exit_time"].to_pylist()])
        rows = matcher.provisional().to_pylist()
        assert all(r["is_provisional"] for r in rows)
        times = [settled, *(t for r in rows for t in (r["enter_time"], r["exit_time"]))]
        assert times[1::2] == times[:-1:2]
        assert not rows or times[-1] == START + fixes[k].time
        rows_seen += len(rows)
    assert rows_seen > 5


def test_reading_open_fixes_gives_what_finishing_would_and_changes_nothing(town: Drawing) -> None:
    routes = {"v": "ABFGKL", "w": "LKJI", "x": "DCGH"}
    fixes = {name: drive(town, nodes, noise_m=12) for name, nodes in routes.items()}
    batches = [batch_of(town.network, f, name) for name, f in fixes.items()]
    batch = pa.Table.from_batches(batches).sort_by("event_time").combine_chunks().to_batches()[0]
    matcher, heir, rows_seen = new_matcher(town), new_matcher(town), 0
    for k in range(0, batch.num_rows, 4):
        matcher.match(batch.slice(k, 4), NEVER)
        before = matcher.snapshot()
        rows = matcher.provisional()
        assert matcher.snapshot() == before
        heir.restore(before)
        finished = heir.finish().progress
        assert rows.drop_columns("is_provisional") == finished.drop_columns("is_provisional")
        rows_seen += rows.num_rows
    assert rows_seen > 20


@pytest.mark.parametrize("seed", range(4))
def test_open_fixes_of_random_nonsense_are_read_as_finishing_would_settle_them(
    town: Drawing, seed: int
) -> None:
    random = np.random.default_rng(seed)
    times = np.cumsum(random.choice([0.0, 1.0, 10.0, 60.0], 120, p=[0.05, 0.4, 0.5, 0.05]))
    place, fixes = np.array([100.0, 0.0]), []
    for time in times:
        is_far, is_still = random.random(2) < (0.1, 0.3)
        place = place if is_still else np.clip(place + random.normal(0, 40, 2), (0, -130), (360, 5))
        noise = random.normal(0, 300 if is_far else 8, 2)
        fixes.append(Fix(time, *(place + noise), random.choice([0.0, 20.0, np.nan])))
    matcher, heir, rows_seen = new_matcher(town), new_matcher(town), 0
    batch = batch_of(town.network, fixes)
    for k in range(len(fixes)):
        matcher.match(batch.slice(k, 1), START + times[k] - 10.0)
        rows = matcher.provisional()
        heir.restore(matcher.snapshot())
        finished = heir.finish().progress
        assert rows.drop_columns("is_provisional") == finished.drop_columns("is_provisional")
        rows_seen += rows.num_rows
    assert rows_seen > 200


def test_what_is_known_of_open_fixes_does_not_depend_on_batches(town: Drawing) -> None:
    batch = batch_of(town.network, drive(town, "ABFGKL", noise_m=8))
    whole, cut = new_matcher(town), new_matcher(town)
    whole.match(batch, NEVER)
    for k in range(batch.num_rows):
        cut.match(batch.slice(k, 1), NEVER)
        cut.provisional()
    assert cut.provisional() == whole.provisional()
    assert whole.provisional().num_rows


def test_a_vehicle_that_has_everything_pending_is_read_too(town: Drawing) -> None:
    settings = MatcherSettings(settle_after_s=3600, hold_s=3600, lag=50)
    matcher = new_matcher(town, settings)
    fixes = stand((100.0, 0.0), 255, 1.0, noise_m=0.5)
    matcher.match(batch_of(town.network, fixes), NEVER)
    rows = matcher.provisional()
    spent = sum(r["exit_time"] - r["enter_time"] for r in rows.to_pylist())
    assert spent == pytest.approx(254.0)


def test_progress_adds_up_to_the_metres_and_the_time_driven(town: Drawing) -> None:
    fixes = drive(town, "ABCD", every_s=5)
    progress = answer(town, fixes).output.progress.to_pandas()
    driven = (progress.exit_offset_m - progress.enter_offset_m).sum()
    assert driven == pytest.approx(fixes[-1].x - fixes[0].x, abs=5)
    spent = (progress.exit_time - progress.enter_time).sum()
    assert spent == pytest.approx(fixes[-1].time - fixes[0].time, abs=1e-6)


def test_a_standing_vehicle_is_seen_while_it_stands(town: Drawing) -> None:
    matcher = new_matcher(town, MatcherSettings(settle_after_s=60))
    fixes = drive(town, "AB")[:-1]
    end = fixes[-1]
    fixes += stand((end.x, end.y), 24, 5.0, end.time + 5.0)
    batch = batch_of(town.network, fixes)
    parts = [matcher.match(batch.slice(k, 1), START + fixes[k].time) for k in range(len(fixes))]
    progress = joined(parts).progress.to_pandas()
    standing = progress[progress.exit_time > START + end.time + 20]
    assert len(standing) > 5
    assert (standing.exit_offset_m - standing.enter_offset_m).max() < 1.0


def test_silent_vehicles_give_their_slots_back(town: Drawing) -> None:
    matcher = new_matcher(town)
    sizes = []
    for wave in range(4):
        for number in range(100):
            fixes = drive(town, "AB", start=1000.0 * wave)
            matcher.match(batch_of(town.network, fixes, f"{wave}-{number}"), NEVER)
        sizes.append(len(matcher.snapshot()))
        assert matcher.vehicle_count == 100
        matcher.match(batch_of(town.network, []), START + 1000.0 * wave + 500)
        assert matcher.vehicle_count == 0
    assert max(sizes) - sizes[0] < 2000  # longer names at most


def test_a_vehicle_that_stands_for_a_day_needs_no_more_memory_than_one_that_stands_an_hour(
    town: Drawing,
) -> None:
    matcher = new_matcher(town)
    fixes = stand((100.0, 0.0), 8640, 10.0, noise_m=4)
    batch = batch_of(town.network, fixes)
    sizes, answered = [], 0
    for k in range(0, len(fixes), 360):
        output = matcher.match(batch.slice(k, 360), START + fixes[k + 359].time)
        answered += output.matched.num_rows
        sizes.append(len(matcher.snapshot()))
    assert len(set(sizes)) == 1
    assert answered + matcher.finish().matched.num_rows == len(fixes)


def test_a_vehicle_that_jumps_between_cities_keeps_the_route_it_drives_here(
    town: Drawing,
) -> None:
    fixes = drive(town, "ABCD")
    far = [Fix(f.time, f.x + 900_000, f.y) if k % 3 == 2 else f for k, f in enumerate(fixes)]
    given = answer(town, far)
    assert given.route == ["AB", "BC", "CD"]
    assert set(given.reasons) <= {None, "no_road_near"}
    alone = answer(town, [f for k, f in enumerate(far) if k % 3 == 2])
    assert set(alone.reasons) == {"no_road_near"}


def test_a_clock_that_runs_backwards_is_answered_and_changes_nothing_else(town: Drawing) -> None:
    fixes = drive(town, "ABCD")
    back = [*fixes[:8], fixes[2], *fixes[8:]]
    matcher = new_matcher(town)
    output = joined([matcher.match(batch_of(town.network, back), NEVER), matcher.finish()])
    given = answer_of(output)
    assert given.reasons[8] == "out_of_order"
    assert given.route == ["AB", "BC", "CD"]
    assert_sound(town.network, output, len(back))


def test_two_devices_with_one_id_are_answered_and_the_matcher_goes_on(town: Drawing) -> None:
    here, there = drive(town, "ABCD"), drive(town, "LKJI", start=2.0)
    both = sorted([*here, *there], key=lambda f: f.time)
    assert len(answer(town, both).segments) == len(both)


def test_a_thousand_fixes_with_one_time_stamp_are_answered_once_each(town: Drawing) -> None:
    fixes = [Fix(0.0, f.x, f.y) for f in stand((100.0, 0.0), 1000, 1.0, noise_m=30)]
    matcher = new_matcher(town)
    output = joined([matcher.match(batch_of(town.network, fixes), NEVER), matcher.finish()])
    assert sorted(output.matched["row"].to_pylist()) == list(range(1000))


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [(180.0, 31.2), (-180.0, 31.2), (121.47, 90.0), (121.47, -90.0), (0.0, 0.0),
     (np.nan, 31.2), (np.inf, 31.2), (1e9, -1e9)],
)  # fmt: skip
def test_a_place_at_the_end_of_the_world_is_far_from_every_road(
    town: Drawing, longitude: float, latitude: float
) -> None:
    fixes = drive(town, "ABCD")
    good = batch_of(town.network, fixes)
    longitudes, latitudes = good["longitude"].to_pylist(), good["latitude"].to_pylist()
    longitudes[4], latitudes[4] = longitude, latitude
    matcher = new_matcher(town)
    batch = degrees_batch(fixes, longitudes, latitudes)
    given = answer_of(joined([matcher.match(batch, NEVER), matcher.finish()]))
    # By itself it has no road; between good fixes the route about it may answer it.
    assert given.segments[4] in {None, "AB", "BC"}
    assert given.route == ["AB", "BC", "CD"]


def test_a_traces_invariants_hold_for_random_nonsense(town: Drawing) -> None:
    random = np.random.default_rng(3)
    for _ in range(5):
        times = np.cumsum(random.choice([0.0, 1.0, 10.0, 60.0, 400.0], 80))
        fixes = [Fix(t, *random.uniform(-60, 600, 2)) for t in times]
        answer(town, fixes)


def test_an_empty_batch_gives_empty_batches(town: Drawing) -> None:
    matcher: OnlineMatcher = new_matcher(town)
    output = matcher.match(batch_of(town.network, []), START)
    assert output.matched.num_rows == output.progress.num_rows == output.traversals.num_rows == 0
