"""Workers that die: whoever goes on loses nothing and says nothing twice."""

import os
import signal
import time

import pytest

from incidents.records import Alert
from tests.broker.published import by_version, doubled
from tests.broker.stage_set import StageSet

pytestmark = pytest.mark.broker


def test_a_worker_killed_in_the_middle_and_started_again_changes_no_alert(
    stage_set: StageSet, undisturbed: list[Alert]
) -> None:
    first = stage_set.start_worker()
    stage_set.wait_ready()
    stage_set.play()
    stage_set.wait_decided(stage_set.feed.manifest.start + 600.0)
    first.kill()
    first.wait()
    stage_set.start_worker()
    stage_set.wait_decided()
    published = stage_set.alerts()
    assert doubled(published) == {}
    assert by_version(published) == by_version(undisturbed)


def test_a_worker_stopped_in_peace_saves_all_so_that_the_next_reads_nothing_again(
    stage_set: StageSet, undisturbed: list[Alert]
) -> None:
    stage_set.start_worker(save_every_s=3600.0)
    stage_set.wait_ready()
    stage_set.play()
    stage_set.wait_decided()
    assert all(place.next_offset is None for place in stage_set.places())
    stage_set.stop_worker(0)
    places = stage_set.places()
    assert {place.stage for place in places} == {"match", "estimate", "detect"}
    assert [place for place in places if place.next_offset != place.end] == []
    assert by_version(stage_set.alerts()) == by_version(undisturbed)


@pytest.mark.slow
def test_of_two_workers_one_is_killed_and_the_other_takes_over(
    stage_set: StageSet, undisturbed: list[Alert]
) -> None:
    workers = [stage_set.start_worker(), stage_set.start_worker()]
    stage_set.wait_ready()
    stage_set.play()
    stage_set.wait_decided(stage_set.feed.manifest.start + 300.0)
    workers[0].kill()
    stage_set.wait_decided()
    published = stage_set.alerts()
    assert doubled(published) == {}
    assert by_version(published) == by_version(undisturbed)


@pytest.mark.slow
def test_a_broker_that_falls_silent_for_a_while_loses_nothing(
    stage_set: StageSet, undisturbed: list[Alert]
) -> None:
    stage_set.start_worker()
    stage_set.play()
    stage_set.wait_decided(stage_set.feed.manifest.start + 300.0)
    assert stage_set.broker.pid is not None
    os.kill(stage_set.broker.pid, signal.SIGSTOP)
    time.sleep(10.0)  # longer than a session: the worker is thrown out of its group
    os.kill(stage_set.broker.pid, signal.SIGCONT)
    stage_set.wait_decided()
    published = stage_set.alerts()
    assert doubled(published) == {}
    assert by_version(published) == by_version(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["mapmatch.matcher_state.MatcherState",
                                   "congestion.states.estimator._StateEstimatorState",
                                   "incidents.detection._IncidentDetectionState"])  # fmt: skip
def test_a_worker_of_another_version_takes_over_and_changes_no_alert(
    stage_set: StageSet, undisturbed: list[Alert], state: str
) -> None:
    module, name = state.rsplit(".", 1)
    first = stage_set.start_worker()
    stage_set.wait_ready()
    with stage_set.playing(30.0):
        stage_set.wait_decided(stage_set.feed.manifest.start + 300.0)
        first.kill()
        first.wait()
        stage_set.start_worker(prelude=f"from {module} import {name} as S\nS.SCHEMA_VERSION = 99")
    stage_set.wait_decided()
    assert "made again from" in stage_set.log(1)
    published = stage_set.alerts()
    assert doubled(published) == {}
    assert by_version(published) == by_version(undisturbed)
    assert all(count.holes == 0 for count in stage_set.counts().values())
