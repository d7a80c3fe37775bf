"""One TOML file decoded into one frozen tree: every knob of the chain, with its bounds."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from congestion.profile.week import Calendar
from congestion.settings import EstimatorSettings
from incidents.settings import DetectionSettings
from ingest.checks.traces import CleaningSettings
from ingest.time_zone import time_zone
from ingest.user_error import UserError
from mapmatch.matcher_settings import MatcherSettings

Count = Annotated[int, Meta(ge=1, le=4096)]
Seconds = Annotated[float, Meta(gt=0, le=86400)]
Port = Annotated[int, Meta(ge=0, le=65535)]

ENVIRONMENT = {
    "CLEARWAY_BROKER": ("broker", "address"),
    "CLEARWAY_CONSOLE_HOST": ("console", "host"),
    "CLEARWAY_CONSOLE_PORT": ("console", "port"),
}
"""Variables that override the file: addresses only. The one secret, CLEARWAY_PLATE_KEY, is read
where plates are hashed and is never part of the tree."""


RENAMED_SECTIONS = {"detector": "detection"}
"""Sections that older files call otherwise: refused with the name they have now."""


class SettingsError(UserError):
    """A settings file that cannot be read, or a value in it that is out of bounds or unknown."""


class Broker(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is and how long to wait for it: at the start, and when it went away."""

    address: Annotated[str, Meta(pattern=r"^[^\s:,/]+:\d{1,5}(,[^\s:,/]+:\d{1,5})*$")] = (
        "127.0.0.1:9092"
    )
    connect_timeout_s: Seconds = 15.0
    patience_s: Annotated[float, Meta(ge=1, le=86400)] = 120.0
    session_timeout_s: Annotated[float, Meta(ge=1, le=300)] = 6.0
    commit_interval_s: Seconds = 2.0


class Topics(Struct, frozen=True, forbid_unknown_fields=True):
    """How topics are laid out; `partitions` is the parallelism of matching and estimation."""

    prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]*$", max_length=100)] = ""
    partitions: Count = 2
    replication: Annotated[int, Meta(ge=1, le=9)] = 1


class Clocks(Struct, frozen=True, forbid_unknown_fields=True):
    """The event-time rules: how the replay slices, how late a row may come, when minutes close."""

    slice_s: Seconds = 5.0
    lateness_s: Annotated[float, Meta(ge=0, le=3600)] = 10.0
    settle_s: Annotated[float, Meta(ge=0, le=3600)] = 20.0
    idle_after_s: Seconds = 120.0  # wall clock; a silent channel no longer holds the minutes


class Snapshots(Struct, frozen=True, forbid_unknown_fields=True):
    """When a partition's state is written, and in what pieces."""

    every_s: Seconds = 5.0
    every_messages: Annotated[int, Meta(ge=1, le=1_000_000)] = 2000
    chunk_bytes: Annotated[int, Meta(ge=1024, le=8_000_000)] = 512 * 1024


class Console(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the console listens; loopback unless told."""

    host: str = "127.0.0.1"
    port: Port = 8600


class CitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The road network, the folder of detectors.csv, cameras.csv, bus_stops.csv and
    bus_lines.geojson, and the typical week that `clearway profile build` made; without one, what
    is usual starts from the limits. `calendar` names the dates that it takes for days off or for
    workdays whatever their day of the week.
    """

    network: str | None = None
    assets: str | None = None
    profile: str | None = None
    timezone: str | None = None
    """The city's time zone, such as Asia/Shanghai: when its days begin, and in which times the
    console shows what happened. Without one it is that of the feed.toml beside the assets, else
    UTC. Unit: none. Source: the city's own."""
    calendar: Calendar = Calendar()

    def __post_init__(self) -> None:
        if self.timezone is not None:
            time_zone(self.timezone)


class Lake(Struct, frozen=True, forbid_unknown_fields=True):
    """Where states, traversals and alerts are kept as Parquet; nowhere unless told."""

    folder: str | None = None
    every_s: Seconds = 10.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole tree."""

    broker: Broker = Broker()
    topics: Topics = Topics()
    clocks: Clocks = Clocks()
    snapshots: Snapshots = Snapshots()
    console: Console = Console()
    city: CitySettings = CitySettings()
    lake: Lake = Lake()
    cleaner: CleaningSettings = CleaningSettings()
    matcher: MatcherSettings = MatcherSettings()
    estimator: EstimatorSettings = EstimatorSettings()
    detection: DetectionSettings = DetectionSettings()


def load_settings(
    path: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Give the settings in the file (defaults without one), then environment, then overrides.

    Raises SettingsError naming the file and the path of the value at fault.
    """
    tree: dict[str, Any] = {}
    origin = "settings"
    if path is not None:
        origin = str(path)
        try:
            tree = msgspec.toml.decode(path.read_bytes())
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: not TOML: {error}") from error
    for variable, place in ENVIRONMENT.items():
        value = (os.environ if environment is None else environment).get(variable)
        if value:
            _put(tree, place, int(value) if value.isdigit() else value)
            origin = f"{origin} with {variable}"
    for section, values in (overrides or {}).items():
        for key, value in values.items():
            if value is not None:
                _put(tree, (section, key), value)
    for old, new in RENAMED_SECTIONS.items():
        if old in tree:
            raise SettingsError(
                f"{origin}: unknown section `{old}` - at `$.{old}`, it is called `{new}` now"
            )
    try:
        return msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{origin}: {error}{_found(tree, str(error))}") from error


def _found(tree: Any, message: str) -> str:
    """Give what stands at the path that msgspec's message ends with, where it is one value."""
    for key in message.rpartition("`$.")[2].rstrip("`").split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return "" if tree is None or isinstance(tree, dict) else f", found {tree!r}"


def _put(tree: dict[str, Any], place: tuple[str, str], value: Any) -> None:
    section = tree.setdefault(place[0], {})
    if isinstance(section, dict):
        section[place[1]] = value
