"""A run's folder against a feed's truth."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incidents.scoring.matching import score_fixes, score_routes
from incidents.scoring.score import ScoreError, score_run
from incidents.scoring.speed import score_speed
from tests.drawing import draw
from tests.incidents.scoring.test_incidents import alert

CITY = draw("A-a>B---b-->C-c>D", cell_m=25, free_speed_kmh=50).network
MS = pa.timestamp("ms", "UTC")
START = 1789459200000


def times(*seconds: int) -> pa.Array:
    return pa.array([START + 1000 * second for second in seconds], MS)


def truth_fixes() -> pa.Table:
    columns = {"vehicle_id": ["v", "w", "v", "v"], "event_time": times(0, 0, 10, 10)}
    return pa.table({**columns, "link_id": ["a", "b", "b", "b"]})


def test_each_true_fix_is_exact_wrong_or_unmatched_whatever_the_order_of_rows() -> None:
    matched = pa.table(
        {
            "vehicle_id": ["v", "v", "w", "v"],
            "event_time": times(10, 10, 0, 0),
            "segment_id": ["b", None, "c", "a"],
        }
    )
    score = score_fixes(matched, truth_fixes(), CITY)
    assert score is not None
    assert (score.fix_count, score.exact_share, score.unmatched_share) == (4, 0.5, 0.25)


def test_a_fix_the_run_has_no_row_for_is_unmatched() -> None:
    nothing = pa.table({"vehicle_id": ["z"], "event_time": times(0), "segment_id": ["a"]})
    score = score_fixes(nothing, truth_fixes(), CITY)
    assert score is not None
    assert score.unmatched_share == 1.0


def test_a_fix_truly_on_a_junction_says_nothing_of_exactness_but_may_be_unmatched() -> None:
    links = [":C_0", "b", "b", ":C_1"]
    truth = pa.table({**truth_fixes().drop("link_id").to_pydict(), "link_id": links})
    matched = pa.table(
        {"vehicle_id": ["v", "w"], "event_time": times(0, 0), "segment_id": ["b", "b"]}
    )
    score = score_fixes(matched, truth, CITY)
    assert score is not None
    assert (score.fix_count, score.placed_count) == (4, 2)
    assert (score.exact_share, score.unmatched_share) == (0.5, 0.5)
    assert score_fixes(matched, truth.take([0, 3]), CITY) is None


def test_route_mismatch_counts_metres_missed_and_added_of_every_true_vehicle() -> None:
    routes = pa.table({"vehicle_id": ["v", "v", "v", "w"], "link_id": ["a", "b", "c", "c"]})
    driven = pa.table({"vehicle_id": ["v", "v", "v"], "segment_id": ["a", "a", "c"]})
    score = score_routes(driven, routes, CITY)
    assert score is not None
    assert (score.true_km, score.missed_km, score.added_km) == (0.5, 0.3, 0.0)
    assert score.mismatch_fraction == pytest.approx(0.6)
    astray = pa.table({"vehicle_id": ["w", "w"], "segment_id": ["b", "c"]})
    score = score_routes(astray, routes.slice(3), CITY)
    assert score is not None
    assert score.mismatch_fraction == pytest.approx(2.0)


def test_a_route_planned_beyond_the_end_of_the_recording_is_not_missed() -> None:
    routes = pa.table(
        {
            "vehicle_id": ["v", "v", "v", "w"],
            "link_id": ["a", "b", "c", "c"],
            "exit_time": times(60, -1, -1, 30),
        }
    )
    driven = pa.table({"vehicle_id": ["v", "v", "w"], "segment_id": ["a", "b", "c"]})
    score = score_routes(driven, routes, CITY)
    assert score is not None
    assert score.mismatch_fraction == 0.0


def truth_minutes() -> pa.Table:
    return pa.table(
        {
            "link_id": ["a", "b", "c"],
            "interval_start": times(0, 0, 0),
            "speed_kmh": [10.0, 40.0, 30.0],
            "congested": [True, False, False],
            "cause": ["incident", None, None],
            "entered": [5, 0, 2],
            "left": [1, 3, 2],
        }
    )


def states() -> pa.Table:
    return pa.table(
        {
            "segment_id": ["a", "c"],
            "interval_start": times(0, 0),
            "speed_kmh": [16.0, 99.0],
            "quality": ["fused", "historic"],
        }
    )


def test_speed_is_scored_where_at_least_three_vehicles_drove() -> None:
    score = score_speed(states(), truth_minutes(), CITY)
    assert score is not None
    assert (score.truth_count, score.coverage) == (2, 0.5)
    assert (score.all.mean_absolute_kmh, score.all.bias_kmh) == (6.0, 6.0)
    assert score.slow.minute_count == score.observed.minute_count == 1
    assert score.by_level[4].minute_count == 1  # 10 of 50 km/h
    assert score.by_level[0].mean_absolute_kmh is None


@pytest.mark.parametrize(
    ("true_kmh", "level"),
    [
        (7.5, 5), (7.6, 4), (15.0, 4), (15.1, 3), (20.0, 3), (20.1, 2), (27.5, 2), (27.6, 1),
        (34.9, 1), (35.1, 0), (60.0, 0),
    ],
)  # fmt: skip
def test_the_level_of_the_truth_is_its_share_of_the_legal_speed(
    true_kmh: float, level: int
) -> None:
    # Of 50 km/h: 0.15, 0.3, 0.4, 0.55 and 0.7 are 7.5, 15, 20, 27.5 and 35.
    truth = truth_minutes().slice(0, 1).set_column(2, "speed_kmh", [[true_kmh]])
    score = score_speed(states(), truth, CITY)
    assert score is not None
    assert {band for band, error in score.by_level.items() if error.minute_count} == {level}


def test_speed_errors_are_averaged_by_size_and_by_sign_and_quality_is_the_runs() -> None:
    truth = pa.table(
        {
            "link_id": ["a", "b", "c", "a"],
            "interval_start": times(0, 0, 0, 60),
            "speed_kmh": [10.0, 40.0, 30.0, 14.0],
            "entered": [3, 3, 0, 2],
            "left": [0, 3, 3, 2],
        }
    )
    run = pa.table(
        {
            "segment_id": ["a", "b", "c", "a"],
            "interval_start": times(0, 0, 0, 60),
            "speed_kmh": [16.0, 37.0, None, 14.0],
            "quality": ["observed", "filled", "fused", "observed"],
        }
    )
    score = score_speed(run, truth, CITY)
    assert score is not None
    # The last minute had two vehicles; +6 and -3 are left, and one without a speed.
    assert (score.truth_count, score.coverage) == (3, pytest.approx(2 / 3))
    assert (score.all.mean_absolute_kmh, score.all.bias_kmh) == (4.5, 1.5)
    assert (score.observed.minute_count, score.observed.bias_kmh) == (1, 6.0)
    assert (score.slow.minute_count, score.slow.bias_kmh) == (1, 6.0)


def write_feed(folder: Path) -> Path:
    (folder / "truth").mkdir(parents=True)
    (folder / "feed.toml").write_text(
        'start = "2026-09-15T08:00:00+00:00"\nend = "2026-09-15T09:30:00+00:00"\n'
    )
    (folder / "truth" / "incidents.json").write_text("[]")
    pq.write_table(truth_fixes(), folder / "truth" / "fixes.parquet")
    pq.write_table(truth_minutes(), folder / "truth" / "segment_minutes.parquet")
    return folder


def write_run(folder: Path) -> Path:
    folder.mkdir()
    (folder / "alerts.jsonl").write_text("")
    pq.write_table(states(), folder / "segment_states.parquet")
    return folder


def test_parts_the_truth_lacks_are_named_and_the_others_scored(tmp_path: Path) -> None:
    feed, run = write_feed(tmp_path / "feed"), write_run(tmp_path / "run")
    (feed / "truth" / "fixes.parquet").unlink()
    score = score_run(run, feed, CITY)
    assert score.incidents is not None
    assert score.incidents.false_alarms_per_hour == 0
    assert score.speed is not None
    assert score.matching is None
    assert set(score.not_scored) == {"fixes", "routes"}
    assert "fixes.parquet" in score.not_scored["fixes"]


def test_a_run_without_what_the_truth_could_judge_is_refused_naming_it(tmp_path: Path) -> None:
    feed, run = write_feed(tmp_path / "feed"), write_run(tmp_path / "run")
    with pytest.raises(ScoreError, match=r"run: no matched\.parquet, expected"):
        score_run(run, feed, CITY)
    assert score_run(run, feed, CITY, ["speed"]).speed is not None
    (run / "alerts.jsonl").unlink()
    (run / "segment_states.parquet").unlink()
    with pytest.raises(
        ScoreError, match=r"no matched\.parquet, no segment_states\.parquet, no alerts\.jsonl"
    ):
        score_run(run, feed, CITY)


def test_a_truth_that_says_nothing_of_a_part_is_refused(tmp_path: Path) -> None:
    feed, run = write_feed(tmp_path / "feed"), write_run(tmp_path / "run")
    (feed / "truth" / "incidents.json").unlink()
    with pytest.raises(ScoreError, match=r"holds none of incidents\.json"):
        score_run(run, feed, CITY, ["incidents"])


def test_a_feed_without_truth_and_a_broken_alert_file_are_refused(tmp_path: Path) -> None:
    feed, run = write_feed(tmp_path / "feed"), tmp_path / "run"
    run.mkdir()
    with pytest.raises(ScoreError, match="expected the run"):
        score_run(tmp_path / "absent", feed, CITY)
    (run / "alerts.jsonl").write_text('{"alert_id": 7}\n')
    with pytest.raises(ScoreError, match=r"alerts\.jsonl: line 1: .*alert_id"):
        score_run(run, feed, CITY, ["incidents"])
    (run / "segment_states.parquet").write_bytes(b"nothing")
    with pytest.raises(ScoreError, match=r"segment_states\.parquet: "):
        score_run(run, feed, CITY, ["speed"])


def test_a_run_of_another_recording_is_refused_with_both_spans(tmp_path: Path) -> None:
    feed, run = write_feed(tmp_path / "feed"), write_run(tmp_path / "run")
    manifest = (feed / "feed.toml").read_text()
    (feed / "feed.toml").write_text(manifest.replace("2026-09-15", "2026-09-16"))
    with pytest.raises(ScoreError) as refused:
        score_run(run, feed, CITY, ["speed"])
    assert str(refused.value) == (
        f"{run}: holds 2026-09-15T08:00:00Z to 2026-09-15T08:01:00Z, none of what {feed} recorded "
        "from 2026-09-16T08:00:00Z to 2026-09-16T09:30:00Z; expected a run of that recording"
    )
    with pytest.raises(ScoreError, match="expected a run of that recording"):
        score_run(run, feed, CITY, ["speed", "incidents"])


def test_a_run_is_known_by_its_alerts_too(tmp_path: Path) -> None:
    feed, run = write_feed(tmp_path / "feed"), write_run(tmp_path / "run")
    versions = [alert("1", "09:31:00"), alert("1", "09:40:00", version=2)]
    (run / "alerts.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, versions)))
    with pytest.raises(ScoreError, match="holds 2026-09-15T09:31:00Z to 2026-09-15T09:40:00Z"):
        score_run(run, feed, CITY, ["incidents"])


@pytest.mark.parametrize(
    ("start", "end", "is_scored"),
    [
        ("08:00:30", "09:30:00", True),  # the run's only minute, 08:00, is the recording's first
        ("07:00:00", "08:00:00", True),  # or its last
        ("08:01:01", "09:30:00", False),
        ("07:00:00", "07:59:59", False),
    ],
)
def test_a_run_that_shares_a_moment_with_the_recording_is_scored(
    tmp_path: Path, start: str, end: str, is_scored: bool
) -> None:
    feed, run = write_feed(tmp_path / "feed"), write_run(tmp_path / "run")
    (feed / "feed.toml").write_text(
        f'start = "2026-09-15T{start}+00:00"\nend = "2026-09-15T{end}+00:00"\n'
    )
    if is_scored:
        assert score_run(run, feed, CITY, ["speed"]).speed is not None
        return
    with pytest.raises(ScoreError, match="expected a run of that recording"):
        score_run(run, feed, CITY, ["speed"])


def test_a_run_in_which_nothing_happened_is_of_any_recording(tmp_path: Path) -> None:
    feed, run = write_feed(tmp_path / "feed"), write_run(tmp_path / "run")
    score = score_run(run, feed, CITY, ["incidents"])
    assert score.incidents is not None
    assert score.incidents.alert_count == 0
