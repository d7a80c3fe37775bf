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


def test_following_shows_only_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def one(alert_id: str, **changes: Any) -> Alert:
        return msgspec.json.decode(alert(alert_id, "s1", **changes), type=Alert)

    async def follow(_settings: Any, show: Any, **_: Any) -> None:
        show(one("mine", unit_path=["grid-7", "street-2"]))
        show(one("theirs", unit_path=["grid-8"]))
        show(one("elsewhere", unit_path=["grid-7"], longitude=120.0))
        show(one("other-road", unit_path=["grid-7"], road_name="中山路"))

    monkeypatch.setattr("streams.broker.admin.check_broker", lambda _: None)
    monkeypatch.setattr("streams.broker.alert_stream.follow_alerts", follow)
    words = ["--unit", "grid-7", "--road", "复兴", "--area", "121", "31", "122", "32"]
    done = CliRunner().invoke(cli, ["alerts", "follow", *words])
    assert done.exit_code == 0, done.output
    assert [line.split()[4] for line in done.output.splitlines()] == ["mine"]
    wrong = CliRunner().invoke(cli, ["alerts", "follow", "--area", "31", "121", "32", "122"])
    assert wrong.exit_code == 2 and "expected west, south" in wrong.output


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ((), "2026-09-14T00:03:00.000Z"),
        (("--timezone", "Asia/Shanghai"), "2026-09-14T08:03:00.000+08:00"),
        (("--timezone", "Asia/Shanghai", "--json"), '"event_time":"2026-09-14T00:03:00.000Z"'),
    ],
)
def test_times_are_local_where_a_zone_is_named(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], shown: str
) -> None:
    async def follow(_settings: Any, show: Any, **_: Any) -> None:
        at = "2026-09-14T00:03:00.000Z"
        show(msgspec.json.decode(alert("a", "s1", event_time=at), type=Alert))

    monkeypatch.setattr("streams.broker.admin.check_broker", lambda _: None)
    monkeypatch.setattr("streams.broker.alert_stream.follow_alerts", follow)
    done = CliRunner().invoke(cli, ["alerts", "follow", *options])
    assert done.exit_code == 0, done.output
    assert shown in done.output


def test_a_time_zone_that_there_is_not_is_named() -> None:
    done = CliRunner().invoke(cli, ["alerts", "follow", "--timezone", "Mars/Base"])
    assert done.exit_code == 2 and "Mars/Base" in done.output


def test_following_says_which_versions_were_no_longer_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def one(alert_id: str, version: int, **more: Any) -> Alert:
        return msgspec.json.decode(alert(alert_id, "s1", version=version, **more), type=Alert)

    async def follow(_settings: Any, show: Any, **_: Any) -> None:
        for version in (2, 3, 4, 7):
            show(one("a", version))
        show(one("b", 4))
        show(one("a", 8, state="closed"))

    monkeypatch.setattr("streams.broker.admin.check_broker", lambda _: None)
    monkeypatch.setattr("streams.broker.alert_stream.follow_alerts", follow)

    def words(*options: str) -> list[str]:
        shown = CliRunner().invoke(cli, ["alerts", "follow", *options]).output
        return [line.split("  ")[1].partition(" incident ")[2] for line in shown.splitlines()]

    assert words() == [
        "open a v2 (v1 skipped)", "open a v3", "open a v4", "open a v7 (v5 to v6 skipped)",
        "open b v4 (v1 to v3 skipped)", "closed a v8",
    ]  # fmt: skip
    assert words("--new-only")[0] == "open a v2"  # what was before was not asked for
