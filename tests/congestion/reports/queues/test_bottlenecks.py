"""Bottlenecks: heads of queues, ranked by what they cost."""

from dataclasses import replace
from pathlib import Path

import pytest

from congestion.reports.opened import Rules, segment_sums
from congestion.reports.queues.bottlenecks import delay_by_cause, ranked_bottlenecks
from congestion.reports.records import Told
from tests.congestion.reports.stored_minutes import START, opened_of, write_states
from tests.drawing import draw

# Two roads of three segments, 500 m each.
CITY = draw("A-a>B-b>C-c>D  E-d>F-e>G-f>H", cell_m=125).network
QUEUE = {"c": 5.0, "b": 8.0}
LESS = {"f": 6.0}


def told(cause: str, *segments: str, minutes: int = 60, kind: str = "hotspot") -> Told:
    return Told(cause, kind, cause, frozenset(segments), START, START + 60 * minutes)


def test_the_head_of_a_queue_is_the_bottleneck_and_its_members_pay_for_it(tmp_path: Path) -> None:
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [QUEUE] * 6))
    (found,) = ranked_bottlenecks(opened, []).bottlenecks
    assert (found.rank, found.segment_id, found.extent_m) == (1, "c", 1000)
    assert (found.occurrences, found.minutes) == (1, 6)
    assert found.delay_veh_h == pytest.approx(segment_sums(opened).delay_veh_h.sum(), abs=0.01)


def test_bottlenecks_are_ranked_by_the_delay_in_their_queues(tmp_path: Path) -> None:
    minutes = [QUEUE | LESS] * 6 + [LESS] * 2
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, minutes))
    found = ranked_bottlenecks(opened, []).bottlenecks
    assert [(b.segment_id, b.minutes) for b in found] == [("c", 6), ("f", 8)]
    assert found[0].delay_veh_h > found[1].delay_veh_h


def test_a_queue_of_four_minutes_is_no_bottleneck(tmp_path: Path) -> None:
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [QUEUE] * 4 + [{}] * 20))
    assert ranked_bottlenecks(opened, []).bottlenecks == []


def test_a_bottleneck_is_active_after_the_minutes_that_the_settings_say(tmp_path: Path) -> None:
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [QUEUE] * 4 + [{}] * 20))
    for minutes, count in ((4, 1), (5, 0)):
        ruled = replace(opened, rules=Rules(active_minutes=minutes))
        assert len(ranked_bottlenecks(ruled, []).bottlenecks) == count


def test_a_pause_of_ten_minutes_is_one_occurrence_and_a_longer_one_two(tmp_path: Path) -> None:
    for pause, times in ((10, 1), (11, 2)):
        minutes = [LESS] * 5 + [{}] * pause + [LESS] * 5
        opened = opened_of(CITY, write_states(tmp_path / f"{pause}.parquet", CITY, minutes))
        (found,) = ranked_bottlenecks(opened, []).bottlenecks
        assert (found.occurrences, found.minutes) == (times, 10)


def test_a_queue_has_the_cause_of_the_alert_that_tells_of_it(tmp_path: Path) -> None:
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [QUEUE | LESS] * 10))
    ranked = ranked_bottlenecks(
        opened, [told("signal", "b"), told("incident", "c", minutes=4, kind="incident")]
    )
    first, second = ranked.bottlenecks
    assert first.causes == {"incident": 0.5, "signal": 0.5}  # five of ten minutes, ends included
    assert second.causes == {"no_alert": 1.0}
    lost = delay_by_cause(ranked)
    assert lost["incident"] == pytest.approx(lost["signal"])
    assert sum(lost.values()) == pytest.approx(ranked.queues.delay_veh_h.sum())


def test_heads_that_hand_a_queue_to_and_fro_within_150_m_are_one_bottleneck(tmp_path: Path) -> None:
    road = draw("A-a>B-----b>C-c>D", cell_m=35).network
    minutes = [{"c": 5.0}, {"b": 5.0}] * 6
    opened = opened_of(road, write_states(tmp_path / "s.parquet", road, minutes))
    (found,) = ranked_bottlenecks(opened, []).bottlenecks
    assert (found.segment_id, found.minutes) == ("b", 12)
