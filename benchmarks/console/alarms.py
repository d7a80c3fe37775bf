"""How often is an operator called, where alerts of one jam are one card?

Runs the chain over the labelled recordings of shanghai-core, hands what it publishes to the console
in its order, and counts what calls one operator who sees to all of the district, hot spots
included: each alert by itself, and as the console counts, where an alert that joins a jam which is
known calls nobody. Beside them the shares by severity, of which ISA-18.2 asks 5, 15 and 80 %. With
folders of runs (`python -m benchmarks.console.alarms RUN ...`) it takes theirs.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.recordings import network_of, recordings, run
from benchmarks.result import write_result
from incidents.records import Alert
from incidents.scoring.alarm_load import AlarmLoad, alarm_load
from ingest.recorded.feed import Feed, open_feed
from mapmatch.network import Network
from streams.console.board import Board


def announced(alerts: Sequence[bytes], network: Network, feed: Feed) -> AlarmLoad:
    """Give the load of what the console announces of alert versions in publishing order."""
    board = Board(network)
    for alert in alerts:
        board.take_alert(alert)
    return board.alarms.load(feed.manifest.start, feed.manifest.end)


def measure(folder: Path, out: Path | None) -> dict[str, Any]:
    """Give a recording's line."""
    feed = open_feed(folder)
    with tempfile.TemporaryDirectory() as made:
        if out is None:
            run(folder, Path(made))
        lines = ((out or Path(made)) / "alerts.jsonl").read_bytes().splitlines()
    each = alarm_load(
        [msgspec.json.decode(line, type=Alert) for line in lines],
        feed.manifest.start, feed.manifest.end,
    )  # fmt: skip
    jams = announced(lines, network_of(folder), feed)
    shares = jams.shares_by_severity or {}
    return {
        "feed": folder.name,
        "alerts an hour": round(each.alarms_per_operator_hour, 1),
        "alarms an hour": round(jams.alarms_per_operator_hour, 1),
        "most in 10 min": jams.most_in_ten_minutes,
        "floods": round(jams.flood_share, 2),
        **{name: round(share, 2) for name, share in shares.items()},
    }


def main() -> None:
    """Write benchmarks/results/console_alarms.json."""
    feeds = recordings()
    named: list[Path | None] = [Path(folder) for folder in sys.argv[1:]]
    runs = named or [None] * len(feeds)
    rows = [measure(feed, out) for feed, out in zip(feeds, runs, strict=True)]
    for line in rows:
        print(line)
    question = "How often an operator is called, each alert by itself and jams as one card."
    write_result("console_alarms", question, rows, data=feeds)


if __name__ == "__main__":
    main()
