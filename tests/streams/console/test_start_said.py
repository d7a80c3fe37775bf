"""What the board says of a first start, before a worker has joined."""

import msgspec

from streams.console.board import Board
from streams.stages.counts import STARTING, StageCounts, StartStep
from tests.drawing import draw
from tests.streams.console.messages import counts


def test_a_first_start_says_its_step_until_a_worker_has_joined():
    now = [1000.0]
    one = Board(draw("A---B").network, "UTC", clock=lambda: now[0])
    for pid, number in ((7, 1), (8, 1), (7, 2)):
        step = StartStep("kernels of matching", number, 4, 55, 62)
        one.take_counts(msgspec.json.encode(StageCounts(STARTING, pid, start=step)))
    now[0] += 100.0
    health = one.health()
    assert (health.status, health.start) == ("waiting", step)
    assert health.detail == (
        "Waiting for the workers: kernels of matching, step 2 of 4, about 55 s at a first start."
    )
    one.take_counts(counts("", None, 0, stage="worker", partition=7))
    assert one.health().start is None
