"""Runs every benchmark, or those named, one after another: `python -m benchmarks [NAME ...]`."""

import subprocess
import sys

QUESTIONS = (
    "bus_lines", "calm", "camera_times", "chain", "console.alarms", "console.cost", "console.drag",
    "console.past", "console.press", "console.press_live", "console.vehicles", "console.viewers",
    "cost.chain",
    "cost.first_start", "cost.growth", "cost.rates", "detector_faults", "detector_lines",
    "detector_speeds", "incidents", "incidents.history", "incidents.scale", "incidents.thinned",
    "lakes.reports", "matcher_state", "matching", "network_build", "placement", "queues",
    "sensors.ablations", "sensors.real", "sensors.split_failures", "sparse.beside", "state_scale",
    "states", "ticks",
)  # fmt: skip


def main() -> None:
    """Run each in a process of its own, so that none's memory or caches are another's."""
    asked = sys.argv[1:] or QUESTIONS
    unknown = sorted(set(asked) - set(QUESTIONS))
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are {', '.join(QUESTIONS)}")
    for name in asked:
        print(f"-- {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
