"""What a run must not do again and again: counted, since seconds say nothing on a busy machine."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from benchmarks.cost.growth import Partitions
from congestion.cameras.paths import CameraPaths
from congestion.region import Neighbours
from congestion.seen.pieces import Pieces
from congestion.seen.ticks import Ticks
from congestion.states import fusion
from congestion.states.estimator import StateEstimator
from congestion.states.speed_model import read_model
from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from mapmatch import answers
from mapmatch.network import Network
from streams.recorded.matched_rows import MatchedRows
from streams.recorded.run import run_feed
from streams.recorded.slice_messages import frames_of
from tests.streams.chain_parts import chain_of


def counted(monkeypatch: pytest.MonkeyPatch, counts: Counter[str], of: Any, name: str) -> None:
    """Count the calls of a function."""
    plain: Callable[..., Any] = getattr(of, name)

    def call(*args: Any, **named: Any) -> Any:
        counts[name] += 1
        return plain(*args, **named)

    monkeypatch.setattr(of, name, call)


def test_a_run_asks_for_each_thing_once(
    few_minutes: Feed, network_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counter[str]()
    counted(monkeypatch, counts, CameraPaths, "_search")
    plain = MatchedRows.add

    def add(rows: MatchedRows, trace: Any) -> None:
        with pytest.MonkeyPatch.context() as inner:
            counted(inner, counts, Network, "index_of")
            plain(rows, trace)

    monkeypatch.setattr(MatchedRows, "add", add)
    chain, settings = chain_of(few_minutes, network_cache)
    counted(monkeypatch, counts, shapely, "linestrings")
    run_feed(few_minutes, chain, tmp_path, settings)
    cameras = chain.city.roadside.cameras
    assert 0 < counts["_search"] <= len(set(cameras.segment.tolist()))  # one a segment, at most
    assert counts["linestrings"] == 1  # all lines at once
    assert counts["index_of"] == 0  # the matcher has the indices


def test_a_worker_is_told_no_fix_that_it_gives_nobody(
    few_minutes: Feed, network_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counter[str]()
    chain, settings = chain_of(few_minutes, network_cache)
    for name in ("_matched", "_breaks", "_progress"):
        counted(monkeypatch, counts, answers, name)
    partitions, clocks = Partitions(chain, 1), settings.clocks
    for piece in slices(few_minutes, clocks.lateness_s, clocks.slice_s, skips_silence=True):
        if not piece.is_closing:
            partitions.send(frames_of(piece, "test", chain.city, 1))
    assert counts["_matched"] == 0
    assert counts["_progress"] > 0
    assert counts["_breaks"] < counts["_progress"]  # only where something broke off


def test_a_minute_reads_its_progress_once_and_makes_anew_what_minutes_change_only(
    few_minutes: Feed, network_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counter[str]()
    chain, settings = chain_of(few_minutes, network_cache)
    for of, name in (
        (Pieces, "of"), (StateEstimator, "close_minute"), (Ticks, "at"),
        (fusion, "fixed_features"), (fusion, "fixed_neighbour_features"), (Neighbours, "_over"),
    ):  # fmt: skip
        counted(monkeypatch, counts, of, name)
    run_feed(few_minutes, chain, tmp_path, settings)
    regions, minutes = chain.city.network.region_count, counts["close_minute"]
    assert 0 < counts["of"] <= 3 * minutes + counts["at"]  # settled, belated and provisional pieces
    assert counts["fixed_features"] == counts["fixed_neighbour_features"] == regions
    wanted = [n for n in read_model().features if n.startswith(("down_", "up_", "side_"))]
    fixed = 8 * regions  # four of each side
    assert fixed < counts["_over"] <= fixed + (len(wanted) + 3) * minutes  # some are made of others
