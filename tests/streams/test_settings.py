"""One settings tree: defaults, a file, the environment, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
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
        ("[nonsense]\n", "`nonsense`, expected one of broker, topics, clocks"),
        ("[broker]\nadress = 'a:1'\n", "expected one of address, connect_timeout_s"),
        ("[city]\ntimezone = 'Mars/Olympus'\n", "'Mars/Olympus', expected a zone such as"),
        ("[matcher]\nlags = 3\n", "unknown field `lags` - at `$.matcher`, did you mean `lag`?"),
        ("[broker]\naddress = 'a'\n", "Expected HOST:PORT, or several with commas between"),
        ("[matcher]\nlag = 51\n", "$.matcher.lag`, found 51"),
        ("[matcher]\nsigma_m = nan\n", "$.matcher.sigma_m"),
        ("[matcher]\nreach_m = inf\n", "$.matcher.reach_m"),
        ("[matcher]\nmin_sigma_m = 40\n", "min_sigma_m 40, expected at most max_sigma_m 30"),
        ("[cleaner]\nskew_s = -1\n", "$.cleaner.skew_s`, found -1"),
        ("[estimator]\nlevel_profile = 'harsh'\n", "'harsh' is none of"),
        ("[estimator.health]\nlost_minutes = 0\n", "$.estimator.health.lost_minutes"),
        ("[detector]\n", "at `$.detector`, it is called `detection` now"),
        (
            "[detection.lanes]\nfull_keeps = 0.5\n",
            "lanes.full_keeps`, it is called `full_left` now",
        ),
        ("[detection.flow]\nunheard_keeps = 0.5\n", "it is called `silent_left` now"),
        ("[estimator.health.percent]\n", "it is called `occupancy_unit` now"),
        ("[detection.judgement]\ncycle_s = 0\n", "$.detection.judgement.cycle_s`, found 0"),
        ("[detection.judgement]\nslow_level = 6\n", "$.detection.judgement.slow_level`, found 6"),
        (
            "[detection.budget]\nfalse_alarms_per_hour = -1.5\n",
            "$.detection.budget.false_alarms_per_hour`, found -1.5",
        ),
        ("[detection.judgement]\nopen_at = 7.0\n", "detection.budget.false_alarms_per_hour"),
        ("[detection.flow]\nusual_minutes = 0\n", "$.detection.flow.usual_minutes"),
        ("[detection.hot_spots]\nclear_length_m = 900\n", "at most open_length_m 250"),
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


def numbers(tree: object, path: str = "$") -> Iterator[tuple[str, object]]:
    """Give the path and type of every number in a settings tree."""
    for field in msgspec.structs.fields(tree):
        value = getattr(tree, field.name)
        if isinstance(value, msgspec.Struct):
            yield from numbers(value, f"{path}.{field.name}")
        elif isinstance(value, int | float):
            yield f"{path}.{field.name}", field.type


def test_every_number_has_both_bounds_so_none_may_be_infinite() -> None:
    found = list(numbers(Settings()))
    assert len(found) > 100
    for path, kind in found:
        meta = msgspec.inspect.type_info(kind)
        assert meta.le is not None, path
        assert meta.ge is not None or meta.gt is not None, path


def test_the_defaults_are_within_their_own_bounds() -> None:
    assert msgspec.convert(msgspec.to_builtins(Settings()), Settings) == Settings()
