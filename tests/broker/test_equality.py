"""The same feed through broker and Faust and through one process gives equal alerts."""

import pytest

from incidents.records import Alert
from tests.broker.stage_set import StageSet

pytestmark = pytest.mark.broker


def test_the_end_of_a_recording_is_told_as_no_data_gap(undisturbed: list[Alert]) -> None:
    assert any(a.kind == "incident" for a in undisturbed)  # open until the end
    assert not any(e.seen.startswith("data gap") for a in undisturbed for e in a.evidence)


def test_the_alerts_over_the_broker_are_those_of_the_run_and_a_second_replay_adds_none(
    stage_set: StageSet, undisturbed: list[Alert]
) -> None:
    stage_set.start_worker()
    stage_set.play()
    stage_set.play()
    stage_set.wait_decided()
    stage_set.wait(
        lambda: sum(c.repeats for c in stage_set.counts().values() if c.stage == "match") > 500,
        "the second replay",
    )
    assert stage_set.alerts() == undisturbed
    for count in stage_set.counts().values():
        assert count.rows_in == count.rows_used + sum(count.refused.values()), count
        assert count.holes == 0, count
