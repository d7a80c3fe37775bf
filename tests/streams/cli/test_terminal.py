"""Whatever stands in names, comments and values: a terminal only shows it."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner
from rich.table import Table

from incidents.case_records import CaseEvent
from incidents.records import Alert
from streams.cli import main as command_line
from streams.cli.main import cli
from streams.cli.terminal import Screen, echo, harmless, harmless_line
from tests.streams.console.messages import alert

EVIL = "\x1b]52;c;cm0gLXJm\x07\x1b[2J\x9b31m\u202egnol\u2069"
SHOWN = r"\u001b]52;c;cm0gLXJm\u0007\u001b[2J\u009b31m\u202egnol\u2069"
BY_SCREEN = SHOWN.replace(r"\u0007", "")  # rich leaves a bell out by itself


def test_what_commands_a_terminal_is_written_out_and_all_else_is_as_it_was() -> None:
    assert harmless(EVIL) == SHOWN
    assert harmless("北京路 100 m\té\nnext") == "北京路 100 m\té\nnext"
    assert harmless_line("a\nb\tc\r") == r"a\u000ab\u0009c\u000d"


def test_json_with_such_signs_is_the_same_json(capsys: Any) -> None:
    echo(msgspec.json.encode({"comment": EVIL + "\x7f\n"}))
    shown = capsys.readouterr().out
    assert shown.isprintable() or shown.rstrip("\n").isprintable()
    assert json.loads(shown) == {"comment": EVIL + "\x7f\n"}


def test_a_screen_shows_tables_colours_and_no_command_of_others() -> None:
    shown = io.StringIO()
    screen = Screen(
        file=shown, force_terminal=True, width=200, color_system="standard", highlight=False
    )
    table = Table("road")
    table.add_row(EVIL)
    screen.print(table)
    screen.print(f"[bold red]error:[/] {EVIL}")
    text = shown.getvalue()
    assert f"\x1b[1;31merror:\x1b[0m {BY_SCREEN}\n" in text
    assert r"\u001b]52;c" in text.splitlines()[3]
    assert not {"\x07", "\x9b", "\u202e"} & set(text)
    assert "\x1b]" not in text and "\x1b[2J" not in text


def test_following_shows_a_comment_and_a_road_with_escapes_as_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = CaseEvent(
        2, "2026-09-15T23:02:00.000Z", f"li{EVIL}", "comment", command_id="c1",
        comment=f"tow\ntruck{EVIL}",
    )  # fmt: skip
    odd = alert("a1", f"s1{EVIL}", version=2, road_name=f"A{EVIL}\nB", log=[said])

    async def follow(_settings: Any, show: Any, **_: Any) -> None:
        show(msgspec.json.decode(odd, type=Alert))

    monkeypatch.setattr("streams.broker.admin.check_broker", lambda _: None)
    monkeypatch.setattr("streams.broker.alert_stream.follow_alerts", follow)
    for words in ([], ["--json"]):
        done = CliRunner().invoke(cli, ["alerts", "follow", *words])
        assert done.exit_code == 0, done.output
        (line,) = done.output.splitlines()
        assert line.isprintable()
        if not words:
            assert f"comment by li{SHOWN}: tow\\u000atruck{SHOWN}" in line


def test_following_says_the_way_around_and_why_a_version_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    around = CaseEvent(2, "2026-09-15T23:02:00.000Z", "dispatch", "reroute", "600 m in 60 s")
    raised = CaseEvent(3, "2026-09-15T23:03:00.000Z", "clock", "escalate", "not acknowledged")

    async def follow(_settings: Any, show: Any, **_: Any) -> None:
        for log in ([around], [around, raised]):
            told = alert("a1", "s1", detour=["s2"], log=log)
            show(msgspec.json.decode(told, type=Alert))

    monkeypatch.setattr("streams.broker.admin.check_broker", lambda _: None)
    monkeypatch.setattr("streams.broker.alert_stream.follow_alerts", follow)
    first, second = CliRunner().invoke(cli, ["alerts", "follow"]).output.splitlines()
    assert first.endswith("  reroute by dispatch: 600 m in 60 s")
    assert second.endswith("  escalate by clock: not acknowledged  way around: 600 m in 60 s")


def test_an_error_and_a_log_line_are_shown_harmless(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        logging.getLogger("streams.odd").warning("a road %s", EVIL)
        raise click.ClickException(f"no road {EVIL}")

    monkeypatch.setattr("streams.broker.admin.check_broker", failing)
    monkeypatch.setattr("sys.argv", ["clearway", "alerts", "follow"])
    before = logging.getLogRecordFactory()
    try:
        with pytest.raises(SystemExit):
            command_line.main()
    finally:
        logging.setLogRecordFactory(before)
    assert f"error: no road {BY_SCREEN}" in capsys.readouterr().err
    assert caplog.messages == [f"a road {SHOWN}"]


def test_every_command_prints_by_way_of_the_terminal() -> None:
    folder = Path(command_line.__file__).parent
    for file in folder.rglob("*.py"):
        if file.name != "terminal.py":
            text = file.read_text()
            assert "click.echo(" not in text and " Console(" not in text, file
