"""Is the cause of each alert right? Weights are learnt without the district that is asked.

Beside it, by the shipped weights. Over every alert that was told and judged for five minutes: the
likeliest cause, the two likeliest, each class, and what always the most frequent cause would have
hit. The truth is that of `incidents/scoring/true_causes.py`. Needs labelled districts beside the
recordings.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.incidents.recording import record
from benchmarks.learn.alarm_rates import mornings_in
from benchmarks.learn.causes import Lesson, district_name, fit, lessons_of
from benchmarks.recordings import recordings
from benchmarks.result import write_result
from incidents.causes.weights import CauseWeights, shipped_weights
from incidents.records import Cause

LEAST_MINUTES = 5
"""Alerts that were judged for less are left out. Unit: min. Source: a lasting queue's time."""


class Answer(msgspec.Struct, frozen=True):
    """What was told of one alert, the likeliest first, and what is true."""

    recording: str
    truth: Cause
    ranked: tuple[Cause, ...]
    probability: float
    kind: str
    named: Cause  # by the alert's place or signs alone


def answers(lessons: Sequence[Lesson], weights: CauseWeights) -> list[Answer]:
    """Give the causes that some weights tell of the alerts of a district."""
    found = []
    for lesson in lessons:
        if not lesson.is_alarm or lesson.minutes < LEAST_MINUTES:
            continue
        posterior = weights.posterior(lesson.held[-1])
        ranked = sorted(posterior, key=lambda cause: (-posterior[cause], cause))
        kind = lesson.alert_id.partition("-")[0]
        answer = Answer(
            lesson.recording, lesson.truth, tuple(ranked), posterior[ranked[0]], kind, lesson.named
        )
        found.append(answer)
    return found


def left_out(lessons: Sequence[Lesson]) -> list[Answer]:
    """Give the answers of each district by weights that were learnt without it."""
    found = []
    for district in sorted({lesson.district for lesson in lessons}):
        others = [lesson for lesson in lessons if lesson.district != district]
        mine = [lesson for lesson in lessons if lesson.district == district]
        found += answers(mine, fit(others, f"without {district}"))
    return found


def row(name: str, asked: Sequence[Answer]) -> dict[str, Any]:
    """Give one line of the table."""
    count = len(asked)
    most = Counter(a.truth for a in asked).most_common(1)[0][1]
    return {
        "alerts": name,
        "count": count,
        "right": round(sum(a.ranked[0] == a.truth for a in asked) / count, 3),
        "right_of_two": round(sum(a.truth in a.ranked[:2] for a in asked) / count, 3),
        "named_by_place": round(sum(a.named == a.truth for a in asked) / count, 3),
        "most_frequent": round(most / count, 3),
        "always_incident": round(sum(a.truth == "incident" for a in asked) / count, 3),
        "always_signal": round(sum(a.truth == "signal" for a in asked) / count, 3),
        "said_to_be_right": round(sum(a.probability for a in asked) / count, 3),
    }


def confusion(asked: Sequence[Answer]) -> list[dict[str, Any]]:
    """Give for each true cause how many there were and what was told of them."""
    causes = sorted({a.truth for a in asked} | {a.ranked[0] for a in asked})
    table: list[dict[str, Any]] = []
    for truth in causes:
        told = Counter(a.ranked[0] for a in asked if a.truth == truth)
        count = sum(told.values())
        if count:
            share = round(told[truth] / count, 2)
            line: dict[str, Any] = {"truth": truth, "count": count, "right": share}
            table.append(line | {cause: told[cause] for cause in causes})
    return table


def _by_district(stood: Sequence[Answer]) -> list[dict[str, Any]]:
    names = sorted({district_name(a.recording) for a in stood})
    return [row(name, [a for a in stood if district_name(a.recording) == name]) for name in names]


def tell(lessons: Sequence[Lesson], feeds: Sequence[Path]) -> None:
    """Print the tables and write benchmarks/results/causes.json."""
    asked, shipped = left_out(lessons), answers(lessons, shipped_weights())
    stood = [a for a in asked if a.truth != "unclassified"]
    rows = [row("all", stood)]
    rows += [row(kind, [a for a in stood if a.kind == kind]) for kind in ("incident", "hotspot")]
    rows += _by_district(stood)
    by_shipped = [a for a in shipped if a.truth != "unclassified"]
    of_shipped = [row("all", by_shipped), *_by_district(by_shipped)]
    matrix, matrix_of_shipped = confusion(asked), confusion(shipped)
    for line in [*rows, *of_shipped, *matrix, *matrix_of_shipped]:
        print(msgspec.json.encode(line).decode())
    write_result(
        "causes",
        "Is the cause of each alert right, by weights learnt without its district? Alerts that "
        "stood on no true queue are left out but in the confusion matrices.",
        rows,
        data=feeds,
        confusion=matrix,
        shipped=of_shipped,
        shipped_confusion=matrix_of_shipped,
    )


def main() -> None:
    """Ask every district, and the recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("districts", type=Path, help="what benchmarks.learn.scenarios made")
    feeds = [*mornings_in(parser.parse_args().districts), *recordings()]
    tell([lesson for feed in feeds for lesson in lessons_of(record(feed))], feeds)


if __name__ == "__main__":
    main()
