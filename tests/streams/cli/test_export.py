"""`clearway alerts export`: published cases of a run, or of now, as a file."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from incidents.exports.formats import FORMATS
from streams.cli.interchange.export import NAMES
from streams.cli.main import cli
from tests.incidents.exports.cases import NETWORK, case


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a run with two versions of a published case and one that is not published."""
    versions = [
        case("shown", version=3, is_published=False),
        case("shown"),
        case("hidden", is_published=False),
    ]
    lines = b"\n".join(msgspec.json.encode(one) for one in versions)
    (tmp_path / "alerts.jsonl").write_bytes(lines)
    monkeypatch.setattr("mapmatch.building.build.network_for", lambda *_: NETWORK)
    return tmp_path


def export(*arguments: Any) -> Any:
    words = ["alerts", "export", *map(str, arguments), "--network", "drawn"]
    return CliRunner().invoke(cli, words)


def test_the_command_knows_every_form() -> None:
    assert tuple(FORMATS) == NAMES


def test_of_a_run_the_newest_published_versions_are_written(run_folder: Path) -> None:
    out = run_folder / "public.geojson"
    done = export(run_folder, "--format", "geojson", "--out", out)
    assert done.exit_code == 0 and "1 of 2 alerts are published" in done.stderr
    features = json.loads(out.read_bytes())["features"]
    assert [feature["id"] for feature in features] == ["shown"]


def test_one_cap_message_is_printed_by_its_id(run_folder: Path) -> None:
    done = export(run_folder, "--format", "cap", "--alert", "shown")
    assert done.exit_code == 0 and "<identifier>shown.4</identifier>" in done.stdout
    refused = export(run_folder, "--format", "cap", "--alert", "hidden")
    assert refused.exit_code != 0 and "no published alert has this id" in str(refused.exception)
    assert export(run_folder, "--format", "iris", "--alert", "shown").exit_code == 2


def test_of_now_the_newest_versions_on_the_topic_are_written(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def follow(_settings: Any, show: Any, **_: Any) -> None:
        show(case("shown"))
        show(case("shown", version=5, is_published=False))
        show(case("other"))

    monkeypatch.setattr("streams.broker.admin.check_broker", lambda _: None)
    monkeypatch.setattr("streams.broker.alert_stream.follow_alerts", follow)
    done = export("live", "--format", "iris")
    assert done.exit_code == 0 and done.stdout.startswith("other,HAZARD,")


def test_a_broken_line_is_named(run_folder: Path) -> None:
    (run_folder / "alerts.jsonl").write_text('{"alert_id": 5}\n')
    done = export(run_folder, "--format", "iris")
    assert done.exit_code != 0 and "alerts.jsonl: line 1" in str(done.exception)
    nothing = export(run_folder / "nowhere", "--format", "iris")
    assert nothing.exit_code != 0 and "expected a run or `live`" in str(nothing.exception)
