"""Stages as pure objects: partitions, order, repeats and restarts change no state."""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from ingest.frames import Frame, FrameHeader, encode_frame
from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from streams import topics
from streams.chain import Chain
from streams.recorded.slice_messages import frames_of
from streams.stages.messages import Incoming, Outgoing
from streams.stages.stage import Stage
from tests.streams.chain_parts import chain_of

States = dict[tuple[str, int], bytes]


class Broker:
    """Topic partitions in memory, delivered to stages in an order a seed decides."""

    def __init__(self, chain: Chain, partitions: int, seed: int = 0) -> None:
        self.queues: dict[tuple[str, int], deque[Outgoing]] = {}
        self.states: States = {}
        self.random = random.Random(seed)
        self.stages: dict[tuple[str, int], Stage] = {}
        self.make: dict[tuple[str, int], Callable[[], Stage]] = {}
        for number in range(partitions):
            self.make["match", number] = lambda n=number: chain.match_stage(n)
            self.make["estimate", number] = lambda n=number: chain.estimate_stage(n)
        self.stages = {key: make() for key, make in self.make.items()}

    def publish(self, messages: Iterable[Outgoing]) -> None:
        for message in messages:
            if message.topic == topics.STATES:
                assert isinstance(message.content, Frame)
                header = message.content.header
                assert header.sequence is not None
                key = (header.channel, header.sequence)
                states = encode_frame(message.content.batch, FrameHeader())
                assert self.states.setdefault(key, states) == states
            else:
                place = (message.topic, message.partition)
                self.queues.setdefault(place, deque()).append(message)

    def deliver(self) -> None:
        """Deliver everything, topic partitions taking turns at random."""
        while waiting := [place for place, queue in self.queues.items() if queue]:
            place = self.random.choice(sorted(waiting))
            message = self.queues[place].popleft()
            stage = self.stage_of(*place)
            if stage is not None:
                self.publish(stage.take(Incoming(*place, 0, message.encode())))

    def stage_of(self, topic: str, partition: int) -> Stage | None:
        name = {topics.FIXES: "match"}.get(topic, "estimate")
        if topic in (topics.TRAVERSALS, topics.DEAD_LETTERS):
            return None
        return self.stages[name, partition]

    def restart(self) -> None:
        """Replace every stage by one that took up its snapshot."""
        for key, make in self.make.items():
            heir = make()
            heir.restore(self.stages[key].snapshot())
            self.stages[key] = heir


def published(feed: Feed, chain: Chain, partitions: int) -> list[Outgoing]:
    return [
        frame
        for piece in slices(feed)
        for frame in frames_of(piece, "replay", chain.city, partitions)
    ]


@pytest.fixture(scope="module")
def expected(few_minutes: Feed, network_cache: Path) -> States:
    """Give the states of one partition, everything delivered as it is published."""
    chain, _ = chain_of(few_minutes, network_cache, 1)
    broker = Broker(chain, 1)
    for message in published(few_minutes, chain, 1):
        broker.publish([message])
        broker.deliver()
    assert broker.states
    return broker.states


@pytest.mark.parametrize("seed", [1, 2])
def test_partitions_and_the_order_of_topics_change_no_state(
    few_minutes: Feed, network_cache: Path, expected: States, seed: int
) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 2)
    broker = Broker(chain, 2, seed)
    broker.publish(published(few_minutes, chain, 2))
    broker.deliver()
    assert broker.states == expected


def test_no_progress_goes_to_partitions_without_a_region(
    few_minutes: Feed, network_cache: Path, expected: States
) -> None:
    regions = open_regions(few_minutes, network_cache)
    chain, _ = chain_of(few_minutes, network_cache, regions + 2)
    broker = Broker(chain, regions + 2)
    told: set[tuple[str, int]] = set()
    for message in published(few_minutes, chain, regions + 2):
        broker.publish([message])
        told |= broker.queues.keys()
        broker.deliver()
    assert broker.states == expected
    assert {number for topic, number in told if topic == topics.PROGRESS} == set(range(regions))
    idle = broker.stages["estimate", regions + 1]
    assert idle.counts()[0].watermark is not None  # what else it is sent moves its time


def open_regions(feed: Feed, network_cache: Path) -> int:
    chain, _ = chain_of(feed, network_cache)
    return chain.city.network.region_count


def test_messages_delivered_twice_and_stages_restarted_change_no_state(
    few_minutes: Feed, network_cache: Path, expected: States
) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 2)
    broker = Broker(chain, 2)
    messages = published(few_minutes, chain, 2)
    block = len(messages) // 6
    for start in range(0, len(messages), block):
        broker.publish(messages[max(0, start - block // 2) : start + block])
        broker.deliver()
        broker.restart()
    assert broker.states == expected
    assert sum(count.repeats for s in broker.stages.values() for count in s.counts()) > 0


def test_open_fixes_are_told_with_the_frames_that_finish_a_minute_and_once(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, settings = chain_of(few_minutes, network_cache)
    stage, promised, told = chain.match_stage(0), None, []
    driven: dict[str, float] = {}  # until when each vehicle's driving is settled
    settle_s = settings.clocks.settle_s
    for message in published(few_minutes, chain, 1):
        if message.topic != topics.FIXES:
            continue
        out = stage.take(Incoming(topics.FIXES, 0, 0, message.encode()))
        frame = next(m.content for m in out if m.topic == topics.PROGRESS)
        assert isinstance(frame, Frame)
        now = frame.header.watermark
        ends = promised is not None and (now - settle_s) // 60 > (promised - settle_s) // 60
        rows = frame.batch.to_pylist()
        for r in rows:
            if not r["is_provisional"]:
                driven[r["vehicle_id"]] = r["exit_time"]
        still_open = [r for r in rows if r["is_provisional"]]
        assert ends or not still_open
        assert all(r["enter_time"] >= driven.get(r["vehicle_id"], 0.0) for r in still_open)
        told += [len(still_open)] if ends else []
        promised = now
    assert sum(told) > 100 and told.count(0) <= 1 < len(told)
    assert not any(m.content.batch["is_provisional"].to_pylist() for m in stage.finish()[:1])


def test_a_snapshot_of_another_version_is_refused(few_minutes: Feed, network_cache: Path) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    for stage in (chain.match_stage(0), chain.estimate_stage(0), chain.detect_stage()):
        with pytest.raises(ValueError, match="StageState: schema version 99"):
            stage.restore(b"\x92\x63\x80")


def test_readings_behind_what_their_channel_promised_are_refused_as_late(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    stage = chain.estimate_stage(0)
    readings = next(p.readings for p in slices(few_minutes) if p.readings.num_rows)
    promise = few_minutes.manifest.end
    for sequence, batch in enumerate([readings.slice(0, 0), readings]):
        header = FrameHeader("gateway", sequence, promise)
        stage.take(Incoming(topics.READINGS, 0, sequence, Frame(header, batch)))
    count = next(c for c in stage.counts() if c.source == topics.READINGS)
    assert count.refused == {"late": readings.num_rows}
    assert (count.rows_in, count.rows_used) == (readings.num_rows, 0)
    heir = chain.estimate_stage(0)
    heir.restore(stage.snapshot())
    assert heir.counts() == stage.counts()


def test_readings_and_camera_events_sent_twice_change_no_state_and_are_counted(
    few_minutes: Feed, network_cache: Path, expected: States
) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 1)
    twice = replace(
        few_minutes,
        readings=pa.concat_tables([few_minutes.readings] * 2),
        camera_events=pa.concat_tables([few_minutes.camera_events] * 2),
    )
    broker = Broker(chain, 1)
    for message in published(twice, chain, 1):
        broker.publish([message])
        broker.deliver()
    assert broker.states == expected
    counts = {c.source: c for stage in broker.stages.values() for c in stage.counts()}
    for source in (topics.READINGS, topics.CAMERA_EVENTS):
        once = counts[source].rows_in // 2
        assert counts[source].refused == {"duplicate": once}
        assert counts[source].rows_used == once > 0


def test_what_a_frame_sends_to_dead_letters_is_counted_on_from_frame_to_frame(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    stage = chain.estimate_stage(0)
    readings = next(p.readings for p in slices(few_minutes) if p.readings.num_rows).slice(0, 3)
    unknown = readings.set_column(0, readings.schema.field(0), pa.array(["x", "y", "z"]))
    letters = []
    for sequence, rows in enumerate((unknown, unknown.slice(0, 1))):
        header = FrameHeader("gateway", sequence, None)
        letters += stage.take(Incoming(topics.READINGS, 0, sequence, Frame(header, rows)))
    count = next(c for c in stage.counts() if c.source == topics.READINGS)
    assert count.refused == {"unknown_detector": 4}
    assert count.dead_letters == len(letters) == 4
