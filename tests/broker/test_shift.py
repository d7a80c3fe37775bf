"""A scripted shift on a broker: every alarm comes to its end though the worker is killed twice."""

import time
from collections import Counter

import msgspec
import pytest
from kafka import KafkaProducer

from incidents.case_records import CommandResult
from incidents.cases.case import replay
from incidents.cases.table import LIVE
from incidents.records import seconds
from streams.topics import ALERT_COMMANDS, COMMAND_RESULTS, PATROLS
from tests.broker.published import doubled
from tests.broker.stage_set import StageSet
from tests.shift import Operator

pytestmark = [pytest.mark.broker, pytest.mark.slow]
SPEED = 60.0
PATIENCE_S = 240.0
KILLED_AFTER = (4, 12)
"""A worker is killed when so many commands have been answered. Unit: count."""


def test_a_shift_comes_to_its_end_though_the_worker_is_killed_twice(stage_set: StageSet) -> None:
    operator, kills = Operator(drive_s=1.0, work_s=1.0), list(KILLED_AFTER)
    worker = stage_set.start_worker()
    stage_set.wait_ready()
    producer = KafkaProducer(bootstrap_servers=stage_set.broker.address)

    def answers() -> list[CommandResult]:
        found = stage_set.read(COMMAND_RESULTS)
        return [msgspec.json.decode(value, type=CommandResult) for value in found]

    def go_on() -> None:
        """Look at what is published, say what comes next, and kill the worker in between."""
        nonlocal worker
        operator.see(stage_set.alerts())
        now = max((seconds(case.event_time) for case in operator.cases.values()), default=0.0)
        if now:
            told = [(PATROLS, data) for data in operator.patrols(now)]
            told += [(ALERT_COMMANDS, data) for data in operator.commands(now + 60.0)]
            for topic, data in told:
                producer.send(stage_set.name(topic), data, partition=0).get(timeout=30)
        if kills and len(answers()) >= kills[0]:
            kills.pop(0)
            worker.kill()
            worker.wait()
            worker = stage_set.start_worker()

    with stage_set.playing(SPEED):
        until = time.monotonic() + 40.0
        while time.monotonic() < until:
            go_on()
    stage_set.wait_decided()
    deadline = time.monotonic() + PATIENCE_S
    while any(case.state in LIVE for case in operator.cases.values()):
        go_on()
        assert time.monotonic() < deadline, [c.state for c in operator.cases.values()]
    producer.close()
    published = stage_set.alerts()
    assert kills == [] and len(operator.cases) >= 5
    assert doubled(published) == {}
    given = answers()
    assert {n for n in Counter(a.command_id for a in given).values()} == {1}
    assert {a.answer for a in given} <= {"done", "stale", "impossible"}
    for case in operator.cases.values():
        told = [one.version for one in published if one.alert_id == case.alert_id]
        assert told == [event.version for event in case.log]
        assert replay(case.log, case) == case
