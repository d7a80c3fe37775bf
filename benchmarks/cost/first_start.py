"""How long until `clearway up` shows a page, colours and an alert, the first time and the second?

Starts the command on the plain recording with an empty cache, then again with what that kept, each
until the first alert is there, and asks the console four times a second. Seconds are those of the
clock, for that is what a newcomer waits; the processor time is that of all its processes, and does
not count what else the machine does.
"""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.recordings import SMALL
from benchmarks.result import write_result

PATIENCE_S = 1200.0
PLACES = {"page_s": "/", "first_colours_s": "/api/states", "first_alert_s": "/api/alerts"}
_MOST_SAID = 1_000_000
_ADDRESS = re.compile(rb"console (http://\S+)")


def measure(what: str, cache: Path) -> dict[str, Any]:
    """Start the command once; give its row."""
    words = [sys.executable, "-m", "streams.cli.main", "up", "--console-port", "0"]
    where = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    seen: dict[str, float | None] = dict.fromkeys(PLACES)
    before, began = _cpu_s(), time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            words, env=where | {"CLEARWAY_CACHE": str(cache)}, stdout=said, stderr=said,
            start_new_session=True,
        )  # fmt: skip
        try:
            while seen["first_alert_s"] is None:
                waited_s = time.monotonic() - began
                if process.poll() is not None or waited_s > PATIENCE_S:
                    raise SystemExit(os.pread(said.fileno(), _MOST_SAID, 0).decode()[-2000:])
                address = _ADDRESS.search(os.pread(said.fileno(), _MOST_SAID, 0))
                for name, place in PLACES.items():
                    if seen[name] is None and address and _is_there(address[1].decode() + place):
                        seen[name] = round(time.monotonic() - began, 1)
                time.sleep(0.25)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
    kernels = list((cache / "kernels").rglob("*.nbc"))
    return {
        "start": what, **seen, "cpu_s": round(_cpu_s() - before, 1), "kernels": len(kernels),
        "kernel_mb": round(sum(path.stat().st_size for path in kernels) / 1e6, 1),
    }  # fmt: skip


def _is_there(url: str) -> bool:
    """Tell whether the console answers with something."""
    try:
        with urllib.request.urlopen(url, timeout=10.0) as answer:
            body = answer.read()
    except OSError:
        return False
    if "/api/" not in url:
        return True
    found = json.loads(body)
    return bool(found if isinstance(found, list) else found["segment_ids"])


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure both starts and write the result."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(what, Path(folder)) for what in ("first", "second")]
    for row in rows:
        print(row)
    load = round(os.getloadavg()[2], 1)
    question = "How long until clearway up shows a page, moving colours and an alert?"
    write_result("first_start", question, rows, data=[SMALL / "feed.toml"], load_of_15_min=load)


if __name__ == "__main__":
    main()
