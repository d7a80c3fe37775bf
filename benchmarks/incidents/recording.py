"""A labelled recording as detection is given it, and how alerts of it score."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.recordings import run
from congestion.profile.week import Week, load_week
from congestion.region import Region
from congestion.roadside import Roadside
from congestion.states.fusion import Fusion
from incidents.detection import IncidentDetection
from incidents.records import Alert
from incidents.scoring.chance import ChanceScore, score_chance
from incidents.scoring.incidents import (
    IncidentScore,
    TrueIncident,
    read_incidents,
    score_incidents,
)
from incidents.settings import DetectionSettings
from ingest.recorded.feed import open_feed
from mapmatch.network import Network
from streams.stages.city_minute import CityMinute, CityStep, CityTick


@dataclass(frozen=True)
class Score:
    """How a recording's alerts did, and how random ones would have."""

    real: IncidentScore
    chance: ChanceScore


@dataclass(frozen=True)
class Recording:
    """One feed as detection is given it, with its truth."""

    name: str
    folder: Path
    network: Network
    roadside: Roadside
    minutes: list[CityMinute]
    start: float
    end: float
    ticks: list[CityTick] = field(default_factory=list)
    week: Week | None = None

    @property
    def steps(self) -> list[CityStep]:
        """Give minutes and ticks in the order in which they could be decided."""
        steps: list[CityStep] = [*self.minutes, *self.ticks]
        return sorted(steps, key=lambda step: (step.event_time, isinstance(step, CityTick)))

    @property
    def hours(self) -> float:
        """Give how long it is."""
        return (self.end - self.start) / 3600.0

    def alerts(self, settings: DetectionSettings) -> list[Alert]:
        """Give what a fresh detection with some settings publishes that judges minutes alone."""
        detection = IncidentDetection(self.network, self.roadside, settings, self.week)
        return [alert for minute in self.minutes for alert in detection.step(*minute)]

    def alerts_with_ticks(self, settings: DetectionSettings) -> list[Alert]:
        """Give what it publishes that judges the ticks between the minutes too."""
        detection = IncidentDetection(self.network, self.roadside, settings, self.week)
        alerts: list[Alert] = []
        for step in self.steps:
            is_tick = isinstance(step, CityTick)
            alerts += detection.tick(*step) if is_tick else detection.step(*step)
        return alerts

    def incidents(self) -> list[TrueIncident]:
        """Give what truly happened."""
        return read_incidents((self.folder / "truth" / "incidents.json").read_bytes())

    def score(self, alerts: list[Alert]) -> Score:
        """Score alerts, and random ones of the same number."""
        truth, minutes = self.incidents(), self.folder / "truth" / "segment_minutes.parquet"
        return Score(
            score_incidents(alerts, truth, self.network, self.hours, pq.read_table(minutes)),
            score_chance(alerts, truth, self.network, self.start, self.end),
        )


def record(
    folder: Path,
    make_fusion: Callable[[Region], Fusion] = Fusion,
    *,
    profile: Path | None = None,
    out: Path | None = None,
) -> Recording:
    """Run the chain over a feed and keep what it gives to detection.

    `profile` is the folder of a typical week that it is given, `out` where its files stay.
    """
    steps: list[CityStep] = []
    with tempfile.TemporaryDirectory() as folder_of_none:
        _, chain = run(folder, out or Path(folder_of_none), make_fusion, steps.append, profile)
    manifest, city = open_feed(folder).manifest, chain.city
    return Recording(
        folder.name, folder, city.network, city.roadside,
        [step for step in steps if isinstance(step, CityMinute)],
        manifest.start, manifest.end,
        [step for step in steps if isinstance(step, CityTick)],
        load_week(profile, city.network) if profile else None,
    )  # fmt: skip


def row(name: str, score: Score) -> dict[str, Any]:
    """Give one line of the table."""
    real, chance = score.real, score.chance
    return {
        "feed": name,
        "class_a": "{} of {}".format(*real.counts["A"]),
        "class_b": "{} of {}".format(*real.counts["B"]),
        "found_by_chance": round(chance.hit_count, 2),
        "false_alarms_per_hour": round(real.false_alarms_per_hour, 2),
        "duplicates": real.duplicate_count,
        "precision": real.precision and round(real.precision, 2),
        "precision_by_chance": chance.precision and round(chance.precision, 2),
        "mean_minutes_to_detect": _minutes(real.mean_time_to_detect_s),
        "median_minutes_to_detect": _minutes(real.median_time_to_detect_s),
        "mean_minutes_with_misses": _minutes(real.mean_time_with_misses_s),
        "place_error_m": real.mean_place_error_m and round(real.mean_place_error_m),
        "cause_hit_rate": real.cause_hit_rate and round(real.cause_hit_rate, 2),
        "false_alarms_in_congestion": sum(f.truth != "free" for f in real.false_alarms),
    }


def total(what: str, scores: Sequence[Score], hours: Sequence[float]) -> dict[str, Any]:
    """Give the line of several recordings together."""
    found = sum(score.real.hit_count for score in scores)
    alerts = sum(score.real.alert_count for score in scores)
    by_chance = sum(score.chance.hit_count for score in scores)
    return {
        "settings": what,
        "visible_found": sum(score.real.counts["A"][0] for score in scores),
        "visible": sum(score.real.counts["A"][1] for score in scores),
        "found": found,
        "incidents": sum(score.real.incident_count for score in scores),
        "visible_by_chance": round(sum(s.chance.hit_count_by_class["A"] for s in scores), 2),
        "found_by_chance": round(by_chance, 2),
        "precision": round(found / alerts, 3) if alerts else None,
        "precision_by_chance": round(by_chance / alerts, 3) if alerts else None,
        "false_alarms_per_hour": round(
            sum(score.real.false_alarm_count for score in scores) / sum(hours), 2
        ),
    }


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 1)
