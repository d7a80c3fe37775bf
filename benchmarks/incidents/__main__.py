"""Which incidents are found, how fast, where, at how many alarms, and what else would find?

Runs the chain once over each labelled recording of shanghai-core, and over those of a folder where
one is named (what benchmarks.learn.scenarios made), and stores what detection is given. Scores the
shipped settings by the published rule, and settings chosen on the other recordings. Beside them
stand, on the same minutes: as many alarms at random places and times; the same judge on the true
minutes of all segments; the classics, each with the value of its threshold that is worth most on
the other recordings; the crudest rule; the open package traffic-anomaly where it is installed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.incidents import methods, times
from benchmarks.incidents.oracle import oracle_of
from benchmarks.incidents.recording import Recording, record, row, total
from benchmarks.incidents.settings_left_out import leave_one_out
from benchmarks.recordings import recordings
from benchmarks.result import write_result
from incidents.scoring.alarm_load import alarm_load
from incidents.settings import DetectionSettings


def measure(made: Sequence[Recording], is_shanghai_core: bool) -> dict[str, Any]:
    """Give every table of some recordings."""
    hours = [recording.hours for recording in made]
    alerts = [recording.alerts(DetectionSettings()) for recording in made]
    shipped = [r.score(of) for r, of in zip(made, alerts, strict=True)]
    truly = [oracle_of(recording) for recording in made]
    oracle = [methods.scored(r, r.alerts(DetectionSettings())) for r in truly]
    asked = methods.methods(made, truly)
    lines = [
        line
        for r, score, by in zip(made, shipped, oracle, strict=True)
        for line in times.rows(r, score.real.hits, by.hits)
    ]
    tables: dict[str, Any] = {
        "rows": [row(r.name, score) for r, score in zip(made, shipped, strict=True)],
        "total": [total("shipped", shipped, hours)],
        "beside": methods.beside(asked, [score.real for score in shipped], oracle),
        "budgets": methods.curves(asked[:2]),
        "sweeps": methods.curves(asked[2:]),
        "times": lines,
        "time_medians": times.medians(lines),
        "by_type": times.by_type(lines),
        "alarm_load": [_load(r, of) for r, of in zip(made, alerts, strict=True)],
    }
    if is_shanghai_core:
        left_out = leave_one_out(made)
        tables["leave_one_out"] = [
            {**row(r.name, score), **chosen}
            for r, (score, chosen) in zip(made, left_out, strict=True)
        ]
        scores = [score for score, _ in left_out]
        tables["total"].append(total("chosen on the other three", scores, hours))
    return tables


def _load(recording: Recording, alerts: list[Any]) -> dict[str, Any]:
    load = alarm_load(alerts, recording.start, recording.end)
    shares = load.shares_by_severity or {}
    return {
        "feed": recording.name,
        "alarms an hour": round(load.alarms_per_operator_hour, 1),
        "most in 10 min": load.most_in_ten_minutes,
        "floods": round(load.flood_share, 2),
        "ten places": load.top_sources_share and round(load.top_sources_share, 2),
        "returned": load.returned_count,
        "chattering": len(load.chattering),
        "flapping": len(load.flapping),
        **{name: round(share, 2) for name, share in shares.items()},
    }


def main() -> None:
    """Write benchmarks/results/incidents.json, and incidents_districts.json for a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="more labelled mornings")
    folder = parser.parse_args().folder
    if folder is None:
        _write("incidents", "by recording", recordings(), is_shanghai_core=True)
    else:
        feeds = sorted(path.parent for path in folder.glob("*/feed.toml"))
        _write("incidents_districts", "by morning of other districts", feeds)


def _write(name: str, by: str, feeds: Sequence[Path], *, is_shanghai_core: bool = False) -> None:
    tables = measure([record(feed) for feed in feeds], is_shanghai_core)
    for line in tables["beside"]:
        print(line)
    question = f"Incidents found, time to detect and false alarms, {by}, beside random alarms."
    write_result(name, question, tables.pop("rows"), data=feeds, **tables)


if __name__ == "__main__":
    main()
