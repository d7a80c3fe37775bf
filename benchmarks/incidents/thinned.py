"""How many sensors does it take? Incidents found with a part of the detectors and of the probes.

Runs the whole chain over recordings of which a part of the detectors and vehicles is left, each by
the checksum of its id, so that a tenth is a part of a third and the same at every call. Names of
recordings choose some of them (all).
"""

import argparse
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from benchmarks.incidents.methods import scored, together
from benchmarks.incidents.recording import record
from benchmarks.recordings import recordings
from benchmarks.result import write_result
from incidents.scoring.incidents import IncidentScore
from incidents.settings import DetectionSettings
from ingest.recorded.feed import open_feed

ALL, A_THIRD, A_TENTH = 1.0, 1 / 3, 0.1
SHARES = (
    (ALL, ALL), (A_THIRD, ALL), (A_TENTH, ALL), (0.0, ALL), (ALL, 0.3), (ALL, 0.1), (ALL, 0.0),
    (A_TENTH, 0.1),
)  # fmt: skip
"""Of detectors and of probes."""
BUCKETS = 10_000


def is_left(name: str, share: float) -> bool:
    """Tell whether a sensor is among the share of them that is left."""
    return zlib.crc32(name.encode()) % BUCKETS < share * BUCKETS


def thinned(feed: Path, out: Path, detectors: float, probes: float) -> Path:
    """Write a recording with a share of its detectors and of its probes; give its folder."""
    folder = out / feed.name
    folder.mkdir(parents=True)
    changed = {"feed.toml", "gps.parquet", "magnetometer.parquet", "detectors.csv"}
    for path in feed.iterdir():
        if path.name not in changed:
            (folder / path.name).symlink_to(path.resolve())
    network = open_feed(feed).manifest.network
    lines = (feed / "feed.toml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("network")]
    (folder / "feed.toml").write_text("\n".join([*kept, f'network = "{network}"', ""]))
    for name, column, share in (
        ("gps", "vehicle_id", probes), ("magnetometer", "detector_id", detectors),
    ):  # fmt: skip
        table = pq.read_table(feed / f"{name}.parquet")
        pq.write_table(_left(table, column, share), folder / f"{name}.parquet")
    placed = pv.read_csv(feed / "detectors.csv")
    pv.write_csv(_left(placed, "detector_id", detectors), folder / "detectors.csv")
    return folder


def _left(table: pa.Table, column: str, share: float) -> pa.Table:
    names = [name for name in pc.unique(table[column]).to_pylist() if is_left(name, share)]
    return table.filter(pc.is_in(table[column], pa.array(names, table[column].type)))


def score_of(feed: Path, detectors: float, probes: float) -> IncidentScore:
    """Give how the shipped settings score on a recording with a part of its sensors."""
    with tempfile.TemporaryDirectory() as out:
        made = record(thinned(feed, Path(out), detectors, probes))
        return scored(made, made.alerts(DetectionSettings()))


def rows(feeds: Iterable[Path]) -> list[dict[str, Any]]:
    """Give a line a share of detectors and probes, over all recordings."""
    found: list[dict[str, Any]] = []
    for detectors, probes in SHARES:
        scores = [score_of(feed, detectors, probes) for feed in feeds]
        shares = {"detectors": round(detectors, 2), "probes": probes}
        found.append({**shares, **together(scores)})
        print(found[-1], flush=True)
    return found


def main() -> None:
    """Write benchmarks/results/incidents_thinned.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of recordings")
    names = parser.parse_args().names
    feeds = [feed for feed in recordings() if not names or feed.name in names]
    question = "Incidents found with a part of the detectors and of the probes."
    write_result("incidents_thinned", question, rows(feeds), data=feeds)


if __name__ == "__main__":
    main()
