"""Hours in which nothing comes cost next to nothing, and nothing is said of them."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.recorded.feed import Feed
from ingest.recorded.slices import SILENCE_S, slices
from ingest.units import MINUTE_S
from streams.recorded.run import RunReport, run_feed
from tests.streams.chain_parts import chain_of
from tests.streams.recorded.test_clocks_off import moved

HOURS = 72.0


def with_silence(feed: Feed, hours: float) -> Feed:
    """Give a recording's first three minutes twice, hours apart."""
    tables = {}
    until = feed.manifest.start + 180.0
    for name in ("fixes", "readings", "camera_events"):
        table = getattr(feed, name)
        time = table["interval_start" if name == "readings" else "event_time"]
        first = table.filter(pa.array(time.cast(pa.int64()).to_numpy() < until * 1000.0))
        again = moved(first, np.ones(len(first), np.bool_), hours)
        tables[name] = pa.concat_tables([first, again])
    end = until + hours * 3600.0
    return replace(feed, **tables, manifest=msgspec.structs.replace(feed.manifest, end=end))


@pytest.fixture(scope="module")
def done(few_minutes: Feed, network_cache: Path, tmp_path_factory) -> tuple[RunReport, Path]:
    feed = with_silence(few_minutes, HOURS)
    chain, settings = chain_of(feed, network_cache)
    out = tmp_path_factory.mktemp("run")
    return run_feed(feed, chain, out, settings), out


def test_a_recording_of_days_with_minutes_of_data_has_states_of_these_minutes_only(done) -> None:
    _, out = done
    starts = pq.read_table(out / "segment_states.parquet")["interval_start"].unique()
    assert len(starts) < 60
    times = np.sort(starts.cast(pa.int64()).to_numpy() / 1000.0)
    (gap,) = np.flatnonzero(np.diff(times) > MINUTE_S).tolist()
    assert times[gap + 1] - times[gap] > (HOURS - 1.0) * 3600.0
    assert (times[gap + 1] - times[0]) / 3600.0 == pytest.approx(HOURS, abs=0.05)


def test_both_ends_of_a_silence_are_matched_alike_and_nothing_is_told_of_it(done) -> None:
    report, out = done
    segments = pq.read_table(out / "matched.parquet")["segment_id"].is_valid().to_numpy()
    half = len(segments) // 2
    assert abs(segments[:half].sum() - segments[half:].sum()) < 0.01 * half
    assert report.alert_counts == {}
    fixes = next(count for count in report.balance if count.source == "fixes")
    assert fixes.holes == 0 and not {"late", "clock_skew"} & set(fixes.refused)


def test_what_was_seen_before_a_silence_is_not_told_after_it(done) -> None:
    _, out = done
    states = pq.read_table(out / "segment_states.parquet")
    starts = states["interval_start"].cast(pa.int64()).to_numpy() / 1000.0
    after = starts[np.flatnonzero(np.diff(starts) > 3600.0)[0] + 1]
    quality = states["quality"].to_numpy()
    assert set(quality[starts == after]) == {"historic"}
    assert (quality[starts > after] == "fused").sum() > 100


def test_slices_of_a_silence_are_left_out_without_holes_in_their_numbers(
    few_minutes: Feed,
) -> None:
    feed = with_silence(few_minutes, HOURS)
    every, some = (
        list(slices(with_silence(few_minutes, 1.0))),
        list(slices(feed, skips_silence=True)),
    )
    assert [piece.index for piece in some] == list(range(len(some)))
    assert sum(piece.row_count for piece in some) == sum(piece.row_count for piece in every)
    assert len(some) < 2 * (180.0 + 2 * SILENCE_S) / 5.0 + 20
    ends = [piece.arrival_end for piece in some]
    leap = int(np.argmax(np.diff(ends)))
    assert some[leap + 1].row_count == 0 and some[leap + 2].row_count > 0
