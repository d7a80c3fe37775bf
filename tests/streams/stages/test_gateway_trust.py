"""A gateway whose clock is hours off: named, refused, the others go on, taken back when right."""

from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from streams import topics
from streams.recorded.slice_messages import raw_of
from streams.stages.counts import StageCounts
from streams.stages.messages import Outgoing
from tests.streams.chain_parts import chain_of
from tests.streams.stages.test_raw_chain import Pipe

HOUR = 3600.0
OFF_S = 150.0  # from the recording's start on
PACE = 15.0
PLAYED_AT = 1_795_000_000.0  # two months later


def play(
    feed: Feed, cache: Path, kind: str, hours: float, *, late: str = "", is_live: bool = False
) -> tuple[Pipe, dict[tuple[str, str], StageCounts]]:
    """Give the pipe after the recording, one kind's times moved at first, another's begun late.

    Live, a message is sent when it says; else at PACE times that, later.
    """
    chain, _ = chain_of(feed, cache)
    pipe = Pipe(chain)
    start = feed.manifest.start
    for piece in slices(feed):
        elapsed = piece.arrival_end - start
        sent_at = piece.arrival_end if is_live else PLAYED_AT + elapsed / PACE
        for message in raw_of(piece, 1):
            if message.topic == late and elapsed < 60.0:
                continue
            if message.topic == kind and elapsed < OFF_S:
                message = moved(message, hours)
            pipe.take([message], sent_at)
        pipe.pass_time(elapsed / PACE)
    for now in range(0, 700, 10):
        pipe.pass_time(100.0 + now)
    counts = [c for stage in dict.fromkeys(pipe.stages.values()) for c in stage.counts()]
    return pipe, {(c.stage, c.source): c for c in counts}


def moved(message: Outgoing, hours: float) -> Outgoing:
    records = msgspec.json.decode(message.encode())
    for record in records:
        for name in ("event_time", "arrival_time", "interval_start"):
            if name in record:
                time = datetime.fromisoformat(record[name])
                record[name] = round(1000 * (time.timestamp() + hours * HOUR))
    return Outgoing(message.topic, message.partition, msgspec.json.encode(records))


@pytest.fixture(scope="module")
def undisturbed(few_minutes: Feed, network_cache: Path):
    return play(few_minutes, network_cache, "", 0.0)


def used(counts: dict[tuple[str, str], StageCounts]) -> dict[tuple[str, str], int]:
    return {key: count.rows_used for key, count in counts.items()}


@pytest.mark.parametrize(
    ("kind", "hours", "late", "is_live"),
    [
        (topics.GPS_BUS, 8.0, topics.GPS_TAXI, False),
        (topics.GPS_BUS, 8.0, topics.GPS_BUS, False),
        (topics.GPS_BUS, 8.0, topics.GPS_TAXI, True),
        (topics.GPS_BUS, -8.0, topics.GPS_TAXI, False),
        (topics.GPS_TAXI, -8.0, "", True),
        (topics.MAGNETOMETER, 8.0, "", False),
        (topics.CAMERA, 8.0, "", False),
        (topics.MAGNETOMETER, -8.0, "", True),
    ],
)
def test_a_gateway_hours_off_costs_only_its_own_rows_while_it_is(
    few_minutes: Feed, network_cache: Path, undisturbed, caplog: pytest.LogCaptureFixture,
    kind: str, hours: float, late: str, is_live: bool,
) -> None:  # fmt: skip
    pipe, counts = play(few_minutes, network_cache, kind, hours, late=late, is_live=is_live)
    usual, usual_counts = undisturbed
    refused = counts["ingest", kind].refused
    assert refused["clock_skew"] > 0 and set(refused) <= {"clock_skew", "unknown_camera"}
    for other in (topics.GPS_BUS, topics.GPS_TAXI, topics.MAGNETOMETER, topics.CAMERA):
        if other not in (kind, late):
            assert used(counts)["ingest", other] == used(usual_counts)["ingest", other]
    assert "late" not in counts["match", topics.FIXES].refused
    assert pipe.minutes[-1] == usual.minutes[-1]
    said = [r.getMessage() for r in caplog.records if "its times" in r.getMessage()]
    assert len(said) == 2 and all(words.startswith(f"{kind}/0: ") for words in said)
    side = "ahead of" if hours > 0 else "behind"
    assert f"are 8.0 h {side} those of" in said[0] and "agree again" in said[1]
    assert counts["ingest", kind].clock_off_s is None


def test_all_gateways_hours_ahead_are_a_recording_of_that_time(
    few_minutes: Feed, network_cache: Path, undisturbed
) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    pipe = Pipe(chain)
    for piece in slices(few_minutes):
        for message in raw_of(piece, 1):
            pipe.take([moved(message, 8.0)], piece.arrival_end)
    counts = [c for stage in dict.fromkeys(pipe.stages.values()) for c in stage.counts()]
    found = {(c.stage, c.source): c.rows_used for c in counts}
    for kind in (topics.GPS_BUS, topics.GPS_TAXI, topics.MAGNETOMETER, topics.CAMERA):
        assert found["ingest", kind] == used(undisturbed[1])["ingest", kind]


def test_a_gateway_not_believed_is_counted_and_remembered(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    pipe = Pipe(chain)
    for piece in slices(few_minutes):
        if piece.index == 40:
            break
        for message in raw_of(piece, 1):
            message = moved(message, 8.0) if message.topic == topics.GPS_BUS else message
            pipe.take([message], piece.arrival_end)
    stage = pipe.stages[topics.GPS_BUS]
    (counts,) = stage.counts()
    assert counts.clock_off_s == pytest.approx(8 * HOUR, abs=60.0)
    again = chain_of(few_minutes, network_cache)[0].ingest_stage(topics.GPS_BUS)(0)
    again.restore(stage.snapshot())
    assert again.counts() == [counts]
