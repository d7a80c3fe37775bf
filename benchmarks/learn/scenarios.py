"""Simulates the labelled mornings that the detection of incidents learns from, and is asked.

Four districts of Shanghai by sixteen mornings: four quiet ones, the others with incidents; demand,
probes, detectors and intervals differ. The extract must reach from 121.40 to 121.56 degrees east
and 31.17 to 31.285 north. Needs the extra `sim`; some half a minute a morning. A morning that is
there already is left as it is. Names such as east-3 choose some of them; east-g3 is that morning
with gridlock, a surge and a block instead of its incidents.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.learn.districts import EAST, NORTH, SOUTHWEST
from streams.simulated.make import make_scenario
from streams.simulated.scenario import (
    AreaSettings,
    DemandSettings,
    Kind,
    ReportSettings,
    Scenario,
    SensorSettings,
)

CENTRE = [121.4485, 31.1965, 121.53, 31.2475]


@dataclass(frozen=True)
class District:
    """An area and how much drives there on an ordinary morning."""

    corners: list[float]
    cars_per_minute: float
    taxis: int
    bus_lines: int
    signals_guessed: bool = False


DISTRICTS = {
    "north": District(NORTH, 64.0, 250, 18, signals_guessed=True),
    "southwest": District(SOUTHWEST, 33.0, 150, 12),
    "east": District(EAST, 8.0, 50, 5),
    "centre": District(CENTRE, 36.0, 240, 20),
}
DRAW: dict[Kind, int] = {
    "full_block": 2, "lane_block_slowpass": 2, "lane_block": 1, "stuck_signal": 1,
    "illegal_parking": 1, "bus_breakdown": 1, "slow_zone": 1, "work_zone": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Morning:
    """How a morning differs from an ordinary one."""

    demand: float = 1.0
    probes: float = 1.0
    detector_share: float = 1.0
    interval_s: int = 60
    fix_intervals_s: tuple[int, ...] = (10, 15, 20, 30)
    is_quiet: bool = False
    more: tuple[Kind, ...] = ()


MORNINGS = (
    Morning(is_quiet=True),
    Morning(1.15, 0.6, 0.5, is_quiet=True),
    Morning(),
    Morning(1.15, more=("dark_signal",)),
    Morning(0.75, 1.5, 0.5, 30, (10,)),
    Morning(0.9, 0.5, 1.0, 60, (20, 30), more=("surge",)),
    Morning(1.0, 1.0, 0.1, 60, (5, 10), more=("wrong_way",)),
    Morning(1.05, 1.0, 0.0, 60, (10, 15), more=("surge", "dark_signal")),
)


def scenarios(osm: Path) -> list[Scenario]:
    """Give every morning of every district; names are DISTRICT-NUMBER."""
    return [
        _scenario(osm, name, number, district, morning)
        for name, district in DISTRICTS.items()
        for number, morning in enumerate(2 * MORNINGS)
    ]


def with_loops(scenario: Scenario) -> Scenario:
    """Give a morning with gridlock: 40 minutes, and detectors on half of the streets at least."""
    district, _, number = scenario.name.rpartition("-")
    sensors = scenario.sensors
    return msgspec.structs.replace(
        scenario,
        name=f"{district}-g{number}",
        duration_min=40,
        draw={"gridlock": 3, "surge": 1, "full_block": 1},
        sensors=msgspec.structs.replace(sensors, detector_share=max(0.5, sensors.detector_share)),
    )


def _scenario(osm: Path, name: str, number: int, district: District, morning: Morning) -> Scenario:
    draw = {} if morning.is_quiet else {**DRAW}
    for kind in morning.more:
        draw[kind] = draw.get(kind, 0) + 1
    return Scenario(
        name=f"{name}-{number}",
        area=AreaSettings(str(osm.resolve()), district.corners, district.signals_guessed),
        seed=100 * list(DISTRICTS).index(name) + number + 11,
        start=f"2026-10-{10 + number}T07:00:00+08:00",
        demand=DemandSettings(
            round(district.cars_per_minute * morning.demand, 1),
            round(district.taxis * morning.probes),
            district.bus_lines,
        ),
        sensors=SensorSettings(morning.detector_share, morning.interval_s, morning.fix_intervals_s),
        reports=ReportSettings(0.3, 2.0),
        draw=draw,
    )


def main() -> None:
    """Make what is missing, with what SUMO tells of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("osm", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", help="of mornings (all without those with gridlock)")
    parser.add_argument("--minutes", type=int, default=60, help="how long each is, but gridlock")
    told = parser.parse_args()
    known = {
        scenario.name: msgspec.structs.replace(scenario, duration_min=told.minutes)
        for scenario in scenarios(told.osm)
    }
    looped = {of.name: of for of in map(with_loops, known.values())}
    unknown = sorted(set(told.names) - set(known) - set(looped))
    if unknown:
        raise SystemExit(f"no morning {', '.join(unknown)}; there are {', '.join(known)}")
    for scenario in [(known | looped)[name] for name in told.names or known]:
        feed = told.out / scenario.name
        if (feed / "feed.toml").is_file():
            continue
        summary: dict[str, Any] = make_scenario(scenario, Path(), feed)
        print(summary, flush=True)


if __name__ == "__main__":
    main()
