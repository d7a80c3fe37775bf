"""Alerts in a terminal: one line a version, whatever names and ids hold."""

from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from incidents.records import Alert
from streams.cli.main import cli
from tests.streams.console.messages import alert


def test_an_id_in_square_brackets_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = msgspec.json.decode(alert("incident-[/red]-1", "[/red]"), type=Alert)

    async def follow(_settings: Any, show: Any, **_: Any) -> None:
        show(odd)

    monkeypatch.setattr("streams.broker.admin.check_broker", lambda _: None)
    monkeypatch.setattr("streams.broker.alert_stream.follow_alerts", follow)
    done = CliRunner().invoke(cli, ["alerts", "follow"])
    assert done.exit_code == 0, done.output
    assert "incident-[/red]-1" in done.output
    assert "([/red])" in done.output
