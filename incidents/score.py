"""A run against its feed's truth: matching, speed and incidents, by the published rule."""

import tomllib
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from incidents.score_incidents import IncidentScore, read_alerts, read_incidents, score_incidents
from incidents.score_matching import MatchingScore, score_fixes, score_routes
from incidents.score_speed import SpeedScore, score_speed
from mapmatch.network import Network


class Score(msgspec.Struct, frozen=True):
    """What a run was worth; a part that could not be scored is None and says why."""

    run: str
    feed: str
    matching: MatchingScore | None
    speed: SpeedScore | None
    incidents: IncidentScore | None
    not_scored: dict[str, str]


class ScoreError(ValueError):
    """A run or a feed that cannot be scored at all, or a file of it that cannot be read."""


def score_run(run_dir: Path, feed_dir: Path, network: Network) -> Score:
    """Score a run's folder against the `truth` folder of the feed it was made from.

    A file that the run or the truth lacks leaves its part unscored, with the reason.
    Raises ScoreError where either folder is missing, the feed has no truth, or a file is broken.
    """
    truth_dir = feed_dir / "truth"
    for folder, what in ((run_dir, "run"), (feed_dir, "feed"), (truth_dir, "truth")):
        if not folder.is_dir():
            raise ScoreError(f"{folder}: no such folder, expected the {what} to score")
    missing: dict[str, str] = {}
    try:
        matching = _matching(run_dir, truth_dir, network, missing)
        speed = _speed(run_dir, truth_dir, network, missing)
        incidents = _incidents(run_dir, feed_dir, network, missing)
    except (OSError, KeyError, ValueError, msgspec.MsgspecError) as error:
        raise ScoreError(f"{run_dir} against {feed_dir}: {error}") from error
    return Score(run_dir.name, feed_dir.name, matching, speed, incidents, missing)


def _matching(
    run_dir: Path, truth_dir: Path, network: Network, missing: dict[str, str]
) -> MatchingScore | None:
    fixes = None
    if _present("fixes", missing, run_dir / "matched.parquet", truth_dir / "fixes.parquet"):
        fixes = score_fixes(
            pq.read_table(run_dir / "matched.parquet"),
            pq.read_table(truth_dir / "fixes.parquet"),
            network,
        )
    routes = None
    if _present("routes", missing, run_dir / "traversals.parquet", truth_dir / "routes.parquet"):
        routes = score_routes(
            pq.read_table(run_dir / "traversals.parquet"),
            pq.read_table(truth_dir / "routes.parquet"),
            network,
        )
    if fixes is None and routes is None:
        return None
    return MatchingScore(fixes, routes)


def _speed(
    run_dir: Path, truth_dir: Path, network: Network, missing: dict[str, str]
) -> SpeedScore | None:
    states, truth = run_dir / "segment_states.parquet", truth_dir / "segment_minutes.parquet"
    if not _present("speed", missing, states, truth):
        return None
    return score_speed(pq.read_table(states), pq.read_table(truth), network)


def _incidents(
    run_dir: Path, feed_dir: Path, network: Network, missing: dict[str, str]
) -> IncidentScore | None:
    alerts, truth = run_dir / "alerts.jsonl", feed_dir / "truth" / "incidents.json"
    manifest = feed_dir / "feed.toml"
    if not _present("incidents", missing, alerts, truth, manifest):
        return None
    minutes = feed_dir / "truth" / "segment_minutes.parquet"
    return score_incidents(
        read_alerts(alerts.read_bytes()),
        read_incidents(truth.read_bytes()),
        network,
        hours=_duration_h(manifest),
        minutes=pq.read_table(minutes) if minutes.is_file() else None,
    )


def _present(part: str, missing: dict[str, str], *paths: Path) -> bool:
    absent = [str(path) for path in paths if not path.is_file()]
    if absent:
        missing[part] = f"no {', no '.join(absent)}"
    return not absent


def _duration_h(manifest: Path) -> float:
    content = tomllib.loads(manifest.read_text(encoding="utf-8"))
    start, end = (datetime.fromisoformat(str(content[name])) for name in ("start", "end"))
    hours = (end - start).total_seconds() / 3600
    if hours <= 0:
        raise ScoreError(f"{manifest}: end {end} is not after start {start}")
    return hours
