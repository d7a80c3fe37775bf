"""Learns the coefficients of the queue forecast, and says how good they are on a feed left out.

The rows are the queues that an alert would be about: published, of at least 250 m, and 5 minutes
old. Forecast is how far the queue behind the root (or a segment next to it) truly reaches back
then, 0 where none is left. Least absolute error, all feeds alike in weight. Writes
`congestion/profiles/queue_forecast.toml`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from queues import WARM_UP_MINUTES, Recording, lengths_behind, open_recording
from result import write_result
from states import recordings

from congestion.queue_forecast import MOST_SEGMENTS, PROFILE, ForecastModel, Horizon

Floats = npt.NDArray[np.float64]
HORIZONS = (5, 10, 15)
LEAST_M, LEAST_MINUTES = 250.0, 5.0
ROUNDS = 60


@dataclass
class Lesson:
    """What was known of r published queues, and how long they truly were later."""

    length_m: Floats
    segments: Floats
    later_m: Floats  # r x h

    @property
    def columns(self) -> Floats:
        """Give what the rule is linear in, r x 2."""
        counted = np.minimum(self.segments, MOST_SEGMENTS)
        return np.stack([self.length_m, self.length_m * counted], axis=1)


def lesson_of(made: Recording) -> Lesson:
    """Give a recording's published queues and what became of them."""
    rows = []
    behind = [lengths_behind(made, k) for k in range(len(made.truth))]
    for k in range(WARM_UP_MINUTES, len(made.truth) - max(HORIZONS)):
        now = made.minutes[k]
        for queue, root in enumerate(now.queues.roots.tolist()):
            age = k + 1 - now.onset[queue] / 60
            if now.queues.length_m[queue] < LEAST_M or age < LEAST_MINUTES:
                continue
            near = sorted(made.near(root))
            later = [max(behind[k + h].get(s, 0.0) for s in near) for h in HORIZONS]
            size = len(now.queues.members_of(queue))
            rows.append((now.queues.length_m[queue], size, later))
    return Lesson(*(np.array(column, np.float64) for column in zip(*rows, strict=True)))


def fit(lessons: list[Lesson]) -> tuple[Horizon, ...]:
    """Give the coefficients of each horizon, by iteratively reweighted least squares."""
    rows = np.concatenate([lesson.columns for lesson in lessons])
    share = np.concatenate([np.full(len(x.length_m), 1 / len(x.length_m)) for x in lessons])
    horizons = []
    for place, minutes in enumerate(HORIZONS):
        later = np.concatenate([lesson.later_m[:, place] for lesson in lessons])
        weight = share.copy()
        for _ in range(ROUNDS):
            root = np.sqrt(weight)[:, None]
            found = np.linalg.lstsq(rows * root, later * root[:, 0], rcond=None)[0]
            weight = share / np.maximum(np.abs(rows @ found - later), 1.0)
        horizons.append(Horizon(minutes, *(float(f"{value:.3g}") for value in found)))
    return tuple(horizons)


def errors(model: ForecastModel, lesson: Lesson) -> dict[str, Any]:
    """Give the errors (m) of a model and of saying that nothing will change."""
    told = model.lengths(lesson.length_m, lesson.segments)
    row: dict[str, Any] = {"queues": len(lesson.length_m)}
    for place, minutes in enumerate(HORIZONS):
        later = lesson.later_m[:, place]
        row[f"error_{minutes}_min_m"] = round(float(np.abs(told[:, place] - later).mean()), 1)
        stays = np.abs(lesson.length_m - later).mean()
        row[f"persistence_{minutes}_min_m"] = round(float(stays), 1)
    return row


def write_model(model: ForecastModel) -> None:
    """Write the coefficients where the product reads them."""
    lines = [f'learnt_from = "{model.learnt_from}"', f'learnt_how = "{model.learnt_how}"']
    for h in model.horizons:
        lines += ["", "[[horizons]]", f"minutes = {h.minutes}", f"of_length = {h.of_length}"]
        lines += [f"of_segments = {h.of_segments}"]
    PROFILE.write_text("\n".join(lines) + "\n")


def main() -> None:
    """Learn from all recordings, having left each out in turn."""
    feeds = recordings()
    lessons = [lesson_of(open_recording(feed)) for feed in feeds]
    rows = []
    for place, feed in enumerate(feeds):
        others = lessons[:place] + lessons[place + 1 :]
        model = ForecastModel("", "", fit(others))
        rows.append({"left_out": feed.name, **errors(model, lessons[place])})
        print(rows[-1])
    names = ", ".join(feed.name for feed in feeds)
    model = ForecastModel(
        learnt_from=f"simulated mornings of central Shanghai (SUMO): {names}",
        learnt_how="benchmarks/learn_forecast.py: least absolute error of the true length, over "
        "published queues of at least 250 m and 5 minutes of age",
        horizons=fit(lessons),
    )
    write_model(model)
    write_result(
        "learn_forecast",
        "How far is the forecast length of a queue off on a recording it was not learnt from, "
        "beside saying that nothing will change?",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds],
    )


if __name__ == "__main__":
    main()
