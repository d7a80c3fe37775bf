"""Learns from which impact on an alert is of severity 2, 3 and 4, and asks mornings left out.

Runs detection over labelled mornings and takes the greatest impact of each alert that was told. The
bounds are quantiles of these, so that of alerts, by the gravest severity that each reaches, a
twentieth is of severity 4 and three twentieths of 3 (ANSI/ISA-18.2-2016, 16.5). Left out: each
recording in turn, and its whole district. Writes `incidents/shipped/severity.toml`.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.incidents.recording import Recording, record
from benchmarks.learn.alarm_rates import mornings_in
from benchmarks.recordings import ROOT, district_of, recordings
from benchmarks.result import write_result
from incidents.alerts.severity import SHIPPED, SeverityModel
from incidents.detection import IncidentDetection
from ingest.kernels.arrays import Floats

BELOW = (0.4, 0.8, 0.95)
"""The shares of alerts under the bounds of severity 2, 3 and 4. Source: the standard's for 3 and 4;
the first is chosen, half of the lower alerts."""


@dataclass(frozen=True)
class Impacts:
    """The greatest impact of each of k alerts of a recording."""

    name: str
    greatest: Floats


def impacts_of(recording: Recording) -> Impacts:
    """Give what the alerts of a recording cost at most."""
    detection = IncidentDetection(recording.network, recording.roadside)
    told: set[str] = set()
    greatest: dict[str, float] = {}
    for minute in recording.minutes:
        told |= {alert.alert_id for alert in detection.step(*minute)}
        for alert in detection.tracked:
            greatest[alert.alert_id] = max(greatest.get(alert.alert_id, 0.0), alert.impact or 0.0)
    return Impacts(recording.name, np.array([greatest[name] for name in sorted(told)]))


def fit(of: Sequence[Impacts]) -> SeverityModel:
    """Give the bounds that the alerts of some recordings together lead to."""
    bounds = np.quantile(np.concatenate([one.greatest for one in of]), BELOW)
    count = sum(len(one.greatest) for one in of)
    districts = sorted({district_of(one.name) for one in of})
    return SeverityModel(
        f"{count} alerts of {len(of)} simulated mornings (SUMO) of {', '.join(districts)}",
        "benchmarks/learn/severity.py: of alerts, by their greatest impact, so many lie under "
        f"each bound: {', '.join(map(str, BELOW))}",
        *(round(float(bound), 1) for bound in bounds),
    )


def shares(model: SeverityModel, of: Sequence[Impacts]) -> dict[str, Any]:
    """Give the shares of alerts in the grades."""
    grades = np.array([model.grade(impact) for one in of for impact in one.greatest])
    if not len(grades):
        return {"alerts": 0, "top": None, "middle": None, "lower": None}
    return {
        "alerts": len(grades),
        "top": round(float((grades == 4).mean()), 3),
        "middle": round(float((grades == 3).mean()), 3),
        "lower": round(float((grades <= 2).mean()), 3),
    }


def left_out(made: Sequence[Impacts]) -> list[dict[str, Any]]:
    """Give the shares on what the bounds were not learnt from, together and by district."""
    alone = [(one, fit([other for other in made if other is not one])) for one in made]
    rows = [_together("each recording left out in turn", alone)]
    districts = sorted({district_of(one.name) for one in made})
    if len(districts) == 1:
        return rows
    apart = []
    for district in districts:
        model = fit([one for one in made if district_of(one.name) != district])
        own = [(one, model) for one in made if district_of(one.name) == district]
        rows.append(_together(f"{district} left out", own))
        apart += own
    return [*rows, _together("each district left out in turn", apart)]


def _together(what: str, asked: Sequence[tuple[Impacts, SeverityModel]]) -> dict[str, Any]:
    """Give the shares of recordings, each by its own model, weighed by their alerts."""
    rows = [shares(model, [one]) for one, model in asked]
    count = sum(row["alerts"] for row in rows)
    means = {
        name: round(sum(row["alerts"] * row[name] for row in rows if row["alerts"]) / count, 3)
        for name in ("top", "middle", "lower")
    }
    return {"what": what, "recordings": len(asked), "alerts": count, **means}


def written(model: SeverityModel) -> str:
    """Give the model as the shipped file holds it."""
    rows = [
        "# The impact (weighed vehicle-hours an hour) from which an alert is of severity 2, 3, 4.",
        f'learnt_from = "{model.learnt_from}"',
        f'learnt_how = "{model.learnt_how}"',
        *(f"from_{grade} = {getattr(model, f'from_{grade}')}" for grade in (2, 3, 4)),
    ]
    return "\n".join(rows) + "\n"


def main() -> None:
    """Learn from the recordings and all mornings of a folder, and write the shipped model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", type=Path, help="what benchmarks.learn.scenarios made")
    feeds = [*recordings(), *mornings_in(parser.parse_args().feeds)]
    made = [impacts_of(record(feed)) for feed in feeds]
    model = fit(made)
    SHIPPED.write_text(written(model), encoding="utf-8")
    rows = left_out(made)
    write_result(
        "learn_severity",
        "Which shares of alerts are of severity 4, 3 and lower, where the bounds were not learnt?",
        rows,
        [feed / "feed.toml" for feed in feeds],
    )
    print(f"{SHIPPED.relative_to(ROOT)}\n{SHIPPED.read_text()}", *rows, sep="\n")


if __name__ == "__main__":
    main()
