"""A scenario: what `clearway simulate` is told in one TOML file, with everything checked."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ingest.user_error import UserError

Kind = Literal[
    "full_block", "lane_block", "lane_block_slowpass", "stuck_signal", "dark_signal",
    "illegal_parking", "bus_breakdown", "slow_zone", "work_zone", "wrong_way", "surge",
    "gridlock",
]  # fmt: skip
Minutes = Annotated[float, msgspec.Meta(ge=1, le=1440)]
Moment = Annotated[float, msgspec.Meta(ge=0, le=1440)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=10_000)]
Interval = Annotated[int, msgspec.Meta(ge=1, le=600)]


class AreaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is cut from a map."""

    osm: str
    """An OpenStreetMap extract (.osm or .osm.gz), relative to the scenario's file."""
    corners: list[float]
    """West, south, east and north, or longitude and latitude of each corner. Unit: deg."""
    signals_guessed: bool = False
    """Signals are guessed at large junctions, where the map lacks them."""


class DemandSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much drives."""

    cars_per_minute: Rate = 50.0
    """Private cars that depart. Unit: veh/min."""
    taxis: Count = 150
    """Taxis, all of them probes."""
    bus_lines: Count = 12
    """Bus lines, all buses probes."""
    navigated_share: Share = 0.25
    """Vehicles that look for another way while they drive; the others never do."""


class SensorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What watches the roads."""

    detector_share: Share = 1.0
    """Share of the larger streets that have magnetometers, on each lane."""
    interval_s: Interval = 60
    """Length of a reading. Unit: s."""
    fix_intervals_s: tuple[Interval, ...] = (10, 15, 20, 30)
    """Each probe reports in one of these. Unit: s, multiples of 5."""
    cameras: Count = 80
    """Junctions with electronic police, at most."""
    false_words_per_hour: Rate = 4.0
    """Words of cameras about nothing. Unit: 1/h, the whole area."""
    silent_share: Share = 0.02
    """Detectors that never send."""


class Incident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One incident, at a place or at one that the seed draws."""

    kind: Kind
    start_min: Moment
    """When it begins. Unit: min since the start."""
    duration_min: Minutes
    """How long it lasts. Unit: min."""
    link_id: str | None = None
    """Where: a link of the simulated network; drawn where absent."""
    offset_share: Annotated[float, msgspec.Meta(ge=0.1, le=0.95)] | None = None
    """How far along the link; drawn where absent. Unit: share."""


class ReportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reports from people."""

    share: Share = 0.0
    """Incidents that somebody reports."""
    false_per_hour: Rate = 0.0
    """Reports about nothing. Unit: 1/h."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of a scenario."""

    name: Annotated[str, msgspec.Meta(pattern=r"^\w[\w.-]*$")]
    """Of the feed and its network: letters, digits, dots, dashes."""
    area: AreaSettings
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 1
    """The same seed gives the same feed."""
    start: str = "2026-10-20T07:00:00+08:00"
    """The first moment, ISO 8601 with offset."""
    duration_min: Annotated[int, msgspec.Meta(ge=5, le=1440)] = 60
    """Unit: min."""
    demand: DemandSettings = DemandSettings()
    sensors: SensorSettings = SensorSettings()
    reports: ReportSettings = ReportSettings()
    incidents: list[Incident] = []
    draw: dict[Kind, Count] = {}
    """How many incidents of each kind the seed draws beside those listed."""


def read_scenario(path: Path) -> Scenario:
    """Read a scenario's file.

    Raises UserError that names file, key, value and what was expected.
    """
    try:
        scenario = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8-sig")), Scenario)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: {error}, expected a TOML file in UTF-8") from error
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: {error}") from error
    try:
        is_told = datetime.fromisoformat(scenario.start).tzinfo is not None
    except ValueError:
        is_told = False
    if not is_told:
        raise UserError(
            f"{path}: start is {scenario.start!r}, expected a time such as "
            "2026-10-20T07:00:00+08:00"
        )
    corners = scenario.area.corners
    if len(corners) != 4 and (len(corners) < 6 or len(corners) % 2):
        raise UserError(
            f"{path}: area.corners has {len(corners)} numbers, expected west, south, east and "
            "north, or longitude and latitude of three corners or more"
        )
    if odd := [s for s in scenario.sensors.fix_intervals_s if s % 5]:
        raise UserError(f"{path}: sensors.fix_intervals_s has {odd[0]}, expected multiples of 5 s")
    if not scenario.sensors.fix_intervals_s:
        raise UserError(f"{path}: sensors.fix_intervals_s is empty, expected one or more")
    for number, incident in enumerate(scenario.incidents):
        if incident.start_min >= scenario.duration_min:
            raise UserError(
                f"{path}: incidents[{number}].start_min is {incident.start_min:g}, expected less "
                f"than duration_min, {scenario.duration_min}"
            )
    return scenario
