"""Every setting is shown with its meaning, in a file that gives the same settings again."""

from pathlib import Path

from click.testing import CliRunner

from streams.cli.main import cli
from streams.settings import Settings, load_settings


def test_what_is_shown_is_a_settings_file_of_the_same_settings(tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli, ["settings", "show"], env={"CLEARWAY_BROKER": ""}).output
    (tmp_path / "all.toml").write_text(shown)
    assert load_settings(tmp_path / "all.toml", {}) == Settings()
    assert "# network =\n" in shown and "Source: Kafka's own port" in " ".join(shown.split("\n# "))


def test_what_a_file_says_is_shown_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_text(
        '[city]\ntimezone = "Asia/Shanghai"\n[city.calendar]\nholidays = [2026-10-01]\n'
    )
    shown = CliRunner().invoke(cli, ["settings", "show", "--config", str(path)]).output
    assert 'timezone = "Asia/Shanghai"\n' in shown and "holidays = [2026-10-01]\n" in shown


def test_each_subscriber_is_shown_under_its_own_name(tmp_path: Path) -> None:
    path, again = tmp_path / "city.toml", tmp_path / "again.toml"
    path.write_text(
        '[webhooks.subscribers."police 2"]\nurl = "https://police.example/"\n'
        'secret_env = "POLICE"\nkinds = ["incident"]\n'
    )
    again.write_text(
        CliRunner().invoke(cli, ["settings", "show", "--config", str(path)], env={}).output
    )
    assert load_settings(again, {}) == load_settings(path, {})
