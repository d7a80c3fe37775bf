"""What do earlier mornings give detection: fewer false alarms, more found, or sooner?

Runs the chain once over each labelled recording of shanghai-core without any history, makes of each
run the profile that `clearway profile build` makes, and runs the recordings again with profiles of
others: of the quiet morning alone, and of all other mornings together (their incidents left out).
Beside them stand the same mornings without history, the oracle, and random alarms.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.incidents.methods import together
from benchmarks.incidents.oracle import oracle_of
from benchmarks.incidents.recording import Recording, record
from benchmarks.recordings import recordings
from benchmarks.result import write_result
from congestion.profile.week import save_week
from congestion.profile_build.week import build_week
from incidents.alert_settings import BudgetSettings
from incidents.settings import DetectionSettings
from ingest.recorded.feed import open_feed
from streams.lake.reading import RUN_STATES, incident_days

QUIET = "shanghai-core-quiet"
BUDGETS = (None, 1.2)
"""False alarms an hour that the city is said to bear; None: as shipped."""
OFTEN_SLOW = (0.0, 1.0, 1.5, 2.0)
"""Taken off what sensors show where the place is often slow, log odds."""


def profile_of(runs: Sequence[Path], recording: Recording, folder: Path) -> Path:
    """Make the profile of some runs of a recording's network; give its folder."""
    zone = open_feed(recording.folder).manifest.timezone
    states = [run / RUN_STATES for run in runs]
    week = build_week(states, incident_days(runs, zone), recording.network, zone)
    save_week(week, recording.network, folder)
    return folder


def with_histories(feeds: Sequence[Path], folder: Path) -> dict[str, list[Recording]]:
    """Give the recordings by what they were given of earlier mornings."""
    alone = [record(feed, out=folder / feed.name) for feed in feeds]
    runs = {feed.name: folder / feed.name for feed in feeds}
    quiet = profile_of([runs[QUIET]], alone[0], folder / "quiet")
    others = {
        one.name: profile_of(
            [run for name, run in runs.items() if name != one.name], one, folder / f"not-{one.name}"
        )
        for one in alone
    }
    busy = [feed for feed in feeds if feed.name != QUIET]
    return {
        "none": alone,
        "none (mornings with incidents)": [one for one in alone if one.name != QUIET],
        "the quiet morning (mornings with incidents)": [record(f, profile=quiet) for f in busy],
        "the three other mornings": [record(f, profile=others[f.name]) for f in feeds],
    }


def row(history: str, made: Sequence[Recording], settings: DetectionSettings) -> dict[str, Any]:
    """Give a line: what is found with a history, beside the oracle and random alarms."""
    scores = [one.score(one.alerts(settings)) for one in made]
    truly = [oracle_of(one) for one in made]
    oracle = together([one.score(one.alerts(settings)).real for one in truly])
    return {
        "history": history,
        **together([score.real for score in scores]),
        "found_by_chance": round(sum(score.chance.hit_count for score in scores), 2),
        "oracle_visible_found": oracle["visible_found"],
        "oracle_found": oracle["found"],
        "oracle_false_per_hour": oracle["false_alarms_per_hour"],
        "oracle_median_minutes": oracle["median_minutes_to_detect"],
    }


def curve(by_history: Mapping[str, Sequence[Recording]]) -> list[dict[str, Any]]:
    """Give a line a budget and history, and a line a weight of what is often slow."""
    lines = []
    for history, made in by_history.items():
        for budget in BUDGETS:
            settings = DetectionSettings(budget=BudgetSettings(false_alarms_per_hour=budget))
            for often in OFTEN_SLOW[:1] if history.startswith("none") else OFTEN_SLOW:
                judgement = msgspec.structs.replace(settings.judgement, often_slow=often)
                chosen = msgspec.structs.replace(settings, judgement=judgement)
                found = together([one.score(one.alerts(chosen)).real for one in made])
                named = "as shipped" if budget is None else budget
                lines.append({"history": history, "budget": named, "often_slow": often, **found})
    return lines


def main() -> None:
    """Write benchmarks/results/incidents_history.json."""
    feeds = recordings()
    with tempfile.TemporaryDirectory() as folder:
        by_history = with_histories(feeds, Path(folder))
    rows = [row(history, made, DetectionSettings()) for history, made in by_history.items()]
    for line in rows:
        print(line, flush=True)
    question = "Incidents found with and without earlier mornings as history."
    write_result("incidents_history", question, rows, data=feeds, budgets=curve(by_history))


if __name__ == "__main__":
    main()
