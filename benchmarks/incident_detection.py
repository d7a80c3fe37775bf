"""Which incidents are found, how fast, where, at how many false alarms? And is a setting lucky?

Runs the chain once over each labelled Shanghai feed and stores what the detection is given; scores
the shipped settings by the published rule; then leaves each recording out in turn: settings are
chosen on the other three from a small grid around the shipped ones and scored on the one left out.
"""

import argparse
import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from benchmarks.recordings import SHARED, run
from benchmarks.result import write_result
from congestion.roadside import Roadside
from incidents.detection import IncidentDetection
from incidents.records import Alert
from incidents.scoring.incidents import IncidentScore, read_incidents, score_incidents
from incidents.settings import DetectionSettings, JudgementSettings
from ingest.recorded.feed import open_feed
from mapmatch.network import Network
from streams.stages.detect import CityMinute

FEEDS = ("quiet", "incidents", "second", "heavy")
GRID = {
    "open_at": (6.0, 7.0, 8.0),
    "other_jam": (1.0, 2.0, 3.0),
    "apart": (0.2, 0.4, 0.8),
}


@dataclass
class Recording:
    """One feed as the detection sees it, with its truth."""

    name: str
    folder: Path
    network: Network
    roadside: Roadside
    minutes: list[CityMinute]
    hours: float

    def score(self, settings: DetectionSettings) -> IncidentScore:
        """Run a fresh detection over the recording and score its alerts."""
        detection = IncidentDetection(self.network, self.roadside, settings)
        alerts: list[Alert] = []
        for minute in self.minutes:
            alerts += detection.step(*minute)
        truth = self.folder / "truth"
        return score_incidents(
            alerts,
            read_incidents((truth / "incidents.json").read_bytes()),
            self.network,
            self.hours,
            pq.read_table(truth / "segment_minutes.parquet"),
        )


def record(name: str) -> Recording:
    """Run the chain over a feed and keep what it gave to the detection."""
    folder = SHARED / "feeds" / f"shanghai-core-{name}"
    minutes: list[CityMinute] = []
    with tempfile.TemporaryDirectory() as out:
        _, chain = run(folder, Path(out), on_minute=minutes.append)
    manifest = open_feed(folder).manifest
    hours = (manifest.end - manifest.start) / 3600
    return Recording(name, folder, chain.city.network, chain.city.roadside, minutes, hours)


def row(name: str, score: IncidentScore) -> dict[str, Any]:
    """Give one line of the table."""
    return {
        "feed": name,
        "class_a": "{} of {}".format(*score.counts["A"]),
        "class_b": "{} of {}".format(*score.counts["B"]),
        "false_alarms_per_hour": round(score.false_alarms_per_hour, 2),
        "duplicates": score.duplicate_count,
        "precision": score.precision and round(score.precision, 2),
        "mean_minutes_to_detect": _minutes(score.mean_time_to_detect_s),
        "median_minutes_to_detect": _minutes(score.median_time_to_detect_s),
        "mean_minutes_with_misses": _minutes(score.mean_time_with_misses_s),
        "place_error_m": score.mean_place_error_m and round(score.mean_place_error_m),
        "cause_hit_rate": score.cause_hit_rate and round(score.cause_hit_rate, 2),
        "false_alarms_in_congestion": sum(f.truth != "free" for f in score.false_alarms),
    }


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 1)


def worth(scores: Sequence[IncidentScore], hours: Sequence[float]) -> float:
    """Give the incidents found less half of each false alarm beyond one an hour."""
    found = sum(score.hit_count for score in scores)
    false = sum(score.false_alarm_count for score in scores)
    return found - 0.5 * max(0.0, false - sum(hours))


def leave_one_out(recordings: Sequence[Recording]) -> list[dict[str, Any]]:
    """Choose from the grid on all recordings but one and score that one, each in turn."""
    choices = [
        DetectionSettings(
            judgement=msgspec.structs.replace(
                JudgementSettings(), **dict(zip(GRID, values, strict=True))
            )
        )
        for values in itertools.product(*GRID.values())
    ]
    table = [[r.score(choice) for r in recordings] for choice in choices]
    rows = []
    for left, recording in enumerate(recordings):
        others = [i for i in range(len(recordings)) if i != left]
        hours = [recordings[i].hours for i in others]
        best = max(
            range(len(choices)), key=lambda c: (worth([table[c][i] for i in others], hours), -c)
        )
        chosen = {name: getattr(choices[best].judgement, name) for name in GRID}
        rows.append({**row(f"{recording.name} left out", table[best][left]), "chosen": chosen})
    return rows


def main() -> None:
    """Print the tables and write benchmarks/results/incidents.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leave-one-out", action="store_true", help="takes some minutes more")
    options = parser.parse_args()
    if not SHARED.is_dir():
        raise SystemExit(f"no recordings at {SHARED}; set CLEARWAY_SHARED_DATA")
    recordings = [record(name) for name in FEEDS]
    rows = [row(r.name, r.score(DetectionSettings())) for r in recordings]
    left_out = leave_one_out(recordings) if options.leave_one_out else []
    for line in [*rows, *left_out]:
        print(msgspec.json.encode(line).decode())
    question = "Incidents found, time to detect and false alarms, by recording."
    folders = [r.folder for r in recordings]
    write_result("incidents", question, rows, data=folders, leave_one_out=left_out)


if __name__ == "__main__":
    main()
