"""A worker tells on the broker which step of its start it is at, before it joins."""

import msgspec
import pytest

from streams.chain import FIRST_START_S
from streams.stages.counts import STARTING, StageCounts
from streams.topics import COUNTS
from tests.broker.stage_set import StageSet

pytestmark = pytest.mark.broker


def test_each_step_of_a_start_is_told_before_the_worker_is_there(stage_set: StageSet) -> None:
    worker = stage_set.start_worker()
    stage_set.wait_ready()
    told = [msgspec.json.decode(value, type=StageCounts) for value in stage_set.read(COUNTS)]
    steps = told[: len(FIRST_START_S)]
    assert {(one.stage, one.partition) for one in steps} == {(STARTING, worker.pid)}
    assert [one.start and one.start.what for one in steps] == list(FIRST_START_S)
    assert [one.start and one.start.number for one in steps] == [1, 2, 3, 4, 5]
    assert all(one.start is None for one in told[len(FIRST_START_S) :])
