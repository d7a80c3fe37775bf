"""One settings tree: defaults, a file, the environment, and what is refused."""

from pathlib import Path

import pytest

from streams.settings import Settings, SettingsError, load_settings


def test_without_a_file_every_knob_has_its_default() -> None:
    assert load_settings(environment={}) == Settings()


def test_a_file_sets_only_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "clearway.toml"
    path.write_text("[topics]\npartitions = 4\n")
    settings = load_settings(path, environment={})
    assert settings.topics.partitions == 4
    assert settings.clocks == Settings().clocks


def test_the_environment_overrides_addresses(tmp_path: Path) -> None:
    path = tmp_path / "clearway.toml"
    path.write_text('[broker]\naddress = "a:1"\n')
    environment = {"CLEARWAY_BROKER": "b:2", "CLEARWAY_CONSOLE_PORT": "9000"}
    settings = load_settings(path, environment=environment)
    assert settings.broker.address == "b:2"
    assert settings.console.port == 9000


def test_an_option_overrides_the_environment() -> None:
    settings = load_settings(
        environment={"CLEARWAY_BROKER": "b:2"}, overrides={"broker": {"address": "c:3"}}
    )
    assert settings.broker.address == "c:3"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[broker]\nadress = "a:1"\n', "$.broker"),
        ("[topics]\npartitions = 0\n", "$.topics.partitions"),
        ("[clocks]\nlateness_s = -1\n", "$.clocks.lateness_s"),
        ('[broker]\naddress = "nowhere"\n', "$.broker.address"),
        ("[snapshots]\nevery_s = 'often'\n", "$.snapshots.every_s"),
        ("[nonsense]\n", "nonsense"),
    ],
)
def test_an_unknown_or_impossible_value_is_refused_with_its_path(
    tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "clearway.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environment={})
    assert place in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["[broker", "a = ", "\x00"])
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"broken\.toml: not TOML"):
        load_settings(path, environment={})


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load_settings(tmp_path / "missing.toml", environment={})
