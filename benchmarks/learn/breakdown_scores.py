"""How good a forecast of breakdowns is: its errors beside simpler ones, and what its levels are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.learn.breakdowns import Lesson
from congestion.risk.model import RiskModel
from congestion.risk.signs import HORIZON_MINUTES
from ingest.kernels.arrays import Flags, Floats

Int64s = npt.NDArray[np.int64]

BINS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 1.0)
"""Bounds of the forecast probabilities that are compared with what came."""
PER_SEGMENTS = 4000


@dataclass(frozen=True)
class Forecast:
    """A morning's forecasts by a model learnt without its district."""

    lesson: Lesson
    probability: Floats  # r
    level: Floats  # r
    city_rate: float  # how often places of the other districts broke down
    hours: float
    segment_count: int


def forecast_of(lesson: Lesson, model: RiskModel, city_rate: float, segment_count: int) -> Forecast:
    """Give the forecasts of a lesson's rows."""
    signs = {name: values.astype(np.float64) for name, values in lesson.signs.items()}
    p = model.probability(signs, np.arange(len(lesson.breaks)))
    hours = len(np.unique(lesson.minute)) / 60.0
    level = model.levels(p).astype(np.float64)
    return Forecast(lesson, p, level, city_rate, hours, segment_count)


def scored(what: str, of: Sequence[Forecast]) -> dict[str, Any]:
    """Give the Brier score of some forecasts, and its skill beside the simpler ones.

    `nothing_changes` says that none breaks down, `city_rate` the rate of other districts, the
    records how often the place did before, as published and in truth. Skill is 1 - score / other.
    """
    came = np.concatenate([one.lesson.breaks for one in of])
    p = np.concatenate([one.probability for one in of])
    city = np.concatenate([np.full(len(one.probability), one.city_rate) for one in of])
    odds = np.concatenate([one.lesson.signs["record"] for one in of]).astype(np.float64)
    true = np.concatenate([one.lesson.true_rate for one in of])
    score = _brier(p, came)
    has_history = all(one.lesson.history for one in of)
    return {
        "what": what,
        "mornings": len(of),
        "history": "other mornings" if has_history else "none",
        "place_minutes": len(came),
        "broke_down": round(float(came.mean()), 4),
        "forecast": round(float(p.mean()), 4),
        "brier": round(score, 5),
        "skill_nothing_changes": _skill(score, _brier(np.zeros(len(p)), came)),
        "skill_city_rate": _skill(score, _brier(city, came)),
        "skill_own_record": _skill(score, _brier(1.0 / (1.0 + np.exp(-odds)), came)),
        "skill_true_record": _skill(score, _brier(true, came)) if has_history else None,
        "roc_area": round(roc_area(p, came), 3),
        "roc_area_own_record": round(roc_area(odds, came), 3),
    }


def _brier(p: Floats, came: Floats) -> float:
    return float(((p - came) ** 2).mean())


def _skill(score: float, other: float) -> float | None:
    return round(1.0 - score / other, 3) if other else None


def roc_area(values: Floats, came: Floats) -> float:
    """Give how often a place that broke down had the higher value of two, ties halved."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    hits = came.sum()
    area = rank[came > 0].sum() - hits * (hits + 1) / 2.0
    return float(area / (hits * (len(came) - hits)))


def calibration(of: Sequence[Forecast]) -> list[dict[str, Any]]:
    """Give for each span of probabilities how many there were, their mean and what came."""
    p = np.concatenate([one.probability for one in of])
    came = np.concatenate([one.lesson.breaks for one in of])
    rows = []
    for low, high in pairwise(BINS):
        inside = (p >= low) & (p < high if high < 1.0 else p <= high)
        if inside.any():
            mean, share = float(p[inside].mean()), float(came[inside].mean())
            rows.append(
                {
                    "from": low, "to": high, "place_minutes": int(inside.sum()),
                    "forecast": round(mean, 3), "came": round(share, 3),
                }
            )  # fmt: skip
    return rows


def levels(of: Sequence[Forecast]) -> list[dict[str, Any]]:
    """Give what each level came to be, how many places an hour reach it, and how long before."""
    size = sum(one.hours * one.segment_count / PER_SEGMENTS for one in of)
    rows = []
    for level in (1, 2, 3):
        at = np.concatenate([one.level == level for one in of])
        came = np.concatenate([one.lesson.breaks for one in of])
        p = np.concatenate([one.probability for one in of])
        told = [_warnings(one, level) for one in of]
        leads = [lead for one in told for lead in one["leads"]]
        onsets = sum(one["onsets"] for one in told)
        spells = sum(one["spells"] for one in told)
        rows.append(
            {
                "level": level,
                "place_minutes": int(at.sum()),
                "forecast": round(float(p[at].mean()), 3) if at.any() else None,
                "came": round(float(came[at].mean()), 3) if at.any() else None,
                "places_at_a_time": round(float(at.sum()) / (60.0 * size), 1),
                "places_an_hour_from_it": round(spells / size, 1),
                "spells_right": round(sum(one["right"] for one in told) / max(spells, 1), 3),
                "breakdowns": onsets,
                "warned_from_it": round(len(leads) / max(onsets, 1), 3),
                "median_lead_minutes": float(np.median(leads)) if leads else None,
            }
        )
    return rows


def _warnings(one: Forecast, level: int) -> Mapping[str, Any]:
    """Give the breakdowns of a morning, how long before each it was warned of, and the spells.

    A breakdown is a run of rows after which it came, up to its last; a spell is a run of minutes of
    a place at the level or above, over once it was below for as long as the horizon.
    """
    lesson = one.lesson
    order = np.lexsort((lesson.minute, lesson.segment))
    segment, minute = lesson.segment[order], lesson.minute[order]
    came, high = lesson.breaks[order] > 0, one.level[order] >= level
    leads: list[int] = []
    onsets = spells = right = 0
    for rows in np.split(np.arange(len(order)), np.flatnonzero(np.diff(segment)) + 1):
        if not (came[rows].any() or high[rows].any()):
            continue
        for run in _runs(minute[rows], came[rows], 1):
            onsets += 1
            last = minute[rows][run[-1]]
            warned = run[high[rows][run] & (minute[rows][run] > last - HORIZON_MINUTES)]
            if len(warned):
                leads.append(int(last + 1 - minute[rows][warned[0]]))
        for run in _runs(minute[rows], high[rows], HORIZON_MINUTES):
            spells += 1
            right += bool(came[rows][run].any())
    return {"leads": leads, "onsets": onsets, "spells": spells, "right": right}


def _runs(minute: Int64s, holds: Flags, gap: int) -> list[Int64s]:
    """Give the rows of each run of minutes in which something holds, gaps up to so long bridged."""
    at = np.flatnonzero(holds)
    if not len(at):
        return []
    return np.split(at, np.flatnonzero(np.diff(minute[at]) > gap) + 1)
