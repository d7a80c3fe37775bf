"""Fits what each sign adds to the log odds of a breakdown: straight lines between fixed values."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.learn.breakdowns import Lesson
from congestion.risk.model import RiskModel, SignWeights
from ingest.kernels.arrays import Floats

Rows = npt.NDArray[np.float32]

_SHARES = (0.05, 0.12, 0.2, 0.3, 0.45, 0.7)


def _logs(*values: float) -> tuple[float, ...]:
    return tuple(round(float(np.log(value)), 3) for value in values)


AT: Mapping[str, tuple[float, ...]] = {
    "speed": _logs(0.25, 0.3, 0.36, 0.45, 0.55, 0.7, 0.9),
    "speed now": _logs(0.1, 0.2, 0.3, 0.45, 0.7),
    "fall": (-0.9, -0.5, -0.25, -0.1, 0.0, 0.2),
    "fall of a minute": (-0.4, -0.2, 0.0, 0.2),
    "speed ahead": _logs(*_SHARES),
    "speed two ahead": _logs(*_SHARES),
    "fall ahead": (-0.9, -0.5, -0.2, 0.0, 0.3),
    "speed behind": _logs(0.1, 0.2, 0.3, 0.45, 0.7),
    "queue": (0.0, 50.0, 150.0, 400.0),
    "queue ahead": (0.0, 75.0, 200.0, 500.0, 1000.0),
    "queue two ahead": (0.0, 75.0, 200.0, 500.0, 1000.0),
    "growth ahead": (-100.0, -20.0, 0.0, 20.0, 100.0),
    "occupancy": (0.0, 0.05, 0.1, 0.2, 0.35, 0.6),
    "flow": (0.0, 100.0, 250.0, 500.0, 800.0),
    "measured": (0.0, 1.0),
    "slow before": (0.0, 0.02, 0.1, 0.3),
    "record": (-5.4, -4.4, -3.9, -3.2, -2.4, -1.4, -0.4),
    "signal": (0.0, 1.0),
    "length": _logs(75, 110, 160, 250, 500),
    "lanes": (1.0, 2.0, 3.0, 4.0),
}
"""The values of each sign between which its weights are straight. Source: chosen."""
STIFFNESS = 300.0
"""How dear it is that neighbouring weights of a sign differ. Unit: squared log odds. Source:
10, 30, 100 and 300 were tried with each district left out; 300 erred least."""
_RIDGE = 0.1  # of the stiffness, for the weights themselves
EVERY_MINUTE, EVERY_QUIET_ROW = 3, 4
"""Of the rows so many minutes apart are learnt from, and of those without a breakdown one in so
many, counted as so many: neighbours tell the same."""
_STEPS, _LEAST_GAIN = 25, 0.5


def fit(
    lessons: Sequence[Lesson], learnt_from: str, bounds: tuple[float, float, float]
) -> RiskModel:
    """Give the model that some lessons lead to."""
    parts = [_sampled(lesson) for lesson in lessons]
    rows = np.concatenate([part[0] for part in parts])
    breaks, weight = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    found = _solve(rows, breaks, weight)
    signs, place = {}, 1
    for name, at in AT.items():
        add = tuple(round(float(value), 2) for value in found[place : place + len(at)])
        signs[name], place = SignWeights(at, add), place + len(at)
    return RiskModel(
        learnt_from, "benchmarks/learn/breakdown_risk.py", *bounds, round(float(found[0]), 2), signs
    )


def _sampled(lesson: Lesson) -> tuple[Rows, Floats, Floats]:
    number = np.arange(len(lesson.breaks))
    chosen = lesson.minute % EVERY_MINUTE == 0
    chosen &= (lesson.breaks > 0) | (number % EVERY_QUIET_ROW == 0)
    breaks = lesson.breaks[chosen]
    rows = _design({name: values[chosen] for name, values in lesson.signs.items()}, len(breaks))
    return rows, breaks, np.where(breaks > 0, 1.0, EVERY_QUIET_ROW)


def _design(signs: Mapping[str, Rows], count: int) -> Rows:
    """Give a column of ones, and for each value of each sign the share that it has in a row."""
    columns = [np.ones((count, 1), np.float32)]
    for name, at in AT.items():
        values, knots = signs[name].astype(np.float64), np.array(at)
        known = np.flatnonzero(np.isfinite(values))
        inside = np.clip(values[known], knots[0], knots[-1])
        left = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(at) - 2)
        share = (inside - knots[left]) / (knots[left + 1] - knots[left])
        column = np.zeros((count, len(at)), np.float32)
        column[known, left], column[known, left + 1] = 1.0 - share, share
        columns.append(column)
    return np.concatenate(columns, axis=1)


def _penalty(count: int) -> Floats:
    penalty, place = np.zeros((count, count)), 1
    for at in AT.values():
        for k in range(len(at)):
            here = place + k
            penalty[here, here] += _RIDGE * STIFFNESS
            if k:
                pair = np.ix_([here - 1, here], [here - 1, here])
                penalty[pair] += STIFFNESS * np.array([[1.0, -1.0], [-1.0, 1.0]])
        place += len(at)
    return penalty


def _solve(rows: Rows, breaks: Floats, weight: Floats) -> Floats:
    """Give the weights of least penalised log loss, by Newton's steps, halved where too long."""
    count = rows.shape[1]
    penalty, found = _penalty(count), np.zeros(count)
    share = float((weight * breaks).sum() / weight.sum())
    found[0] = np.log(share / (1.0 - share))

    def loss(at: Floats) -> float:
        odds = (rows @ at.astype(np.float32)).astype(np.float64)
        each = np.logaddexp(0.0, odds) - breaks * odds
        return float((weight * each).sum() + 0.5 * at @ penalty @ at)

    now = loss(found)
    for _ in range(_STEPS):
        odds = (rows @ found.astype(np.float32)).astype(np.float64)
        p = 1.0 / (1.0 + np.exp(-odds))
        slope = rows.T @ (weight * (breaks - p)).astype(np.float32) - penalty @ found
        root = rows * np.sqrt(weight * p * (1.0 - p)).astype(np.float32)[:, None]
        bend = (root.T @ root).astype(np.float64) + penalty + 1e-3 * np.eye(count)
        step, size = np.linalg.solve(bend, slope), 1.0
        while (then := loss(found + size * step)) > now and size > 1e-3:
            size /= 2.0
        if size <= 1e-3:
            break
        found, gain, now = found + size * step, now - then, then
        if gain < _LEAST_GAIN:
            break
    return found
