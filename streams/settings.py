"""One TOML file decoded into one frozen tree: every setting of the chain, with its bounds."""

import os
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, Struct

from congestion.profile.calendar import Calendar
from congestion.settings import EstimatorSettings
from incidents.cases.settings import CaseSettings
from incidents.dispatch.settings import DispatchSettings
from incidents.exports.settings import PublisherSettings
from incidents.exports.subscribers import WebhookSettings
from incidents.settings import DetectionSettings
from ingest.checks.cleaning_settings import CleaningSettings
from ingest.recorded.clocks import LATENESS_S, SLICE_S
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


RENAMED = {
    "detector": "detection",
    "detection.lanes.usual_keeps": "usual_left",
    "detection.lanes.full_keeps": "full_left",
    "detection.lanes.unheard_keeps": "silent_left",
    "detection.flow.unheard_keeps": "silent_left",
    "estimator.health.percent": "occupancy_unit",
    "detection.judgement.open_at": "detection.budget.false_alarms_per_hour",
    "detection.judgement.sure_at_open": "detection.budget.false_alarms_per_hour",
    "detection.judgement.sure_share": "detection.budget.false_alarms_per_hour",
}
"""Sections and keys that older files call otherwise: refused with the name they have now."""
_UNKNOWN_KEY = re.compile(
    r"Object contains unknown field `(?P<key>.+?)`(?: - at `\$\.(?P<at>.+)`)?"
)


class SettingsError(UserError):
    """A settings file that cannot be read, or a value in it that is out of bounds or unknown."""


_PORT = r"([1-9]\d{0,3}|[1-5]\d{4}|6([0-4]\d{3}|5([0-4]\d{2}|5([0-2]\d|3[0-5]))))"  # 1 to 65535
_HOST_PORT = rf"[^\s:,/]+:{_PORT}"


class BrokerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is, and how long to wait for it."""

    address: Annotated[
        str,
        Meta(
            pattern=f"^{_HOST_PORT}(,{_HOST_PORT})*$",
            description="HOST:PORT, or several with commas between",
        ),
    ] = "127.0.0.1:9092"
    """Host and port of the Kafka broker, or of several with commas between. Unit: none. Source:
    Kafka's own port, on this machine."""
    connect_timeout_s: Seconds = 15.0
    """A command that finds no broker within this time gives up. Unit: s. Source: chosen, long
    enough for a broker that is just starting."""
    patience_s: Annotated[float, Meta(ge=1, le=86400)] = 120.0
    """A worker, a replay or a subscriber whose broker does not answer for this long ends. Unit: s.
    Source: chosen, long enough for a broker that is started again."""
    session_timeout_s: Annotated[float, Meta(ge=1, le=300)] = 6.0
    """A worker that the broker has not heard of for this long loses its partitions to the others.
    Unit: s. Source: the shortest that a Kafka broker allows unless it is set otherwise."""
    commit_interval_s: Seconds = 2.0
    """The offsets of messages whose state is saved are committed this often. Unit: s. Source:
    chosen, shorter than the time between two saved states."""


class TopicSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How the topics lie on the broker."""

    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]*$", max_length=100,
            description="letters, digits, dots, underscores and hyphens",
        ),
    ] = ""  # fmt: skip
    """Stands before the name of every topic and of the consumer group, so that several cities can
    share a broker. Unit: none. Source: chosen, one city."""
    partitions: Count = 2
    """How many workers can match and estimate side by side; fixed once the topics are made. Unit:
    count. Source: chosen, the smallest number that shows that work is shared."""
    replication: Annotated[int, Meta(ge=1, le=9)] = 1
    """How many brokers hold each message. Unit: count. Source: chosen, for a single broker; with
    three or more set 3."""


class ClockSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of event time: how late a row may come, and when a minute is decided."""

    slice_s: Seconds = SLICE_S
    """A recording is played in pieces of this much arrival time. Unit: s. Source: chosen, half of
    the time between two reports of a taxi."""
    lateness_s: Annotated[float, Meta(ge=0, le=3600)] = LATENESS_S
    """How long after its event time a row may arrive and still be in time. Unit: s. Source: chosen;
    97 of 100 fixes of the simulated recordings arrive within it."""
    settle_s: Annotated[float, Meta(ge=0, le=3600)] = 20.0
    """A minute waits this much longer, so that the matcher can decide the fixes in it by those that
    follow. Unit: s. Source: chosen; three of four vehicles report again within it."""
    tick_s: Annotated[float, Meta(ge=1, le=60)] = 10.0
    """Who stands and what cameras say is judged so often, between the minutes. Unit: s. Source:
    chosen, as often as most probes report."""
    idle_after_s: Seconds = 120.0
    """A source that has sent nothing for this long on the wall clock is no longer waited for. Unit:
    s. Source: chosen, two readings of a detector."""


class SnapshotSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """When the state of a partition is saved on the broker, and in what pieces."""

    every_s: Seconds = 5.0
    """A state is saved this long after the last time, if there is news. Unit: s. Source: chosen: a
    worker that takes over reads so much again."""
    every_messages: Annotated[int, Meta(ge=1, le=1_000_000)] = 2000
    """And at once when this many messages wait to be acknowledged. Unit: count. Source: chosen,
    which bounds what a worker that takes over reads again."""
    bytes_per_s: Annotated[int, Meta(ge=1000, le=1_000_000_000)] = 1_000_000
    """A large state is saved less often, so that a partition writes no more than this; but after
    twelve times `every_s` at the latest. Unit: bytes/s. Source: chosen, a state of 5 MB, that of
    4,000 vehicles, is saved as often as a small one."""
    chunk_bytes: Annotated[int, Meta(ge=1024, le=8_000_000)] = 512 * 1024
    """A state is written in messages of at most this size. Unit: bytes. Source: chosen, half of the
    largest message of a Kafka broker as it comes."""


class ConsoleSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the console listens."""

    host: str = "127.0.0.1"
    """The address on which the console listens. Unit: none. Source: chosen: only this machine, as
    without users the console asks nobody who they are."""
    late_after_s: Seconds = 180.0
    """A map that lies further behind the newest rows is grey, and the page says so. Unit: s.
    Source: chosen, three of its minutes; one is usual."""
    calm_minutes: Annotated[int, Meta(ge=1, le=15)] = 3
    """The map draws the level of so many minutes, so that a road is not red for one minute alone; 1
    draws each minute as it is. Unit: min. Source: chosen; docs/measured.md has what it does."""
    history_minutes: Annotated[int, Meta(ge=10, le=720)] = 120
    """So many minutes of every segment are remembered for the page's charts, at eight bytes each.
    Unit: min. Source: chosen, two hours."""
    vehicle_shown_s: Annotated[float, Meta(ge=10, le=3600)] = 90.0
    """A bus or taxi on the map fades from half of this time on after it was heard of, and is gone
    then. Unit: s of the wall clock. Source: chosen, some reports of a vehicle."""
    port: Port = 8600
    """The port on which the console listens; 0 takes any free one. Unit: none. Source: chosen."""

    users: str | None = None
    """The file of those who may use the console (`clearway users`). Without one everybody on this
    machine is the demo operator, and from elsewhere nobody commands. Unit: none. Source: chosen."""
    user_header: str | None = None
    """The header in which a proxy on this machine says who is logged in; with it the console has no
    login of its own. Unit: none. Source: the proxy's own."""
    audit: str | None = None
    """The file to which a line is added for each login and command; without one it is audit.jsonl
    beside the users. Unit: none. Source: chosen."""


class CitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of the city before the first message. Dates that are not what their day of the
    week suggests stand in `[city.calendar]`."""

    network: str | None = None
    """The road network: an artefact, a GMNS folder or an OpenStreetMap file. Without one a command
    takes --network, or the recording's own. Unit: none. Source: the city's own."""
    assets: str | None = None
    """The folder of detectors.csv, cameras.csv, bus_stops.csv and bus_lines.geojson. Unit: none.
    Source: the city's own."""
    schedule: str | None = None
    """The GeoJSON file of planned works and events; without one it is the schedule.geojson beside
    the assets. Unit: none. Source: the city's own."""
    jurisdictions: str | None = None
    """The GeoPackage or GeoJSON file of the units' polygons; without one no alert is anybody's.
    Unit: none. Source: the city's own."""
    plans: str | None = None
    """The TOML file of response plans; without one none is proposed. Unit: none. Source: the city's
    own."""
    corridors: str | None = None
    """The TOML file of named corridors whose travel times the console shows. Unit: none. Source:
    the city's own."""
    profile: str | None = None
    """The folder that `clearway profile build` made; without one, what is usual starts from the
    speed limits. Unit: none. Source: the city's own."""
    timezone: str | None = None
    """The city's time zone, such as Asia/Shanghai: when its days begin, and in which times the
    console shows what happened. Without one it is that of the feed.toml beside the assets, else
    UTC. Unit: none. Source: the city's own."""
    calendar: Calendar = Calendar()

    def __post_init__(self) -> None:
        if self.timezone is not None:
            time_zone(self.timezone)


class LakeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where states, traversals and alerts are stored as Parquet."""

    folder: str | None = None
    """The folder of the lake; without one nothing is stored. Unit: none. Source: the city's own."""
    every_s: Seconds = 10.0
    """Files under way are written anew this often, so that readers see them. Unit: s. Source:
    chosen, well within a minute."""
    vehicles_days: Annotated[int, Meta(ge=0)] | None = None
    """`clearway lake compact` takes the vehicles out of traversals so many days old. Unit: d.
    Source: the city's rule of privacy."""
    keep_days: Annotated[int, Meta(ge=1)] | None = None
    """`clearway lake compact` removes states and traversals so many days old. Unit: d. Source: the
    city's own."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting of the chain, one section a part."""

    broker: BrokerSettings = BrokerSettings()
    topics: TopicSettings = TopicSettings()
    clocks: ClockSettings = ClockSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    console: ConsoleSettings = ConsoleSettings()
    city: CitySettings = CitySettings()
    lake: LakeSettings = LakeSettings()
    cleaner: CleaningSettings = CleaningSettings()
    matcher: MatcherSettings = MatcherSettings()
    estimator: EstimatorSettings = EstimatorSettings()
    detection: DetectionSettings = DetectionSettings()
    cases: CaseSettings = CaseSettings()
    dispatch: DispatchSettings = DispatchSettings()
    publisher: PublisherSettings = PublisherSettings()
    webhooks: WebhookSettings = WebhookSettings()


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
    for old, new in RENAMED.items():
        if _at(tree, old.split(".")) is not None:
            raise SettingsError(f"{origin}: unknown key - at `$.{old}`, it is called `{new}` now")
    try:
        return msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{origin}: {_explained(tree, str(error))}") from error


def _explained(tree: Any, message: str) -> str:
    """Give msgspec's message with what it lacks: the keys there are, or the value found."""
    unknown = _UNKNOWN_KEY.fullmatch(message)
    if unknown:
        names = _struct_at(unknown["at"].split(".") if unknown["at"] else ()).__struct_fields__
        near = get_close_matches(unknown["key"], names)
        meant = f", did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
        return f"{message}{meant}, expected one of {', '.join(names)}"
    told, _, place = message.rpartition(" - at `$.")
    path = place.rstrip("`").split(".")
    value = _at(tree, path)
    if value is None or isinstance(value, dict):
        return message
    if "matching regex" in told:
        told = f"Expected {_pattern_in_words(path) or told.removeprefix('Expected ')}"
    return f"{told} - at `$.{'.'.join(path)}`, found {value!r}"


def _struct_at(path: Sequence[str]) -> Any:
    struct: Any = Settings
    for key in path:
        struct = next(f.type for f in msgspec.structs.fields(struct) if f.name == key)
    return struct


def _pattern_in_words(path: Sequence[str]) -> str | None:
    """Give what a text with a pattern must be, None where its setting does not say."""
    kinds = (f.type for f in msgspec.structs.fields(_struct_at(path[:-1])) if f.name == path[-1])
    metas = (one for kind in kinds for one in get_args(kind) if isinstance(one, Meta))
    return next((meta.description for meta in metas if meta.description), None)


def _at(tree: Any, path: Sequence[str]) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _put(tree: dict[str, Any], place: tuple[str, str], value: Any) -> None:
    section = tree.setdefault(place[0], {})
    if isinstance(section, dict):
        section[place[1]] = value
