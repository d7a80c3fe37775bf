"""Commands on a broker: done and answered once, though the worker is killed between them."""

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from incidents.case_records import CommandResult
from streams.cli.alerts import alerts
from streams.topics import ALERT_COMMANDS, COMMAND_RESULTS
from tests.broker.published import doubled
from tests.broker.stage_set import StageSet

pytestmark = pytest.mark.broker


def tell(stage_set: StageSet, action: str, command_id: str, **more: Any) -> None:
    """Send a command."""
    body = {"command_id": command_id, "action": action, "actor": "li", **more}
    stage_set.send(ALERT_COMMANDS, json.dumps(body).encode())


def answers(stage_set: StageSet) -> list[CommandResult]:
    """Give every answer on the topic."""
    found = stage_set.read(COMMAND_RESULTS)
    return [msgspec.json.decode(value, type=CommandResult) for value in found]


def wait_answered(stage_set: StageSet, *command_ids: str) -> None:
    """Wait until these commands have their answers."""
    expected = set(command_ids)
    stage_set.wait(
        lambda: expected <= {a.command_id for a in answers(stage_set)}, f"answers to {expected}"
    )


def terminal(stage_set: StageSet, *arguments: str) -> Result:
    """Give what `clearway alerts` says as JSON."""
    broker = ["--broker", stage_set.broker.address, "--actor", "li", "--json"]
    return CliRunner().invoke(alerts, [*arguments, *broker])


def test_commands_are_done_and_answered_once_though_the_worker_is_killed_between_them(
    stage_set: StageSet,
) -> None:
    first = stage_set.start_worker(save_every_s=3600.0)
    stage_set.wait_ready()
    stage_set.play()
    stage_set.wait_decided(stage_set.feed.manifest.start + 600.0)
    stage_set.wait(lambda: bool(stage_set.alerts()), "an alert")
    alert_id = stage_set.alerts()[0].alert_id
    segment_id = stage_set.alerts()[0].segment_id
    told = terminal(stage_set, "ack", alert_id, "--command-id", "c1")
    assert (told.exit_code, json.loads(told.output)["command_id"]) == (0, "c1"), told.output
    assert terminal(stage_set, "ack", alert_id, "--command-id", "c1").output == told.output
    tell(stage_set, "dispatch", "c2", alert_id=alert_id, patrol_id="p7")
    tell(stage_set, "create", "c3", segment_id=segment_id, cause="work_zone")
    stage_set.send(ALERT_COMMANDS, b"\x00rubbish")
    wait_answered(stage_set, "c1", "c2", "c3")
    first.kill()
    first.wait()
    tell(stage_set, "dispatch", "c2", alert_id=alert_id, patrol_id="p7")
    tell(stage_set, "arrive", "c4", alert_id=alert_id)
    stage_set.start_worker()
    wait_answered(stage_set, "c4")
    stage_set.wait_decided()
    published, given = stage_set.alerts(), answers(stage_set)
    assert doubled(published) == {}
    assert Counter(a.command_id for a in given) == Counter(["c1", "c2", "c3", "c4"])
    assert all(a.is_accepted for a in given), given
    newest = {alert.alert_id: alert for alert in published}
    for alert in newest.values():
        told = [one.version for one in published if one.alert_id == alert.alert_id]
        assert told == [event.version for event in alert.log]
    commanded = [event.command_id for event in newest[alert_id].log if event.command_id]
    assert commanded == ["c1", "c2", "c4"]
    made = next(a.alert_id for a in given if a.command_id == "c3")
    assert newest[made or ""].cause == "work_zone"  # type: ignore[index]
    letters = {letter["source"] for letter in stage_set.dead_letters()}
    assert letters == {ALERT_COMMANDS}
