"""What is set beside the judge: the classics, the crudest rule, an open package, the oracle."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classics import california, mcmaster, normal_deviate, slow, traffic_anomaly
from benchmarks.classics.alarms import alerts_of
from benchmarks.classics.minutes import SegmentMinutes, segment_minutes
from benchmarks.incidents.recording import Recording
from benchmarks.incidents.settings_left_out import worth
from benchmarks.recordings import district_of
from incidents.alert_settings import BudgetSettings
from incidents.records import Alert
from incidents.scoring.incidents import IncidentScore, score_incidents
from incidents.settings import DetectionSettings
from ingest.kernels.arrays import Flags

BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""False alarms an hour that the city is said to bear."""
SHIPPED, CHOSEN = "as shipped", "chosen on the others"

Scores = Mapping[float, Sequence[IncidentScore]]
"""By what is swept, the score of each recording."""


@dataclass(frozen=True)
class Method:
    """A way to detect, what is swept of it, and the value that is usual where there is one."""

    name: str
    swept: str
    scores: Scores
    usual: float | None = None


def methods(recordings: Sequence[Recording], truly: Sequence[Recording]) -> list[Method]:
    """Give every method's scores on all recordings; `truly` is what the oracle knows of them."""
    arrays = [segment_minutes(r.network, r.minutes) for r in recordings]

    def judged(of: Sequence[Recording], budget: float) -> list[IncidentScore]:
        settings = DetectionSettings(budget=BudgetSettings(false_alarms_per_hour=budget))
        return [scored(r, r.alerts(settings)) for r in of]

    def classic(
        name: str, swept: str, values: Sequence[float],
        flags: Callable[[SegmentMinutes, float], Flags], usual: float | None = None,
    ) -> Method:  # fmt: skip
        found = {
            value: [
                scored(r, alerts_of(r.network, a, flags(a, value)))
                for r, a in zip(recordings, arrays, strict=True)
            ]
            for value in values
        }
        return Method(name, swept, found, usual)

    made = [
        Method("clearway", "budget, false/h", {b: judged(recordings, b) for b in BUDGETS}),
        Method("oracle", "budget, false/h", {b: judged(truly, b) for b in BUDGETS}),
        classic("california 7", "occupancy", california.SWEPT, california.number_7),
        classic("california 8", "occupancy", california.SWEPT, california.number_8),
        classic("mcmaster", "share of flow", mcmaster.SWEPT, mcmaster.mcmaster),
        classic("normal deviate", "deviate", normal_deviate.SWEPT, normal_deviate.normal_deviate),
        classic("slow", "share of usual", slow.SWEPT, slow.slow, slow.A_THIRD),
    ]
    package = _package(recordings, arrays)
    return made if package is None else [*made, package]


def scored(recording: Recording, alerts: list[Alert]) -> IncidentScore:
    """Give the score of alerts by the published rule."""
    return score_incidents(alerts, recording.incidents(), recording.network, recording.hours)


def curves(of: Sequence[Method]) -> list[dict[str, Any]]:
    """Give a line a method and value, over all recordings."""
    return [
        {"method": method.name, "swept": method.swept, "value": round(value, 3), **together(scores)}
        for method in of
        for value, scores in method.scores.items()
    ]


def beside(
    of: Sequence[Method], shipped: Sequence[IncidentScore], oracle: Sequence[IncidentScore]
) -> list[dict[str, Any]]:
    """Give a line a method: with the value that the other recordings favour, and the usual one."""
    rows = [
        {"method": "clearway", "value": SHIPPED, **together(shipped)},
        {"method": "oracle", "value": SHIPPED, **together(oracle)},
    ]
    for method in of:
        if method.name in ("clearway", "oracle"):
            continue
        if method.usual is not None:
            scores = method.scores[method.usual]
            rows.append({"method": method.name, "value": f"{method.usual:.2g}", **together(scores)})
        rows.append({"method": method.name, "value": CHOSEN, **together(left_out(method.scores))})
    return rows


def left_out(scores: Scores) -> list[IncidentScore]:
    """Give each recording's score by the value that is worth most on the others."""
    count = len(next(iter(scores.values())))
    found = []
    for left in range(count):
        others = [at for at in range(count) if at != left] or [left]

        def of_others(value: float, others: Sequence[int] = others) -> float:
            asked = [scores[value][at] for at in others]
            return worth(asked, [score.hours for score in asked])

        found.append(scores[max(scores, key=of_others)][left])
    return found


def together(scores: Sequence[IncidentScore]) -> dict[str, Any]:
    """Give the figures of several recordings together."""
    hours = sum(score.hours for score in scores)
    hits = [hit for score in scores for hit in score.hits]
    alarms = sum(score.alert_count for score in scores)
    times = [hit.time_to_detect_s / 60.0 for hit in hits]
    return {
        "visible_found": sum(score.counts["A"][0] for score in scores),
        "visible": sum(score.counts["A"][1] for score in scores),
        "found": len(hits),
        "incidents": sum(score.incident_count for score in scores),
        "alarms_per_hour": round(alarms / hours, 2),
        "false_alarms_per_hour": round(sum(s.false_alarm_count for s in scores) / hours, 2),
        "precision": round(len(hits) / alarms, 3) if alarms else None,
        "median_minutes_to_detect": round(float(np.median(times)), 1) if times else None,
        "place_error_m": round(float(np.mean([h.place_error_m for h in hits]))) if hits else None,
    }


def _package(recordings: Sequence[Recording], arrays: Sequence[SegmentMinutes]) -> Method | None:
    """Give traffic-anomaly's scores; None, and says why, where it cannot be asked."""
    if traffic_anomaly.packages() is None:
        print(f"traffic-anomaly is not installed where {traffic_anomaly.PACKAGES} says: left out")
        return None
    found: dict[float, list[IncidentScore]] = {value: [] for value in traffic_anomaly.SWEPT}
    for at, recording in enumerate(recordings):
        past = [
            arrays[other]
            for other, one in enumerate(recordings)
            if other != at and district_of(one.name) == district_of(recording.name)
        ]
        with tempfile.TemporaryDirectory() as folder:
            flags = traffic_anomaly.traffic_anomaly(
                recording.network, arrays[at], past, Path(folder)
            )
        for value, odd in flags.items():
            found[value].append(scored(recording, alerts_of(recording.network, arrays[at], odd)))
    return Method("traffic-anomaly", "deviations", found, 3.5)
