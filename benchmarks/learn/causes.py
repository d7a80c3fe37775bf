"""Learns how much each sign at a queue's head speaks for each cause.

Runs detection over labelled mornings, keeps of every alert the signs that held and the true cause
of the queue at its place (`incidents/scoring/true_causes.py`), and fits additive weights
(multinomial logistic regression with a penalty). Writes `incidents/shipped/cause_weights.toml`.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from benchmarks.incidents.recording import Recording, record
from benchmarks.learn.alarm_rates import mornings_in
from benchmarks.learn.descent import least
from benchmarks.recordings import ROOT, district_of
from incidents.causes.judge import held_shares
from incidents.causes.weights import SHIPPED, CauseWeights
from incidents.detection import IncidentDetection
from incidents.records import Alert, Cause
from incidents.scoring.true_causes import TrueCauses
from incidents.settings import DetectionSettings
from ingest.kernels.arrays import Floats
from ingest.recorded.feed import open_feed

CAUSES: tuple[Cause, ...] = (
    "incident", "signal", "demand", "bus_stop", "illegal_parking", "work_zone", "weather", "event",
    "gridlock", "detector_fault", "unclassified",
)  # fmt: skip
PENALTY = 3.0
"""Of half the squared distance of a weight from what is meant, beside the sum of the alerts' log
losses: a weight is believed to be right within 1. Source: chosen."""
BALANCE = 0.5
"""A class counts by this power of how rare it is. Source: chosen, between all alerts alike (0) and
all classes alike (1)."""
MEANT: dict[str, dict[Cause, float]] = {
    "signal at head": {"signal": 2.0, "demand": -2.0, "bus_stop": -1.0},
    "no signal at head": {"signal": -2.5, "demand": 1.0},
    "signal near": {"signal": 1.0},
    "signal beyond": {"signal": 2.0, "demand": -1.0},
    "bus stop at head": {"bus_stop": 0.5},
    "no bus stop at head": {"bus_stop": -3.0},
    "bus stop beyond": {"bus_stop": 1.5},
    "front at a bus stop": {"bus_stop": 1.0},
    "bus stands at its stop": {"bus_stop": 1.0},
    "no bus stood long at its stop": {"bus_stop": -1.0},  # short stops are not sighted
    "detectors not believed": {"detector_fault": 8.0},
    "seen without detectors": {"detector_fault": -4.0},
    "told as incident": {
        "incident": 3.0, "weather": 2.0, "signal": -0.5, "demand": -1.0, "unclassified": -1.0,
    },  # water slows a street as a vehicle that stands does
    "signs of the signal": {"signal": 1.0},
    "signs of the kerb lane": {"illegal_parking": 2.0},
    "works planned": {"work_zone": 5.0},
    "event planned": {"event": 4.0},
    "camera: crash": {"incident": 6.0},  # who sees one knows more than the schedule
    "camera: stopped vehicle": {"incident": 1.0},
    "camera: illegal parking": {"illegal_parking": 3.0},
    "report: crash": {"incident": 5.0},
    "report: illegal parking": {"illegal_parking": 3.0},
    "report: works": {"work_zone": 3.0},
    "report: flood": {"weather": 4.0},
    "incident told at head": {"incident": 4.0},
    "incident suspected at head": {"incident": 2.0},
    "signal told at head": {"signal": 3.0, "incident": -3.0},
    "weather told at head": {"weather": 4.0, "incident": -3.0},
    "work_zone told at head": {"work_zone": 4.0, "incident": -3.0},
    "illegal_parking told at head": {"illegal_parking": 4.0, "incident": -3.0},
    "grew fast": {"incident": 0.5},
    "crawl without standing": {"weather": 3.0},
    "slow without standing": {"weather": 0.5},
    "all lanes slow": {"weather": 1.5},
    "closed loop": {"gridlock": 5.0},
    "loop stands still": {"gridlock": 2.0},
    "recurrent": {"incident": -1.5},
    "often jammed": {"incident": -1.0},
    "outlasts a cycle": {"unclassified": -1.0},
    "no queue": {"unclassified": 1.0, "signal": -1.5, "demand": -1.5},
}  # fmt: skip
"""What the words of a sign mean: weights are drawn to these, not to 0, where few alerts say
otherwise. Source: chosen."""
RARE: dict[Cause, float] = {
    "incident": -0.5, "signal": 0.0, "demand": 0.0, "bus_stop": 0.0, "illegal_parking": -1.5,
    "work_zone": -3.0, "weather": -2.0, "event": -3.0,
    "gridlock": -3.0, "detector_fault": -4.0, "unclassified": -1.0,
}  # fmt: skip
"""What speaks for each cause before any sign, to which it is drawn alike. Source: chosen."""
FACTORS = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0)
"""How much sharper or blunter than fitted the weights may be. Source: chosen."""
LEAST_WEIGHT = 0.1
"""Smaller weights are left out. Unit: log odds. Source: chosen, to be read."""
TOLD_AGAIN_MIN = 5
"""Signs are learnt from as an alert opens, every so many minutes, and as it ends."""


@dataclass(frozen=True)
class Lesson:
    """One alert with its true cause, and the signs held up to some of its minutes, in order."""

    recording: str
    alert_id: str
    is_alarm: bool
    minutes: int  # in which it was judged
    held: tuple[dict[str, float], ...]
    truth: Cause
    named: Cause  # by its place or its signs alone

    @property
    def district(self) -> str:
        """Give where it was."""
        return district_name(self.recording)


def district_name(recording: str) -> str:
    """Give the district of a recording: those of shanghai-core are of the centre."""
    name = district_of(recording)
    return "centre" if name == "shanghai-core" else name


def lessons_of(recording: Recording) -> list[Lesson]:
    """Give every alert of a recording, those for the watch list among them."""
    schedule = open_feed(recording.folder).assets.schedule.entries
    detection = IncidentDetection(
        recording.network, recording.roadside, DetectionSettings(), schedule=schedule
    )
    versions: dict[str, list[Alert]] = {}
    held: dict[str, dict[int, dict[str, float]]] = {}
    alarms: set[str] = set()
    named: dict[str, Cause] = {}
    for minute in recording.minutes:
        told = detection.step(*minute)
        for form in [*detection.watched, *told]:
            versions.setdefault(form.alert_id, []).append(form)
        for alert in detection.open_alerts:
            if alert.cause_minutes:
                held.setdefault(alert.alert_id, {})[alert.cause_minutes] = held_shares(alert)
                alarms |= {alert.alert_id} if alert.is_alarm else set()
                named[alert.alert_id] = alert.cause
    truth_folder = recording.folder / "truth"
    truth = TrueCauses(
        pd.read_parquet(truth_folder / "segment_minutes.parquet"), recording.network,
        recording.incidents(), pd.read_parquet(truth_folder / "fixes.parquet"),
        recording.roadside.bus_stops,
    )  # fmt: skip
    return [
        Lesson(
            recording.name, name, name in alarms, max(of), _moments(of),
            truth.of_alert(versions[name]), named[name],
        )
        for name, of in held.items()
        if name in versions
    ]  # fmt: skip


def _moments(held: dict[int, dict[str, float]]) -> tuple[dict[str, float], ...]:
    """Give what held at an alert's first minute, every few minutes and at its last."""
    last = max(held)
    wanted = {1, *range(TOLD_AGAIN_MIN, last, TOLD_AGAIN_MIN), last}
    return tuple(held[minute] for minute in sorted(wanted & set(held)))


def fit(lessons: Sequence[Lesson], learnt_from: str) -> CauseWeights:
    """Fit the weights to some alerts, and how sharp they are to districts left out of them."""
    plain = _fit_plain(lessons, learnt_from)
    factor = _sharpness(lessons)
    return msgspec.structs.replace(
        plain,
        start={cause: round(factor * value, 2) for cause, value in plain.start.items()},
        signs={
            name: {cause: round(factor * value, 2) for cause, value in row.items()}
            for name, row in plain.signs.items()
        },
    )


def _sharpness(lessons: Sequence[Lesson]) -> float:
    """Give the factor of all weights with which districts left out lose least; 1 for one district.

    What is lost is the log of the probability of the true cause, of each alert's last minute.
    """
    loss = np.zeros(len(FACTORS))
    districts = sorted({lesson.district for lesson in lessons})
    for district in districts if len(districts) > 1 else []:
        weights = _fit_plain([of for of in lessons if of.district != district], "")
        for lesson in lessons:
            if lesson.district == district and lesson.is_alarm and lesson.truth in CAUSES:
                sums = np.array([weights.sum_of(cause, lesson.held[-1]) for cause in CAUSES])
                scaled = np.outer(FACTORS, sums - sums[CAUSES.index(lesson.truth)])
                loss += np.log(np.exp(scaled).sum(axis=1))
    return FACTORS[int(loss.argmin())] if loss.any() else 1.0


def _fit_plain(lessons: Sequence[Lesson], learnt_from: str) -> CauseWeights:
    """Fit the weights to some alerts."""
    lessons = [
        lesson
        for lesson in lessons
        if lesson.truth in CAUSES and (lesson.is_alarm or lesson.truth != "unclassified")
    ]
    names = sorted({n for lesson in lessons for held in lesson.held for n in held} | set(MEANT))
    rows = [(held, lesson) for lesson in lessons for held in lesson.held]
    signs = np.array([[held.get(name, 0.0) for name in names] for held, _ in rows])
    truth = np.array([CAUSES.index(lesson.truth) for _, lesson in rows])
    weight = np.array([1 / len(lesson.held) for _, lesson in rows])
    count = np.bincount(truth, weight, len(CAUSES))
    meant = np.array([[MEANT.get(name, {}).get(cause, 0.0) for cause in CAUSES] for name in names])
    start, table = _fitted(
        signs,
        np.eye(len(CAUSES))[truth],
        weight * (weight.sum() / len(CAUSES) / count[truth]) ** BALANCE,
        np.vstack([meant, [RARE[cause] for cause in CAUSES]]),
    )
    return CauseWeights(
        learnt_from=learnt_from,
        learnt_how="python -m benchmarks.learn.causes",
        start={cause: round(float(start[k]), 2) for k, cause in enumerate(CAUSES)},
        signs={
            name: {
                cause: round(float(table[i, k]), 2)
                for k, cause in enumerate(CAUSES)
                if abs(table[i, k]) >= LEAST_WEIGHT
            }
            for i, name in enumerate(names)
        },
    )


def _fitted(signs: Floats, truth: Floats, weight: Floats, meant: Floats) -> tuple[Floats, Floats]:
    """Give the start of each of c causes and the weights, k signs x c.

    `signs` r x k, `truth` r x c, `weight` r, `meant` (k + 1) x c, the start last. The sum of the
    rows' log losses and of squared distances from what is meant is least there.
    """
    given = np.hstack([signs, np.ones((len(signs), 1))])

    def loss(flat: Floats) -> tuple[float, Floats]:
        table = flat.reshape(meant.shape)
        sums = given @ table
        sums -= sums.max(axis=1, keepdims=True)
        share = np.exp(sums)
        total = share.sum(axis=1, keepdims=True)
        off = table - meant
        slope = given.T @ (weight[:, None] * (share / total - truth)) + PENALTY * off
        lost = float((weight * (np.log(total[:, 0]) - (truth * sums).sum(axis=1))).sum())
        return lost + PENALTY / 2 * float((off**2).sum()), slope.ravel()

    table = least(loss, meant.ravel()).reshape(meant.shape)
    return table[-1], table[:-1]


def written(weights: CauseWeights) -> str:
    """Give the table as the shipped file holds it."""
    lines = [
        "# Natural-log weights: what each sign at a queue's head adds to each cause.",
        f"learnt_from = {weights.learnt_from!r}".replace("'", '"'),
        f'learnt_how = "{weights.learnt_how}"',
        "",
        "[start]",
        *(f"{cause} = {value}" for cause, value in weights.start.items()),
    ]
    lines += ["", "[signs]"]
    for name, row in weights.signs.items():
        inner = ", ".join(f"{cause} = {value}" for cause, value in row.items())
        lines.append(f'"{name}" = {{ {inner} }}')
    return "\n".join(lines) + "\n"


def main() -> None:
    """Learn from all mornings of some folders and write the shipped table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", type=Path, nargs="+", help="folders of labelled feeds")
    folders = parser.parse_args().feeds
    feeds = [feed for folder in folders for feed in mornings_in(folder)]
    lessons = [lesson for feed in feeds for lesson in lessons_of(record(feed))]
    districts = sorted({lesson.district for lesson in lessons})
    told = (
        f"{len(lessons)} alerts of {len(feeds)} recordings of {len(districts)} districts "
        f"({', '.join(districts)})"
    )
    SHIPPED.write_text(written(fit(lessons, told)), encoding="utf-8")
    print(f"{SHIPPED.relative_to(ROOT)}\n{SHIPPED.read_text()}")


if __name__ == "__main__":
    main()
