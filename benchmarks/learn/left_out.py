"""How good is the whole chain where its speed model did not learn?

A model learnt without a recording, or without any of its district, takes the place of the shipped
one; everything else is as shipped. The settings of detection and of queues were chosen on the
recordings of shanghai-core: only the other districts were left out of those as well.
"""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.incidents.recording import Recording, total
from benchmarks.incidents.settings_left_out import leave_one_out as settings_left_out
from benchmarks.queues import recording_of
from benchmarks.recordings import run
from benchmarks.states import measure, with_truth
from congestion.states.fusion import Fusion
from congestion.states.speed_model import SpeedModel
from incidents.scoring.chance import score_chance
from incidents.scoring.incidents import read_alerts, read_incidents
from incidents.scoring.queues import score_roots
from incidents.scoring.score import score_run
from ingest.recorded.feed import open_feed
from streams.stages.city_minute import CityMinute, CityStep

NOTHING, RECORDING, DISTRICT = "nothing", "recording", "district"
WITHOUT = {NOTHING: "seen", RECORDING: "recording left out", DISTRICT: "district left out"}
TABLES = {
    "speeds": {
        "error_all_kmh": "error, km/h, ...", "probes_error_kmh": "probes alone",
        "probes_coverage": "minutes they know", "average_error_kmh": "probes and detectors",
        "average_coverage": "minutes either knows",
    },
    "jams": {
        "recall_under_15_at_20": "found, ...", "probes_recall": "probes alone",
        "precision_at_20": "right, ...", "probes_precision": "by probes alone",
    },
    "roots": {"root_right": "right, ...", "level_3_root_right": "level 3 and more"},
    "incidents": {
        "incidents": "incidents", "found": "found, ...", "found_by_chance": "by chance",
        "false_alarms_per_hour": "false alarms an hour, ...",
    },
}  # fmt: skip
"""The tables that set each recording's figures side by side."""


def ask(feed: Path, model: SpeedModel, left_out: str) -> tuple[dict[str, Any], Recording]:
    """Run the chain with a model over a recording that it did not learn from.

    Gives the row of its scores, and what detection was given.
    """
    steps: list[CityStep] = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        states, chain = run(feed, out, lambda region: Fusion(region, model), steps.append)
        score = score_run(out, feed, chain.city.network)
        alerts = read_alerts((out / "alerts.jsonl").read_bytes())
    network, manifest = chain.city.network, open_feed(feed).manifest
    true_incidents = read_incidents((feed / "truth" / "incidents.json").read_bytes())
    chance = score_chance(alerts, true_incidents, network, manifest.start, manifest.end)
    queues = recording_of(feed, network, states)
    matching, incidents = score.matching, score.incidents
    assert matching is not None and matching.fixes is not None and matching.routes is not None
    assert incidents is not None
    row = {
        "left_out": left_out, "feed": feed.name,
        "exact": round(matching.fixes.exact_share, 4),
        "RMF": round(matching.routes.mismatch_fraction, 4),
        **_speeds(with_truth(states, feed)),
        "root_right": _round(score_roots(queues.truth, queues.queues).right_share),
        "level_3_root_right": _round(score_roots(queues.truth, queues.queues_by_level).right_share),
        "found": incidents.hit_count, "incidents": incidents.incident_count,
        "found_by_chance": round(chance.hit_count, 2),
        "alarms": incidents.alert_count,
        "false_alarms_per_hour": round(incidents.false_alarms_per_hour, 2),
    }  # fmt: skip
    minutes = [step for step in steps if isinstance(step, CityMinute)]
    recording = Recording(
        feed.name, feed, network, chain.city.roadside, minutes, manifest.start, manifest.end
    )
    return row, recording


def _speeds(joined: pd.DataFrame) -> dict[str, Any]:
    ours = measure(joined, joined.speed_kmh)
    probes = measure(joined, joined.probe_speed_kmh)
    both = measure(joined, joined[["detector_speed_kmh", "probe_speed_kmh"]].mean(axis=1))
    wanted = ("error_all_kmh", "error_under_15_kmh", "recall_under_15_at_20", "precision_at_20")
    return {
        **{name: ours[name] for name in wanted},
        "probes_error_kmh": probes["error_all_kmh"],
        "probes_coverage": probes["coverage"],
        "probes_recall": probes["recall_under_15_at_20"],
        "probes_precision": probes["precision_at_20"],
        "average_error_kmh": both["error_all_kmh"],
        "average_coverage": both["coverage"],
    }


def beside(rows: list[dict[str, Any]], figures: dict[str, str]) -> list[dict[str, Any]]:
    """Give a line a recording: each figure by what was left out, and the baselines.

    `figures` are columns of the rows and their headings; a heading that ends in "..." stands before
    each kind of leaving out, the others are taken where nothing was.
    """
    by_feed: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        by_feed.setdefault(row["feed"], {})[row["left_out"]] = row
    table = []
    for feed, of in by_feed.items():
        line: dict[str, Any] = {"feed": feed}
        for column, heading in figures.items():
            if heading.endswith("..."):
                line |= {f"{heading[:-3]}{WITHOUT[kind]}": of[kind][column] for kind in WITHOUT}
            else:
                line[heading] = of[NOTHING][column]
        table.append(line)
    return table


def incident_total(recordings: list[Recording]) -> dict[str, Any]:
    """Give the incidents found where both the model and three settings were not made on them.

    The settings are chosen on the other recordings asked (benchmarks/incidents).
    """
    scores = [score for score, _ in settings_left_out(recordings)]
    hours = [recording.hours for recording in recordings]
    return total("chosen on the other recordings", scores, hours)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
