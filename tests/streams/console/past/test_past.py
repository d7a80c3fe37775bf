"""A minute of the past is what the board showed then, with the alerts as they stood."""

import gzip
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from streams.console.board import Board
from streams.console.past.past import NotStoredError, Past, moment_of
from streams.console.past.records import PastDays, PastMinute
from streams.lake.compacting import compact
from streams.lake.moments import LakeMoments
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert, iso, states_frame
from tests.streams.console.past.lakes import Keeper

NETWORK = draw("A---B---C").network
IDS = list(NETWORK.segment_ids)
SPEEDS = (31.0, 12.0, 8.0, 25.0)


def past_of(lake: Path) -> Past:
    return Past(LakeMoments(lake, NETWORK.name), NETWORK)


def row_of(number: int) -> dict[str, float]:
    return {"speed_kmh": SPEEDS[number], "level": number + 1, "queue_length_m": 10.0 * number}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    keeper = Keeper(tmp_path, NETWORK)
    for number in range(len(SPEEDS)):
        keeper.minute(MINUTE + 60 * number, {one: row_of(number) for one in IDS})
    keeper.alerts([
        alert("a", IDS[0], event_time=iso(MINUTE + 60), severity=2),
        alert("a", IDS[0], version=2, event_time=iso(MINUTE + 150), severity=4,
              state="acknowledged"),
        alert("b", IDS[1], event_time=iso(MINUTE + 170), severity=3),
        alert("a", IDS[0], version=3, state="closed", event_time=iso(MINUTE + 220)),
    ])  # fmt: skip
    keeper.write()
    return tmp_path


def test_a_minute_is_what_the_board_showed_then(lake: Path) -> None:
    board = Board(NETWORK)
    for number in range(3):
        minute = MINUTE + 60 * number
        board.take_states(states_frame(minute, {one: row_of(number) for one in IDS}))
    found = past_of(lake).minute(MINUTE + 120)
    shown = board.states()
    assert found.minute == MINUTE + 120
    assert found.states.states == msgspec.structs.replace(shown.states)
    assert found.states.regions == shown.regions and found.states.segment_ids == []
    assert found.summary == board.segments.summary()
    assert found.areas == board.segments.indices() and found.corridors == []


@pytest.mark.parametrize("is_day", [False, True], ids=["blocks", "a day put together"])
def test_blocks_and_days_give_the_same_minute(lake: Path, is_day: bool) -> None:
    before = past_of(lake).minute(MINUTE + 60)
    if is_day:
        assert compact(lake, every=True)
        assert not list(lake.rglob("part-*"))
    assert past_of(lake).minute(MINUTE + 60) == before
    assert before.states.states.speed_kmh == [12.0] * len(IDS)


def test_alerts_are_the_versions_of_then(lake: Path) -> None:
    past = past_of(lake)

    def stood(number: int) -> list[tuple[str, int, str]]:
        alerts = past.minute(MINUTE + 60 * number).alerts
        return [(one.alert_id, one.version, one.state) for one in alerts]

    assert stood(0) == [("a", 1, "open")], "told as the minute ended"
    assert stood(1) == [("a", 1, "open")]
    assert stood(2) == [("a", 2, "acknowledged"), ("b", 1, "open")], "the gravest first"
    assert stood(3) == [("a", 3, "closed"), ("b", 1, "open")], "over for a few seconds"


def test_what_is_over_for_an_hour_is_not_told(lake: Path) -> None:
    keeper = Keeper(lake, NETWORK, 1)
    keeper.minute(MINUTE + 7200, {one: row_of(0) for one in IDS})
    keeper.write()
    assert [one.alert_id for one in past_of(lake).minute(MINUTE + 7200).alerts] == ["b"]


def test_alerts_of_one_jam_are_joined_as_then(lake: Path) -> None:
    assert past_of(lake).minute(MINUTE + 60).jams == []
    (jam,) = past_of(lake).minute(MINUTE + 120).jams
    assert set(jam.alert_ids) == {"a", "b"}


def test_a_night_of_which_nothing_was_measured_is_shown_all_the_same(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, NETWORK)
    for number, quality in enumerate(("observed", "historic")):
        keeper.minute(MINUTE + 60 * number, {one: {"quality": quality} for one in IDS})
    keeper.write()
    found = past_of(tmp_path).minute(MINUTE + 60)
    assert found.states.states.quality == ["historic"] * len(IDS)
    assert found.summary is not None and found.summary.measured_km == 0.0


def test_days_are_local_with_their_first_and_last_minute(lake: Path) -> None:
    keeper = Keeper(lake, NETWORK, 1)
    midnight = datetime.fromisoformat("2026-09-17T00:00+08:00").timestamp()
    for start in (midnight - 60, midnight):
        keeper.minute(start, {IDS[0]: row_of(0)})
    keeper.write()
    found = past_of(lake).days()
    assert found.why_none is None
    assert [(day.date, day.first, day.last) for day in found.days] == [
        ("2026-09-16", MINUTE, midnight - 60), ("2026-09-17", midnight, midnight),
    ]  # fmt: skip
    assert past_of(lake).minute(midnight).states.states.speed_kmh == [31.0]


def test_without_a_lake_or_without_a_row_it_says_why(tmp_path: Path) -> None:
    for past, word, why in (
        (Past(None, NETWORK), "no_lake", "no lake is configured"),
        (past_of(tmp_path), "empty", "nothing is stored"),
    ):
        assert past.days() == PastDays([], word)
        with pytest.raises(NotStoredError, match=why):
            past.minute(MINUTE)


@pytest.mark.parametrize(
    ("minute", "why"),
    [(MINUTE - 60, "at 2026-09-15T22:59Z: expected a stored minute from 2026-09-15T23:00Z"),
     (MINUTE + 300, "to 2026-09-15T23:03Z"),
     (MINUTE + 12 * 3600, "at 2026-09-16T11:00Z: expected"),
     (0.0, "at 1970-01-01T00:00Z: expected"),
     (7258118400.0 - 60, "at 2199-12-31T23:59Z: expected")],
)  # fmt: skip
def test_a_minute_outside_of_what_is_stored_names_both(lake: Path, minute: float, why: str) -> None:
    with pytest.raises(NotStoredError) as raised:
        past_of(lake).minute(minute)
    assert why in str(raised.value)


def test_a_hole_within_what_is_stored_is_named(lake: Path) -> None:
    keeper = Keeper(lake, NETWORK, 1)
    keeper.minute(MINUTE + 7200, {IDS[0]: row_of(0)})
    keeper.write()
    with pytest.raises(NotStoredError, match="nothing is stored of it"):
        past_of(lake).minute(MINUTE + 3600)
    (day,) = past_of(lake).days().days
    assert day.holes == [(MINUTE + 240, MINUTE + 7140)]


@pytest.mark.parametrize(
    "text",
    [str(MINUTE), "2026-09-15T23:00Z", "2026-09-16T07:00+08:00", "2026-09-16T07:00 08:00",
     "2026-09-15T23:00:00.000Z"],
)  # fmt: skip
def test_a_time_is_told_in_seconds_or_with_its_zone(text: str) -> None:
    assert moment_of(text) == MINUTE


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "at nothing, expected seconds"), ("yesterday", "at yesterday, expected seconds"),
     ("2026-09-16T07:00", "has no time zone"), ("nan", "expected a time from 1970"),
     ("inf", "expected a time from 1970"), ("-60", "expected a time from 1970"),
     ("1e300", "expected a time from 1970"), ("2026-13-16T07:00Z", "expected seconds"),
     ("0001-01-01T00:00+14:00", "expected"), ("\n2026", "expected a stored")],
)  # fmt: skip
def test_what_is_no_time_is_refused_and_named(text: str, why: str) -> None:
    if why == "expected a stored":
        assert moment_of(text) == 2026.0
        return
    with pytest.raises(ValueError, match=why):
        moment_of(text)


def test_a_file_that_cannot_be_used_is_left_out(
    lake: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (states,) = (lake / "segment_states").rglob("part-*")
    bad = states.with_name("part-9-000000000000-0000000000000.parquet")
    bad.write_bytes(b"PAR1 not a table PAR1")
    past = past_of(lake)
    assert past.minute(MINUTE).states.states.speed_kmh == [31.0] * len(IDS)
    past.minute(MINUTE)
    assert [bad.name in line for line in caplog.messages] == [True], "named once"


def test_what_is_sent_can_be_read_as_it_is_described(lake: Path) -> None:
    packed = past_of(lake).packed(MINUTE + 30.0)
    assert msgspec.json.decode(gzip.decompress(packed), type=PastMinute).minute == MINUTE
