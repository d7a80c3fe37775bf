"""Learns which places are about to break down, and asks mornings of districts left out.

A place has broken down where it is congested (5-minute speed under a quarter of the limit) with
five vehicles or more on it in these minutes. Asked are places that neither the states nor the truth
call slow; forecast is a breakdown within 15 minutes. Each morning is asked twice: as a place's
first, and after the other mornings of its district, which fill the place's own record. Reads the
labelled recordings and those that `benchmarks.incidents.unseen` made in the folders named. Writes
`congestion/shipped/breakdown_risk.toml`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.learn.alarm_rates import mornings_in
from benchmarks.learn.breakdown_fit import fit
from benchmarks.learn.breakdown_scores import Forecast, calibration, forecast_of, levels, scored
from benchmarks.learn.breakdowns import Lesson, Morning, lesson_of, open_morning
from benchmarks.recordings import ROOT, recordings
from benchmarks.result import write_result
from congestion.risk.model import SHIPPED, RiskModel

BOUNDS = (0.2, 0.35, 0.5)
"""The probabilities from which a place is at risk of level 1, 2 and 3. Source: chosen, so that of
4,000 segments some thirty are told at a time, and of the highest level half come true."""


def lessons_of(mornings: Sequence[Morning]) -> list[Lesson]:
    """Give each morning as a place's first, and after the others of its district."""
    lessons = []
    for morning in mornings:
        others = [m for m in mornings if m.district == morning.district and m is not morning]
        lessons.append(lesson_of(morning, []))
        if others:
            lessons.append(lesson_of(morning, others))
    return lessons


def left_out(lessons: Sequence[Lesson], sizes: dict[str, int]) -> list[Forecast]:
    """Give the forecasts of each lesson by what the other districts teach."""
    found = []
    for district in sorted({lesson.district for lesson in lessons}):
        others = [lesson for lesson in lessons if lesson.district != district]
        model = fit(others, "", BOUNDS)
        rate = float(np.concatenate([other.breaks for other in others]).mean())
        found += [
            forecast_of(lesson, model, rate, sizes[lesson.name])
            for lesson in lessons
            if lesson.district == district
        ]
    return found


def written(model: RiskModel) -> str:
    """Give the model as the shipped file holds it."""
    rows = [
        "# What each sign adds to the log odds (natural) of a breakdown within 15 minutes:",
        "# `add` where it has the value `at`, straight between, nothing where it is unknown.",
        f'learnt_from = "{model.learnt_from}"',
        f'learnt_how = "{model.learnt_how}"',
        *(f"from_{level} = {getattr(model, f'from_{level}')}" for level in (1, 2, 3)),
        f"start = {model.start}",
    ]
    for name, table in model.signs.items():
        rows += ["", f'[signs."{name}"]', f"at = {list(table.at)}", f"add = {list(table.add)}"]
    return "\n".join(rows) + "\n"


def main() -> None:
    """Ask each district left out, learn from all, write the shipped model and what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="of mornings that were simulated")
    folders = parser.parse_args().folders
    feeds = [*recordings(), *(feed for folder in folders for feed in mornings_in(folder))]
    mornings = [open_morning(feed) for feed in feeds]
    lessons = lessons_of(mornings)
    sizes = {morning.name: morning.network.segment_count for morning in mornings}
    made = left_out(lessons, sizes)
    districts = sorted({one.lesson.district for one in made})
    rows, more = [], {}
    for has_history in (False, True):
        of = [one for one in made if bool(one.lesson.history) == has_history]
        rows.append(scored("all, their district left out", of))
        rows += [scored(d, [one for one in of if one.lesson.district == d]) for d in districts]
        name = "with_history" if has_history else "without_history"
        more[f"levels_{name}"] = levels(of)
        more[f"calibration_{name}"] = calibration(of)
        more[f"mornings_{name}"] = [scored(one.lesson.name, [one]) for one in of]
    names = ", ".join(districts)
    count = sum(int(lesson.breaks.sum()) for lesson in lessons if not lesson.history)
    learnt_from = (
        f"{count} place-minutes before breakdowns of {len(mornings)} simulated mornings (SUMO) of "
        f"{names}"
    )
    SHIPPED.write_text(written(fit(lessons, learnt_from, BOUNDS)), encoding="utf-8")
    write_result(
        "breakdown_risk",
        "How often does a place break down within 15 minutes that was forecast to, where nothing "
        "was learnt from its district?",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        **more,
    )
    print(f"{SHIPPED.relative_to(ROOT)}", *rows, sep="\n")
    for name, table in more.items():
        print(name, *table, sep="\n")


if __name__ == "__main__":
    main()
