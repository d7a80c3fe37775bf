"""Learns how often suspicions of incidents are false, by the log odds that they rise to.

Runs detection over labelled mornings, tells everything that is suspected at all, and matches it
with the truth by the published rule. Writes `incidents/shipped/alarm_rates.toml`.
"""

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.incidents.recording import Recording, record
from benchmarks.recordings import ROOT, district_of
from incidents.alert_settings import BudgetSettings
from incidents.alerts.budget import PER_SEGMENTS, SHIPPED, AlarmRates
from incidents.detection import IncidentDetection
from incidents.records import Alert
from incidents.scoring.incidents import score_incidents
from incidents.settings import DetectionSettings
from ingest.kernels.arrays import Flags, Floats

ODDS = (3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0)
LEAST_FALSE = 0.5
"""Where none was false half a one is taken to be. Source: chosen, as is usual for counts of 0."""
EVERYTHING = BudgetSettings(false_alarms_per_hour=1000.0, watched_per_hour=10_000.0)


@dataclass(frozen=True)
class Suspicions:
    """What was suspected in a morning: k suspicions."""

    name: str
    peak: Floats  # k, log odds
    is_right: Flags  # k: at an incident that no earlier one had found
    is_false: Flags  # k: at none
    size_hours: float  # hours x segments / PER_SEGMENTS


def suspicions_of(recording: Recording) -> Suspicions:
    """Give every suspicion of a morning."""
    settings = DetectionSettings(budget=EVERYTHING)
    detection = IncidentDetection(recording.network, recording.roadside, settings)
    versions: list[Alert] = []
    peaks: dict[str, float] = {}
    for minute in recording.minutes:
        versions += detection.step(*minute)
        for alert in detection.suspicions:
            peaks[alert.alert_id] = alert.peak_odds
    score = score_incidents(versions, recording.incidents(), recording.network, recording.hours)
    names = list(peaks)
    found = {hit.alert_id for hit in score.hits}
    false = {alarm.alert_id for alarm in score.false_alarms}
    return Suspicions(
        recording.name,
        np.array([peaks[name] for name in names]),
        np.array([name in found for name in names], np.bool_),
        np.array([name in false for name in names], np.bool_),
        recording.hours * recording.network.segment_count / PER_SEGMENTS,
    )


def rates_of(mornings: Sequence[Suspicions]) -> AlarmRates:
    """Give the rates of some mornings together; none rises with the odds, no share falls."""
    peak = np.concatenate([morning.peak for morning in mornings])
    is_right = np.concatenate([morning.is_right for morning in mornings])
    is_false = np.concatenate([morning.is_false for morning in mornings])
    hours = sum(morning.size_hours for morning in mornings)
    false = [max(float(is_false[peak >= odds].sum()), LEAST_FALSE) / hours for odds in ODDS]
    right: list[float] = []
    edges = [*ODDS, np.inf]
    for low, high in itertools.pairwise(edges):
        of = (peak >= low) & (peak < high) & (is_right | is_false)
        right.append(float((is_right[of].sum() + 0.5) / (of.sum() + 1.0)))
    right = np.maximum.accumulate(right).tolist()
    return AlarmRates(ODDS, tuple(round(r, 3) for r in false), tuple(round(r, 3) for r in right))


def written(rates: AlarmRates, mornings: Sequence[Suspicions]) -> str:
    """Give the table as the shipped file holds it."""
    districts = sorted({district_of(morning.name) for morning in mornings})
    hours = sum(morning.size_hours for morning in mornings)
    rows = [
        "# How often suspicions of incidents were false, and how often right, by the log odds that",
        f"# they rose to at most: {len(mornings)} simulated mornings of {len(districts)} districts "
        f"({', '.join(districts)}),",
        f"# {sum(len(m.peak) for m in mornings):,} suspicions, {hours:.0f} hours of "
        f"{PER_SEGMENTS:,} segments. Made by `python -m benchmarks.learn.alarm_rates`.",
    ]
    for name, values in msgspec.structs.asdict(rates).items():
        rows.append(f"{name} = {list(values)}")
    return "\n".join(rows) + "\n"


def mornings_in(folder: Path) -> list[Path]:
    """Give the feeds that a folder holds. Ends the program where there are none."""
    found = sorted(path.parent for path in folder.glob("*/feed.toml"))
    if not found:
        raise SystemExit(f"{folder}: no feeds; make them with benchmarks.learn.scenarios")
    return found


def main() -> None:
    """Learn from all mornings of a folder and write the shipped table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", type=Path, help="what benchmarks.learn.scenarios made")
    folder = parser.parse_args().feeds
    mornings = [suspicions_of(record(feed)) for feed in mornings_in(folder)]
    SHIPPED.write_text(written(rates_of(mornings), mornings), encoding="utf-8")
    print(f"{SHIPPED.relative_to(ROOT)}\n{SHIPPED.read_text()}")


if __name__ == "__main__":
    main()
