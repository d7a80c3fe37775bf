"""What is found in districts that no rule of detection was made on?

Makes, where they are missing, mornings of three districts of Shanghai around shanghai-core and of
Porto Alegre, by `streams.simulated`: quiet ones, and ones with full blocks, lanes passed slowly,
stuck signals, illegal parking and buses that broke down, at different demand, detectors and probes.
Runs the shipped detection over each, without history, beside the same judge on true minutes and
alarms at random. Nothing at all was learnt or chosen on Porto Alegre; the rates of alarms and the
speed model were learnt on other mornings of the three districts of Shanghai.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.incidents.oracle import oracle_of
from benchmarks.incidents.recording import Recording, record
from benchmarks.learn.districts import EAST, NORTH, SOUTHWEST
from benchmarks.recordings import district_of
from benchmarks.result import write_result
from incidents.alerts.budget import LEAST_SEGMENTS, PER_SEGMENTS
from incidents.scoring.incidents import IncidentScore
from incidents.settings import DetectionSettings
from streams.simulated.make import make_scenario
from streams.simulated.scenario import (
    AreaSettings,
    DemandSettings,
    Kind,
    Scenario,
    SensorSettings,
)

PORTO = [-51.232, -30.047, -51.19, -30.02]
MINUTES = 55
DRAW: dict[Kind, int] = {
    "full_block": 4, "lane_block_slowpass": 3, "stuck_signal": 2, "illegal_parking": 1,
    "bus_breakdown": 1, "lane_block": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Morning:
    """A morning of a district: cars a minute, taxis, detectors and probes; which seed; is it quiet.

    Names are DISTRICT-NUMBER.
    """

    name: str
    corners: list[float]
    cars_per_minute: float
    taxis: int
    bus_lines: int
    detector_share: float
    fix_intervals_s: tuple[int, ...]
    seed: int
    day: int
    interval_s: int = 60
    is_quiet: bool = False


MORNINGS = (
    Morning("southwest-50", SOUTHWEST, 33.0, 100, 12, 0.6, (10, 15), 5100, 2, is_quiet=True),
    Morning("southwest-51", SOUTHWEST, 33.0, 150, 12, 0.5, (10, 15), 5101, 3),
    Morning("southwest-52", SOUTHWEST, 37.95, 60, 12, 0.8, (10, 20, 30), 5102, 4),
    Morning("north-50", NORTH, 64.0, 200, 18, 0.6, (10,), 5200, 2, is_quiet=True),
    Morning("north-51", NORTH, 64.0, 250, 18, 0.3, (10,), 5201, 3),
    Morning("north-52", NORTH, 54.4, 100, 18, 0.9, (10, 30), 5202, 4),
    Morning("east-50", EAST, 8.8, 50, 5, 0.5, (10,), 5300, 2, is_quiet=True),
    Morning("east-51", EAST, 8.0, 60, 5, 0.1, (10,), 5301, 3),
    Morning("east-52", EAST, 9.6, 40, 5, 1.0, (5, 10), 5302, 4, interval_s=30),
    Morning("porto-60", PORTO, 25.0, 100, 8, 0.6, (10, 15), 6200, 2, is_quiet=True),
    Morning("porto-61", PORTO, 35.0, 120, 8, 0.3, (10, 15), 6201, 3),
    Morning("porto-62", PORTO, 49.5, 60, 8, 0.9, (10, 30), 6202, 4),
)


def scenario_of(morning: Morning, shanghai: Path, porto: Path) -> Scenario:
    """Give the scenario of a morning."""
    district = district_of(morning.name)
    counts = {kind: max(1, n // 2) if district == "east" else n for kind, n in DRAW.items()}
    osm = porto if district == "porto" else shanghai
    return Scenario(
        name=morning.name,
        area=AreaSettings(str(osm.resolve()), morning.corners, district == "north"),
        seed=morning.seed,
        start=f"2026-11-{morning.day:02d}T07:00:00+08:00",
        duration_min=MINUTES,
        demand=DemandSettings(morning.cars_per_minute, morning.taxis, morning.bus_lines),
        sensors=SensorSettings(morning.detector_share, morning.interval_s, morning.fix_intervals_s),
        draw={} if morning.is_quiet else counts,
    )


def strictly_visible(recording: Recording) -> set[str]:
    """Give the incidents that halve the mean speed of a road with a vehicle a minute or more."""
    truth = (recording.folder / "truth" / "incidents.json").read_bytes()
    rows = msgspec.json.decode(truth, type=list[dict[str, Any]])
    return {row["incident_id"] for row in rows if row["visible_strictly"]}


def rows(recordings: Sequence[Recording]) -> list[dict[str, Any]]:
    """Give a line a morning: what is found, by the oracle, and by chance."""
    found: list[dict[str, Any]] = []
    for one in recordings:
        visible = strictly_visible(one)
        score = one.score(one.alerts(DetectionSettings()))
        truly = oracle_of(one)
        oracle = truly.score(truly.alerts(DetectionSettings())).real
        real = score.real
        found.append(
            {
                "feed": one.name,
                "segments": one.network.segment_count,
                "strictly_visible": len(visible),
                "found": _of(real, visible),
                "by_oracle": _of(oracle, visible),
                "all_found": real.hit_count,
                "incidents": real.incident_count,
                "all_by_chance": round(score.chance.hit_count, 2),
                "false": real.false_alarm_count,
                "false_by_oracle": oracle.false_alarm_count,
                "hours": round(one.hours, 2),
                "median_minutes": _median([h.time_to_detect_s / 60.0 for h in real.hits]),
                "place_error_m": _median([h.place_error_m for h in real.hits]),
                "cause_right": sum(hit.is_cause_right for hit in real.hits),
            }
        )
        print(found[-1], flush=True)
    return found


def by_district(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a line a district, and the false alarms an hour of PER_SEGMENTS segments."""
    summed = (
        "strictly_visible", "found", "by_oracle", "all_found", "incidents", "all_by_chance",
        "false", "false_by_oracle", "cause_right",
    )  # fmt: skip
    told = []
    for district in dict.fromkeys(district_of(line["feed"]) for line in lines):
        of = [line for line in lines if district_of(line["feed"]) == district]
        size = sum(x["hours"] * max(x["segments"], LEAST_SEGMENTS) / PER_SEGMENTS for x in of)
        sums = {name: round(sum(line[name] for line in of), 2) for name in summed}
        rate = round(sums["false"] / size, 2)
        told.append({"district": district, **sums, "false_an_hour_per_4000": rate})
    return told


def _of(score: IncidentScore, visible: set[str]) -> int:
    return sum(hit.incident_id in visible for hit in score.hits)


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 1) if values else None


def publish(recordings: Sequence[Recording]) -> None:
    """Write benchmarks/results/incidents_unseen.json."""
    lines = rows(recordings)
    question = "Incidents found in districts that detection was not made on, without history."
    data = [one.folder for one in recordings]
    write_result("incidents_unseen", question, lines, data=data, districts=by_district(lines))


def main() -> None:
    """Make what is missing and ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shanghai", type=Path, help="OpenStreetMap XML, .osm or .osm.gz")
    parser.add_argument("porto", type=Path, help="that of Porto Alegre")
    parser.add_argument("folder", type=Path, help="where the mornings lie, or are made")
    told = parser.parse_args()
    for morning in MORNINGS:
        feed = told.folder / morning.name
        if not (feed / "feed.toml").is_file():
            make_scenario(scenario_of(morning, told.shanghai, told.porto), Path(), feed)
    publish([record(told.folder / morning.name) for morning in MORNINGS])


if __name__ == "__main__":
    main()
