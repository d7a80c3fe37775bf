"""Raw records through the ingest stages: what they come to, and what silence of a gateway does."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from incidents.records import Alert
from ingest.frames import Frame, FrameHeader
from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from ingest.refusals import Reason
from streams import topics
from streams.chain import Chain
from streams.recorded.slice_messages import frames_of, raw_of
from streams.stages.ingest import OUTPUTS
from streams.stages.messages import Incoming, Outgoing
from streams.stages.stage import Stage
from streams.topics import RAW
from tests.streams.chain_parts import chain_of


class Pipe:
    """Every stage of one partition; remembers what came out at the far end."""

    def __init__(self, chain: Chain) -> None:
        estimate = chain.estimate_stage(0)
        self.stages: dict[str, Stage] = {kind: chain.ingest_stage(kind)(0) for kind in RAW}
        self.stages[topics.FIXES] = chain.match_stage(0)
        self.stages |= dict.fromkeys(
            (topics.PROGRESS, topics.READINGS, topics.CAMERA_EVENTS), estimate
        )
        self.stages[topics.STATES] = chain.detect_stage()
        self.minutes: list[float] = []
        self.alerts: list[Alert] = []
        self._offsets = dict.fromkeys(self.stages, 0)

    def take(self, messages: Iterable[Outgoing], sent_at: float | None = None) -> None:
        waiting = deque(messages)
        while waiting:
            out = waiting.popleft()
            if out.topic == topics.ALERTS:
                self.alerts.append(msgspec.json.decode(out.encode(), type=Alert))
            elif out.topic in self.stages:
                content = out.content
                is_state = out.topic == topics.STATES
                if is_state and isinstance(content, Frame) and content.batch.num_rows:
                    self.minutes.append(content.header.watermark or 0.0)  # a tick has no rows
                self._offsets[out.topic] += 1
                sent = sent_at if out.topic in RAW else None
                incoming = Incoming(out.topic, 0, self._offsets[out.topic], out.content, sent)
                waiting += self.stages[out.topic].take(incoming)

    def pass_time(self, now: float) -> list[str]:
        silent = []
        for stage in dict.fromkeys(self.stages.values()):
            passed = stage.pass_time(now)
            silent += passed.silent
            self.take(passed.outgoing)
        return silent


@pytest.fixture(scope="module")
def pipes(few_minutes: Feed, network_cache: Path) -> tuple[Pipe, Pipe]:
    """Give the few minutes taken as frames and as raw records, the gateways then silent."""
    chain, _ = chain_of(few_minutes, network_cache)
    frames, raw = Pipe(chain), Pipe(chain)
    for piece in slices(few_minutes):
        frames.take(frames_of(piece, "replay", chain.city, 1))
        raw.take(raw_of(piece, 1))
    for now in range(0, 700, 10):
        raw.pass_time(float(now))
    return frames, raw


def test_no_raw_record_of_a_good_recording_is_refused_or_late(pipes: tuple[Pipe, Pipe]) -> None:
    used = [
        {c.source: (c.rows_in, c.rows_used) for s in pipe.stages.values() for c in s.counts()}
        for pipe in pipes
    ]
    for source in (topics.FIXES, topics.READINGS, topics.CAMERA_EVENTS):
        assert used[0][source] == used[1][source]
    assert used[1][topics.GPS_BUS][0] + used[1][topics.GPS_TAXI][0] == used[1][topics.FIXES][0]


def test_raw_records_and_frames_decide_the_same_minutes_and_alerts(
    pipes: tuple[Pipe, Pipe],
) -> None:
    """Figures may differ by little: a raw topic can only guess how far its gateway has come, and
    the matcher decides a waiting fix by that."""
    frames, raw = pipes
    assert frames.minutes and raw.minutes[: len(frames.minutes)] == frames.minutes
    told = [[(a.alert_id, a.version, a.state) for a in pipe.alerts] for pipe in pipes]
    assert told[1][: len(told[0])] == told[0]


def test_a_silent_gateway_lets_event_time_go_on_at_the_pace_of_the_clock(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, settings = chain_of(few_minutes, network_cache)
    stage, patience = chain.ingest_stage(topics.GPS_TAXI)(0), settings.clocks.idle_after_s
    assert stage.pass_time(0.0) == ([], [])  # nothing heard yet: nothing to promise
    record = {"vehicle_id": "t1", "event_time": "2026-09-15T23:20:00Z", "longitude": 121.5,
              "latitude": 31.2}  # fmt: skip
    message = Incoming(topics.GPS_TAXI, 0, 0, msgspec.json.encode(record))
    stage.take(message)
    stage.take(message)
    (frame,) = stage.take(message)
    assert isinstance(frame.content, Frame)
    heard = frame.content.header.watermark or 0.0
    before = stage.snapshot()
    assert stage.pass_time(1000.0) == ([], [])
    assert stage.pass_time(1000.0 + patience - 1.0) == ([], [])
    silent, (mark,) = stage.pass_time(1000.0 + patience)
    assert silent == ["gateway gps.taxi/0"]
    assert isinstance(mark.content, Frame)
    assert mark.content.header == FrameHeader("ingest/gps.taxi/0", None, heard + patience)
    assert mark.content.batch.num_rows == 0
    assert stage.pass_time(1001.0 + patience).silent == []
    assert stage.snapshot() == before
    stage.take(message)
    assert stage.pass_time(5000.0) == ([], [])


@pytest.mark.parametrize("kind", RAW)
def test_one_record_of_another_year_makes_no_other_late(
    few_minutes: Feed, network_cache: Path, kind: str
) -> None:
    """Time never falls back: were the record believed, nothing its gateway sends would count."""
    chain, _ = chain_of(few_minutes, network_cache)
    plain, mad = Pipe(chain), Pipe(chain)
    heard_count = 0
    for piece in slices(few_minutes):
        for message in raw_of(piece, 1):
            plain.take([message])
            mad.take([message])
            heard_count += message.topic == kind
            if message.topic == kind and heard_count in (1, 5):
                mad.take([_of_another_year(message)])
    assert mad.minutes == plain.minutes and len(plain.minutes) > 3
    counts = [
        {c.source: c for stage in pipe.stages.values() for c in stage.counts()}
        for pipe in (plain, mad)
    ]
    source = OUTPUTS[kind]
    assert counts[1][source].rows_used >= counts[0][source].rows_used
    assert counts[1][source].refused[Reason.BAD_TIME] == 1


def _of_another_year(message: Outgoing) -> Outgoing:
    """Give the message's first record alone, its times moved to 2061, a vehicle's as another's."""
    record = msgspec.json.decode(message.encode())[0]
    if "vehicle_id" in record:
        record["vehicle_id"] = "mad"
    for name in ("event_time", "arrival_time", "interval_start"):
        if name in record:
            record[name] = record[name].replace("2026", "2061")
    return replace(message, content=msgspec.json.encode([record]))


def test_fields_of_a_gateways_own_are_read_past_and_named_once(
    few_minutes: Feed, network_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    stage = chain.ingest_stage(topics.GPS_BUS)(0)
    record = {"vehicle_id": "b1", "event_time": "2026-09-15T23:20:00Z", "longitude": 121.5,
              "latitude": 31.2, "line": {"name": "20"}, "longitude_raw": 1}  # fmt: skip
    for offset in range(2):
        stage.take(Incoming(topics.GPS_BUS, 0, offset, msgspec.json.encode(record)))
    assert stage.counts()[0].rows_used == 2
    told = [record.getMessage() for record in caplog.records]
    assert [words for words in told if "ignored" in words] == [
        "gps.bus: field 'line' is none of this kind's, ignored",
        "gps.bus: field 'longitude_raw' is none of this kind's, ignored",
    ]
