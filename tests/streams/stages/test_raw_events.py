"""Detectors' on and off events sent raw: the readings of the recording, and what is refused."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.detector_events import DETECTOR_EVENTS
from ingest.frames import Frame
from ingest.recorded.feed import Feed, open_feed
from ingest.recorded.slices import slices
from ingest.refusals import Reason
from streams import topics
from streams.recorded.replay import replay
from streams.recorded.slice_messages import frames_of, raw_of
from streams.stages.ingest import IngestStage
from streams.stages.messages import Incoming, Outgoing
from tests.streams.chain_parts import chain_of
from tests.streams.stages.test_raw_chain import Pipe

COUNT = 40  # detectors that tell single vehicles


@pytest.fixture(scope="module")
def recording(few_minutes: Feed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the few minutes with on and off events instead of readings."""
    folder = tmp_path_factory.mktemp("events")
    for name in ("feed.toml", "detectors.csv", "cameras.csv"):
        shutil.copyfile(few_minutes.folder / name, folder / name)
    random, rows = np.random.default_rng(7), []
    start, seconds = few_minutes.manifest.start, 480.0
    for detector in few_minutes.assets.detectors[:COUNT]:
        edges = np.cumsum(random.uniform(0.3, 25.0, 200)).reshape(-1, 2)
        for came, left in edges[edges[:, 1] < seconds].tolist():
            rows += [(detector.detector_id, came, True), (detector.detector_id, left, False)]
    kept = [rows[n] for n in random.permutation(len(rows)).tolist() if random.random() < 0.98]
    kept += kept[:20]
    columns = [list(column) for column in zip(*kept, strict=True)]
    columns[1] = [round(1000.0 * (start + second)) for second in columns[1]]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, DETECTOR_EVENTS, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=DETECTOR_EVENTS)
    pq.write_table(table, folder / "magnetometer_events.parquet")
    return folder


@pytest.fixture
def ids(few_minutes: Feed) -> tuple[str, str]:
    """Give two detectors of the city."""
    one, other = few_minutes.assets.detectors[:2]
    return one.detector_id, other.detector_id


@pytest.fixture
def stage(few_minutes: Feed, network_cache: Path) -> IngestStage:
    """Give the ingest stage of magnetometers."""
    return chain_of(few_minutes, network_cache)[0].ingest_stage(topics.MAGNETOMETER)(0)


def readings_in(messages: list[Outgoing]) -> list[tuple[Any, ...]]:
    """Give the rows of the frames, sorted, their speeds (NaN all) left out."""
    frames = [m.content.batch for m in messages if isinstance(m.content, Frame)]
    return sorted(tuple(row.values())[:5] for batch in frames for row in batch.to_pylist())


def take(stage: IngestStage, offset: int, *records: dict[str, Any]) -> list[Outgoing]:
    """Send records as one message."""
    data = msgspec.json.encode(records)
    return stage.take(Incoming(topics.MAGNETOMETER, 0, offset, data))


def event(stage_time: float, detector: str, is_on: bool = True) -> dict[str, Any]:
    return {"detector_id": detector, "event_time": round(1000 * stage_time), "is_on": is_on}


def test_events_sent_raw_give_the_readings_of_the_recording(
    recording: Path, few_minutes: Feed, network_cache: Path
) -> None:
    whole, sent = open_feed(recording), open_feed(recording, sums_events=False)
    assert whole.readings is not None and whole.unused_event_count > 20
    assert sent.readings is None and sent.detector_events is not None
    make = chain_of(few_minutes, network_cache)[0].ingest_stage(topics.MAGNETOMETER)
    stage, out = make(0), []
    for number, piece in enumerate(slices(sent)):
        for message in raw_of(piece, 1):
            assert isinstance(message.content, bytes)
            out += stage.take(Incoming(message.topic, 0, number, message.content))
        if number % 7 == 3:
            saved, stage = stage.snapshot(), make(0)
            stage.restore(saved)
    end = readings_in(out)
    for now in range(0, 300, 2):
        out += stage.pass_time(float(now)).outgoing
    assert len(readings_in(out)) > len(end)
    expected = sorted(tuple(row.values())[:5] for row in whole.readings.to_pylist())
    assert readings_in(out) == expected and len(expected) == 8 * COUNT
    (counts,) = stage.counts()
    assert counts.rows_in == sent.detector_events.num_rows
    assert counts.rows_in == counts.rows_used + sum(counts.refused.values())
    assert set(counts.refused) == {Reason.UNPAIRED, Reason.DUPLICATE}


def single_vehicles(readings: pa.Table) -> pa.Table:
    """Give events that add up to a minute's readings: vehicles at even steps, each as long."""
    rows = []
    for row in readings.to_pylist():
        count, start = row["vehicle_count"], row["interval_start"].timestamp()
        for nth in range(int(count)):
            came = start + 60.0 * (nth + 0.2) / count
            left = came + 0.7 * 60.0 * min(row["occupancy"], 1.0) / count
            rows += [(row["detector_id"], came, True), (row["detector_id"], left, False)]
    rows.sort(key=lambda event: event[1])
    columns = [list(column) for column in zip(*rows, strict=True)]
    columns[1] = [round(1000.0 * time) for time in columns[1]]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, DETECTOR_EVENTS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=DETECTOR_EVENTS)


def test_a_city_of_single_vehicles_decides_the_same_minutes_raw_and_recorded(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "feed"
    shutil.copytree(few_minutes.folder, folder)
    (folder / "magnetometer.parquet").unlink()
    assert few_minutes.readings is not None
    pq.write_table(single_vehicles(few_minutes.readings), folder / "magnetometer_events.parquet")
    whole, sent = open_feed(folder), open_feed(folder, sums_events=False)
    chain, _ = chain_of(few_minutes, network_cache)
    frames, raw = Pipe(chain), Pipe(chain)
    for piece in slices(whole):
        frames.take(frames_of(piece, "replay", chain.city, 1))
    for piece in slices(sent):
        raw.take(raw_of(piece, 1))
    for now in range(0, 700, 10):
        raw.pass_time(float(now))
    counts = [
        next(
            c
            for stage in pipe.stages.values()
            for c in stage.counts()
            if c.source == topics.READINGS
        )
        for pipe in (frames, raw)
    ]
    assert whole.readings is not None and counts[0].rows_used == whole.readings.num_rows
    assert counts[1].rows_used == counts[0].rows_used and not counts[1].refused
    assert raw.minutes[: len(frames.minutes)] == frames.minutes and len(frames.minutes) > 8
    told = [[(a.alert_id, a.version, a.state) for a in pipe.alerts] for pipe in (frames, raw)]
    assert told[1][: len(told[0])] == told[0]


def test_a_replay_of_events_is_raw_or_of_their_readings(recording: Path, few_minutes: Feed) -> None:
    sent = open_feed(recording, sums_events=False)
    with pytest.raises(ValueError, match="feed has detector_events"):
        replay(sent, None, None)  # type: ignore[arg-type]


def test_what_cannot_be_an_event_goes_to_dead_letters_by_name(
    stage: IngestStage, ids: tuple[str, str]
) -> None:
    good, _ = ids
    now = 1_789_515_000.0
    for offset in range(4):
        take(stage, offset, event(now + offset, good, offset % 2 == 0))
    bad = [
        {**event(now, good), "is_on": 1},
        {"detector_id": good, "is_on": True},
        {"detector_id": good, "event_time": "2026-09-15T23:30:00Z"},
        event(now, "nobody"),
        event(now - 10 * 86400.0, good),
        {**event(now, good), "event_time": round(now)},
        event(now, ""),
    ]
    out = take(stage, 9, event(now + 5.0, good), *bad, event(now + 6.0, good, False))
    letters = [msgspec.json.decode(m.encode()) for m in out if m.topic == topics.DEAD_LETTERS]
    assert sorted((x["position"], x["reason"], x["field"]) for x in letters) == [
        (1, "wrong_type", "is_on"), (2, "missing", "event_time"), (3, "missing", "is_on"),
        (4, "unknown_detector", "detector_id"), (5, "bad_time", "event_time"),
        (6, "wrong_time_unit", "event_time"), (7, "missing", "detector_id"),
    ]  # fmt: skip
    (counts,) = stage.counts()
    assert (counts.rows_in, counts.rows_used) == (6 + len(bad), 6)


def test_readings_and_events_may_come_in_one_message(
    stage: IngestStage, ids: tuple[str, str]
) -> None:
    one, other = ids
    start = 1_789_515_000.0
    reading = {"detector_id": other, "interval_s": 60, "vehicle_count": 4, "occupancy": 0.1}
    out: list[Outgoing] = []
    for offset, second in enumerate(range(0, 180, 10)):
        time = start + second
        records = [event(time, one), event(time + 0.5, one, False)]
        if second % 60 == 0:
            records.append({**reading, "interval_start": round(1000 * (time - 60))})
        out += take(stage, offset, *records)
    told = readings_in(out)
    assert [row[0] for row in told].count(other) == 3
    assert [(row[0], row[3]) for row in told if row[0] == one] == [(one, 6), (one, 6)]


def test_one_detector_hours_ahead_makes_no_other_late(
    stage: IngestStage, ids: tuple[str, str]
) -> None:
    good, mad = ids
    start = 1_789_515_000.0
    out: list[Outgoing] = []
    for second in range(0, 300, 5):
        out += take(stage, 2 * second, event(start + second, good, second % 10 == 0))
        out += take(stage, 2 * second + 1, event(start + second + 7200.0, mad, second % 10 == 0))
    assert [row[3] for row in readings_in(out)] == [6, 6, 6, 6]
    (counts,) = stage.counts()
    assert set(counts.refused) == {"clock_skew"} and counts.refused["clock_skew"] > 50


def test_a_gateway_back_after_a_night_is_believed_from_its_first_event_on(
    stage: IngestStage, ids: tuple[str, str]
) -> None:
    good, _ = ids
    start = 1_789_515_000.0
    out: list[Outgoing] = []
    for offset, second in enumerate([*range(0, 120, 5), *range(36_000, 36_120, 5)]):
        out += take(stage, offset, event(start + second, good, second % 10 == 0))
    told = [(row[1].timestamp() - start, row[3]) for row in readings_in(out)]
    assert told[:2] == [(0.0, 6), (60.0, 6)] and told[-1] == (36_000.0, 6)
    assert len(told) == 2 + 5 + 1
    assert not stage.counts()[0].refused
