"""How long does the whole chain take over a recorded morning, and what does it find?

Runs `clearway run` and `clearway score` as processes, as a planner would, over the 90-minute feeds
in the folder of large recordings (`CLEARWAY_SHARED_DATA`), or over the small feed of the project.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.recordings import SHARED, SMALL
from benchmarks.result import write_result

CLEARWAY = Path(sys.executable).with_name("clearway")


def feeds() -> list[Path]:
    """Give the recordings to run, large ones first where they are present."""
    large = sorted((SHARED / "feeds").glob("shanghai-core-*"))
    if not large:
        print(f"large recordings not present at {SHARED}: measuring the small feed only")
    return [*large, SMALL]


def measure(feed: Path, out: Path) -> dict[str, Any]:
    """Give the row of one feed: time and memory of a run on one core, and its score."""
    one_core = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [CLEARWAY, "run", SMALL, "--out", out / "warm-up"],
        check=True, env=one_core, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    started = time.perf_counter()
    command: list[str | Path] = ["taskset", "-c", "0", CLEARWAY, "run", feed]
    command += ["--out", out / feed.name, "--json"]
    process = subprocess.Popen(command, env=one_core, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{feed.name}: clearway run ended with status {status}")
    wall_s = time.perf_counter() - started
    scored = subprocess.run(
        [CLEARWAY, "score", out / feed.name, feed, "--json"], check=True, capture_output=True
    )
    return {
        "feed": feed.name,
        "wall_s": round(wall_s, 1),
        "memory_mb": round(usage.ru_maxrss / 1024),
        **_headline(json.loads(scored.stdout)),
    }


def _headline(score: dict[str, Any]) -> dict[str, Any]:
    matching, speed, incidents = score["matching"], score["speed"], score["incidents"]
    visible = incidents["counts"].get("A", (0, 0))
    return {
        "exact": round(matching["fixes"]["exact_share"], 3),
        "RMF": round(matching["routes"]["mismatch_fraction"], 3),
        "speed_error_kmh": round(speed["all"]["mean_absolute_kmh"], 2),
        "observed_kmh": round(speed["observed"]["mean_absolute_kmh"], 2),
        "slow_kmh": round(speed["slow"]["mean_absolute_kmh"], 2),
        "visible_found": f"{visible[0]} of {visible[1]}",
        "all_found": f"{incidents['hit_count']} of {incidents['incident_count']}",
        "false_per_hour": round(incidents["false_alarms_per_hour"], 1),
        "time_to_detect_s": round(incidents["mean_time_to_detect_s"] or 0) or None,
    }


def main() -> None:
    """Measure every feed and write the result."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(feed, Path(folder)) for feed in feeds()]
    for row in rows:
        print(row)
    question = "The whole chain over a recorded morning: time, memory, score."
    write_result("chain", question, rows, data=[f / "feed.toml" for f in feeds()])


if __name__ == "__main__":
    main()
