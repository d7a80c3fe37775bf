"""Options that several commands share, and what they come to."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ingest.time_zone import UNKNOWN, time_zone
from ingest.user_error import UserError
from streams.cli.terminal import echo

if TYPE_CHECKING:
    from ingest.recorded.assets import Assets
    from ingest.recorded.feed import Feed
    from streams.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_ROOT = Path(__file__).resolve().parents[2]
# A wheel carries the checkout's folder data beside its packages, under a name of its own.
_INSTALLED_DATA = _ROOT / "clearway_data"
DATA = _INSTALLED_DATA if _INSTALLED_DATA.is_dir() else _ROOT / "data"
SMALL_FEED = DATA / "feeds" / "shanghai-core-small"

config_option = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="TOML file of settings."
)
broker_option = click.option("--broker", metavar="HOST:PORT", help="The Kafka broker.")
network_option = click.option(
    "--network", type=click.Path(path_type=Path),
    help="Network artefact, GMNS folder or OpenStreetMap file [default: the feed's own].",
)  # fmt: skip


class _Speed(click.FloatRange):
    """A multiple of real time: above 0 and finite, which a range does not say of NaN."""

    name = "speed"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        speed = float(super().convert(value, param, ctx))
        if not math.isfinite(speed):
            self.fail(f"{value} is not a finite number", param, ctx)
        return speed


PORT = click.IntRange(0, 65535)
SPEED = _Speed(min=0, min_open=True)


def _zone(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Give the name of a time zone. Raises BadParameter where there is none of that name."""
    try:
        return None if value is None else time_zone(value).key
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


timezone_option = click.option(
    "--timezone", callback=_zone, help="The city's, such as Asia/Shanghai [default: city.timezone]."
)

schedule_option = click.option(
    "--schedule", type=click.Path(path_type=Path),
    help="GeoJSON of planned works and events [default: schedule.geojson beside the assets].",
)  # fmt: skip

json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON for a program.")


class CacheError(UserError):
    """A cache folder that cannot be made."""


def cache_folder() -> Path:
    """Give the folder of built networks: CLEARWAY_CACHE or ~/.cache/clearway, made if it is not.

    Raises CacheError where it cannot be made.
    """
    folder = Path(os.environ.get("CLEARWAY_CACHE") or Path.home() / ".cache" / "clearway")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CacheError(
            f"{folder}: {error.strerror}, built networks are kept there; "
            "name another folder in CLEARWAY_CACHE"
        ) from error
    return folder


def settings_of(path: Path | None, **overrides: dict[str, Any]) -> "Settings":
    """Give the settings of a command: the file, the environment, then its options."""
    from streams.settings import load_settings

    return load_settings(path, overrides=overrides)


def network_of(feed: "Feed", chosen: Path | None, settings: "Settings | None" = None) -> Path:
    """Give the network to use: the option's, else the settings', else the feed's own.

    Raises SettingsError where none is named.
    """
    from streams.settings import SettingsError

    network = network_if_named(feed, chosen, settings)
    if network is None:
        raise SettingsError(f"{feed.folder} names no network: give one with --network")
    return network


def network_if_named(
    feed: "Feed", chosen: Path | None, settings: "Settings | None" = None
) -> Path | None:
    """Give the network of the option, the settings or the feed, the first that names one."""
    named = settings.city.network if settings is not None else None
    return chosen or (Path(named) if named else feed.manifest.network)


def city_timezone(settings: "Settings", find: Callable[[], str | None] = lambda: None) -> str:
    """Give the city's time zone: the settings', else what is found, else UTC, which is said."""
    name = settings.city.timezone or find()
    if name is not None:
        return name
    echo(
        f"no time zone is known, days are those of {UNKNOWN.key}: "
        "give one with --timezone or as city.timezone",
        err=True,
    )
    return UNKNOWN.key


def assets_of(folder: Path | None) -> "Assets":
    """Give the assets of a folder, none without one; in the datum of its feed.toml, if any.

    Raises FeedError.
    """
    from ingest.recorded.assets import Assets, read_assets
    from ingest.recorded.feed import datum_of

    return Assets() if folder is None else read_assets(folder, datum_of(folder))


def with_schedule(assets: "Assets", settings: "Settings") -> "Assets":
    """Give the assets with the schedule that the settings name, if any.

    It is in the datum of the feed.toml beside it. Raises FeedError, also where there is no such
    file.
    """
    from msgspec.structs import replace

    from ingest.recorded.feed import datum_of
    from ingest.recorded.feed_error import FeedError
    from ingest.recorded.schedule import read_schedule

    if settings.city.schedule is None:
        return assets
    path = Path(settings.city.schedule)
    if not path.is_file():
        raise FeedError(path, "a GeoJSON file of works and events", value="no such file")
    schedule = read_schedule(path, datum_of(path.parent))
    return replace(assets, schedule=schedule)


def feed_of(path: Path, *, sums_events: bool = True) -> "Feed":
    """Open a recorded feed; see `open_feed`. Raises FeedError."""
    from ingest.recorded.feed import open_feed

    return open_feed(path, sums_events=sums_events)
