"""A stage takes up a whole state or, where any part of it does not fit, nothing at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from streams.recorded.slice_messages import frames_of
from streams.stages.messages import Incoming
from streams.stages.stage import Stage
from tests.streams.chain_parts import chain_of


@pytest.fixture(scope="module")
def stages(few_minutes: Feed, network_cache: Path) -> dict[str, tuple[Stage, bytes]]:
    """Give stages that took the first minutes, and what each remembered half-way."""
    chain, _ = chain_of(few_minutes, network_cache)
    made: dict[str, Stage] = {
        "match": chain.match_stage(0),
        "estimate": chain.estimate_stage(0),
        "detect": chain.detect_stage(),
    }
    reader = {"fixes": "match", "segment-states": "detect"}
    readers = {"progress", "detector-readings", "camera-events", *reader}
    pieces = list(slices(few_minutes))
    saved: dict[str, bytes] = {}
    for number, piece in enumerate(pieces):
        if number == len(pieces) // 2:
            saved = {name: stage.snapshot() for name, stage in made.items()}
        waiting = list(frames_of(piece, "replay", chain.city, 1))
        while waiting:
            out = waiting.pop(0)
            if out.topic in readers:
                stage = made[reader.get(out.topic, "estimate")]
                waiting += stage.take(Incoming(out.topic, 0, 0, out.encode()))
    return {name: (stage, saved[name]) for name, stage in made.items()}


def parts_of(state: Any) -> Iterator[tuple[list[str | int], bytes]]:
    """Give the ways to the snapshots in a decoded state, and these."""
    for key, value in state.items():
        if isinstance(value, bytes):
            if not value.startswith(b"\xff\xff\xff\xff"):  # a table begins so
                yield [key], value
        elif isinstance(value, dict):
            yield from (([key, *way], part) for way, part in parts_of(value))


def with_part(state: dict, way: list[str | int], part: bytes) -> dict:
    """Give a decoded state in which a part is another."""
    key, *on = way
    return state | {key: with_part(state[key], on, part) if on else part}


def broken(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a snapshot broken in every way: by version, field, or length, it or any of its parts."""
    version, state = msgspec.msgpack.decode(data)
    yield "another version", msgspec.msgpack.encode((version + 1, state))
    yield "cut short", data[:-1]
    for name in state:
        less = {key: value for key, value in state.items() if key != name}
        yield f"without {name}", msgspec.msgpack.encode((version, less))
    for way, part in parts_of(state):
        for how, other in broken(part):
            whole = msgspec.msgpack.encode((version, with_part(state, way, other)))
            yield f"{way}: {how}", whole


@pytest.mark.parametrize("name", ["match", "estimate", "detect"])
def test_a_restore_that_fails_leaves_the_stage_as_it_was(
    stages: dict[str, tuple[Stage, bytes]], name: str
) -> None:
    stage, saved = stages[name]
    before = stage.snapshot()
    assert before != saved
    ways = list(broken(saved))
    assert len(ways) > 20
    for how, data in ways:
        with pytest.raises(ValueError):
            stage.restore(data)
        assert stage.snapshot() == before, how


@pytest.mark.parametrize("name", ["match", "estimate", "detect"])
def test_a_stage_that_took_up_a_state_remembers_just_that(
    stages: dict[str, tuple[Stage, bytes]], name: str
) -> None:
    stage, saved = stages[name]
    now = stage.snapshot()
    stage.restore(saved)
    assert stage.snapshot() == saved
    stage.restore(now)
    assert stage.snapshot() == now
