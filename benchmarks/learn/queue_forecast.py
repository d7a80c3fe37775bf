"""Learns the bounds of the queue forecast, and says how good it is on recordings left out.

The rows are the queues that an alert would be about: published, of at least 250 m, and 5 minutes
old. The forecast says that they stay; the truth is how far the queue behind the root (or a segment
next to it) reaches back then, 0 where none is left. Beside the labelled recordings are read those
that `benchmarks.learn.districts` made in the folder named; a recording is called DISTRICT-MORNING,
and all count alike. Left out: each recording in turn; and, harder, its whole district of Shanghai.
Beside the forecast stand the share of the length that errs least on the others, and what one who
knows the true length now would err by saying that it stays. `found` are the queues that cover most
of a true one of at least 3 segments and have its root. Writes
`congestion/shipped/queue_forecast.toml`.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.learn.districts import districts
from benchmarks.queues import Recording, open_recording
from benchmarks.recordings import district_of, recordings
from benchmarks.result import write_result
from congestion.queues.forecast import PROFILE, ForecastModel, Horizon
from incidents.scoring.queues import WARM_UP_MINUTES, covering_root
from incidents.scoring.true_queues import LEAST_SEGMENTS
from ingest.kernels.arrays import Floats

HORIZONS = (5, 10, 15)
LEAST_M, LEAST_MINUTES = 250.0, 5.0
BELOW, ABOVE = 0.1, 0.9  # the shares of true lengths that lie under each bound


@dataclass
class Lesson:
    """What was known of r published queues, and how long they truly were then and later."""

    name: str
    length_m: Floats
    true_m: Floats
    later_m: Floats  # r x h
    is_found: npt.NDArray[np.bool_]

    @property
    def district(self) -> str:
        """Give the district of the recording."""
        return district_of(self.name)


def lesson_of(made: Recording) -> Lesson:
    """Give a recording's published queues and what became of them."""
    rows = []
    truth, network = made.truth, made.network
    behind = [truth.length_behind(k) for k in range(len(truth.queues))]
    for k in range(WARM_UP_MINUTES, len(truth.queues) - max(HORIZONS)):
        now = made.minutes[k]
        found = {
            root
            for true in truth.queues[k]
            if len(true.members) >= LEAST_SEGMENTS
            and (root := covering_root(network, now.queues, true.members)) in truth.near(true.root)
        }
        for queue, root in enumerate(now.queues.roots.tolist()):
            age = k + 1 - now.onset[queue] / 60
            if now.queues.length_m[queue] < LEAST_M or age < LEAST_MINUTES:
                continue
            near = truth.near(root)
            true = [max(behind[k + h].get(s, 0.0) for s in near) for h in (0, *HORIZONS)]
            rows.append((now.queues.length_m[queue], true[0], true[1:], root in found))
    columns = (np.array(column) for column in zip(*rows, strict=True))
    return Lesson(made.name, *columns)


def fit(lessons: list[Lesson]) -> tuple[tuple[Horizon, ...], Floats]:
    """Give each horizon's bounds, and the share of the length that errs least (absolute error)."""
    length = np.concatenate([x.length_m for x in lessons])
    weight = np.concatenate([np.full(len(x.length_m), 1 / len(x.length_m)) for x in lessons])
    horizons, shares = [], np.ones(len(HORIZONS))
    for place, minutes in enumerate(HORIZONS):
        ratio = np.concatenate([x.later_m[:, place] for x in lessons]) / length
        low, high = (round(_quantile(ratio, weight, at), 2) for at in (BELOW, ABOVE))
        horizons.append(Horizon(minutes, min(low, 1.0), max(high, 1.0)))
        shares[place] = _quantile(ratio, weight * length, 0.5)
    return tuple(horizons), shares


def _quantile(values: Floats, weights: Floats, at: float) -> float:
    """Give the value under which a share of the weight lies."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, at * below[-1])])


def errors(
    model: ForecastModel, shares: Floats, lesson: Lesson, chosen: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Give the errors (m) of a model and of the other ways to forecast."""
    length, true = lesson.length_m[chosen], lesson.true_m[chosen]
    low, high = model.bounds(length)
    row: dict[str, Any] = {"count": int(chosen.sum())}
    for place, minutes in enumerate(HORIZONS):
        later = lesson.later_m[chosen, place]
        inside = (low[:, place] <= later) & (later <= high[:, place])
        row |= {
            f"error_{minutes}_min_m": _mean(np.abs(length - later)),
            f"learnt_share_{minutes}_min_m": _mean(np.abs(shares[place] * length - later)),
            f"present_known_{minutes}_min_m": _mean(np.abs(true - later)),
            f"within_bounds_{minutes}_min": round(float(inside.mean()), 2),
        }
    return row


def judged(others: list[Lesson], lesson: Lesson, without: str) -> list[dict[str, Any]]:
    """Give the rows of a recording by what the others teach: all its queues, those found."""
    horizons, shares = fit(others)
    model = ForecastModel("", "", horizons)
    chosen = {"published": np.ones_like(lesson.is_found), "found": lesson.is_found}
    rows = [
        {"left_out": lesson.name, "without_its": without, "queues": queues}
        | errors(model, shares, lesson, which)
        for queues, which in chosen.items()
    ]
    print(*rows, sep="\n")
    return rows


def _mean(values: Floats) -> float:
    return round(float(values.mean()), 1)


def write_model(model: ForecastModel) -> None:
    """Write the bounds where the product reads them."""
    lines = [f'learnt_from = "{model.learnt_from}"', f'learnt_how = "{model.learnt_how}"']
    for h in model.horizons:
        lines += ["", "[[horizons]]", f"minutes = {h.minutes}"]
        lines += [f"low = {h.low}", f"high = {h.high}"]
    PROFILE.write_text("\n".join(lines) + "\n")


def main() -> None:
    """Learn from all recordings, having left each and its district out in turn."""
    feeds = [*recordings(), *districts(Path(sys.argv[1]))]
    lessons = [lesson_of(open_recording(feed)) for feed in feeds]
    rows: list[dict[str, Any]] = []
    for lesson in lessons:
        left_in = {
            "recording": [other for other in lessons if other is not lesson],
            "district": [other for other in lessons if other.district != lesson.district],
        }
        for without, others in left_in.items():
            if others:
                rows += judged(others, lesson, without)
    model = ForecastModel(
        learnt_from=f"simulated mornings (SUMO): {', '.join(x.name for x in lessons)}",
        learnt_how="benchmarks/learn/queue_forecast.py: a tenth of the true lengths lay below, "
        "a tenth above, over published queues of at least 250 m and 5 minutes of age",
        horizons=fit(lessons)[0],
    )
    write_model(model)
    write_result(
        "learn_forecast",
        "How far is a queue's length off that is forecast to stay, beside a share learnt on other "
        "recordings or districts, and how many lie within the bounds learnt there?",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds],
    )


if __name__ == "__main__":
    main()
