"""A run against its feed's truth: matching, speed and incidents, by the published rule."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from incidents.scoring.alarm_load import AlarmLoad, alarm_load
from incidents.scoring.incidents import IncidentScore, read_alerts, read_incidents, score_incidents
from incidents.scoring.matching import MatchingScore, score_fixes, score_routes
from incidents.scoring.parts import PARTS, Part
from incidents.scoring.spans import (
    Span,
    around,
    iso_seconds,
    span_of_alerts,
    span_of_feed,
    span_of_rows,
    span_of_states,
)
from incidents.scoring.speed import SpeedScore, score_speed
from ingest.user_error import UserError
from mapmatch.network import Network


class Score(msgspec.Struct, frozen=True):
    """A run's scores; a part that the truth does not hold is None, and `not_scored` says why."""

    run: str
    feed: str
    matching: MatchingScore | None
    speed: SpeedScore | None
    incidents: IncidentScore | None
    not_scored: dict[str, str]
    alarms: AlarmLoad | None = None  # how much the run's alerts ask of one operator


class ScoreError(UserError):
    """A run or a feed that cannot be scored, or a file of it that is missing or broken."""


def score_run(
    run_dir: Path, feed_dir: Path, network: Network, parts: Collection[Part] = PARTS
) -> Score:
    """Score a run's folder against the `truth` folder of the feed it was made from.

    A file that the truth lacks leaves its part unscored, with the reason.
    Raises ScoreError where a folder is missing, the truth has nothing of the parts asked for, the
    run lacks a file that the truth could judge or is of another recording, or a file is broken.
    """
    truth_dir = feed_dir / "truth"
    for folder, what in ((run_dir, "run"), (feed_dir, "feed"), (truth_dir, "truth")):
        if not folder.is_dir():
            raise ScoreError(f"{folder}: no such folder, expected the {what} to score")
    present = _present(run_dir, truth_dir, parts)
    _check_recording(run_dir, feed_dir, present)
    matching = _matching(run_dir, truth_dir, network, present) if "matching" in parts else None
    speed = _speed(run_dir, truth_dir, network) if "speed" in present else None
    incidents, alarms = (
        _incidents(run_dir, feed_dir, network) if "incidents" in present else (None, None)
    )
    missing = {
        name: f"no {truth_dir / truth}"
        for name, (part, _, truth) in _FILES.items()
        if part in parts and name not in present
    }
    return Score(run_dir.name, feed_dir.name, matching, speed, incidents, missing, alarms)


_FILES: dict[str, tuple[Part, str, str]] = {
    "fixes": ("matching", "matched.parquet", "fixes.parquet"),
    "routes": ("matching", "traversals.parquet", "routes.parquet"),
    "speed": ("speed", "segment_states.parquet", "segment_minutes.parquet"),
    "incidents": ("incidents", "alerts.jsonl", "incidents.json"),
}
"""What is scored: as which part, from which file of the run, by which of the truth."""


def _present(run_dir: Path, truth_dir: Path, parts: Collection[Part]) -> set[str]:
    """Give what the truth can judge. Raises ScoreError where the run lacks a file for it."""
    judged = {
        name: run_dir / made
        for name, (part, made, truth) in _FILES.items()
        if part in parts and (truth_dir / truth).is_file()
    }
    if not judged:
        names = ", ".join(truth for part, _, truth in _FILES.values() if part in parts)
        raise ScoreError(f"{truth_dir}: holds none of {names}, expected the truth to score by")
    absent = [path.name for path in judged.values() if not path.is_file()]
    if absent:
        raise ScoreError(
            f"{run_dir}: no {', no '.join(absent)}, expected the files of a `clearway run`"
        )
    return set(judged)


def _check_recording(run_dir: Path, feed_dir: Path, present: set[str]) -> None:
    """Raise ScoreError where the run has nothing of the time that the feed recorded.

    A matching set without feed.toml, and a run in which nothing happened, are of any time.
    """
    manifest = feed_dir / "feed.toml"
    if not manifest.is_file():
        return
    with _naming(manifest):
        recorded = span_of_feed(manifest)
    spans = []
    for name in sorted(present):
        path = run_dir / _FILES[name][1]
        with _naming(path):
            spans.append(_SPANS[name](path))
    made = around(spans)
    if made is not None and not made.overlaps(recorded):
        raise ScoreError(
            f"{run_dir}: holds {_text(made)}, none of what {feed_dir} recorded "
            f"from {_text(recorded)}; expected a run of that recording"
        )


_SPANS: dict[str, Callable[[Path], Span | None]] = {
    "fixes": lambda path: span_of_rows(path, "event_time"),
    "routes": lambda path: span_of_rows(path, "enter_time"),
    "speed": span_of_states,
    "incidents": lambda path: span_of_alerts(read_alerts(path.read_bytes())),
}
"""From when to when each of the run's files reaches."""


def _text(span: Span) -> str:
    return f"{iso_seconds(span.start)} to {iso_seconds(span.end)}"


def _matching(
    run_dir: Path, truth_dir: Path, network: Network, present: set[str]
) -> MatchingScore | None:
    fixes = routes = None
    if "fixes" in present:
        made, truth = run_dir / "matched.parquet", truth_dir / "fixes.parquet"
        with _naming(made, truth):
            fixes = score_fixes(_table(made), _table(truth), network)
    if "routes" in present:
        made, truth = run_dir / "traversals.parquet", truth_dir / "routes.parquet"
        with _naming(made, truth):
            routes = score_routes(_table(made), _table(truth), network)
    return None if fixes is None and routes is None else MatchingScore(fixes, routes)


def _speed(run_dir: Path, truth_dir: Path, network: Network) -> SpeedScore | None:
    made, truth = run_dir / "segment_states.parquet", truth_dir / "segment_minutes.parquet"
    with _naming(made, truth):
        return score_speed(_table(made), _table(truth), network)


def _incidents(run_dir: Path, feed_dir: Path, network: Network) -> tuple[IncidentScore, AlarmLoad]:
    made, truth = run_dir / "alerts.jsonl", feed_dir / "truth" / "incidents.json"
    manifest, minutes = feed_dir / "feed.toml", feed_dir / "truth" / "segment_minutes.parquet"
    with _naming(made):
        alerts = read_alerts(made.read_bytes())
    with _naming(truth):
        incidents = read_incidents(truth.read_bytes())
    with _naming(manifest):
        recorded = span_of_feed(manifest)
    hours = (recorded.end - recorded.start) / 3600
    table = _table(minutes) if minutes.is_file() else None
    score = score_incidents(
        alerts, incidents, network, hours=hours, minutes=table, recorded_until=recorded.end
    )
    return score, alarm_load(alerts, recorded.start, recorded.end)


def _table(path: Path) -> pa.Table:
    with _naming(path):
        return pq.read_table(path)


@contextmanager
def _naming(*paths: Path) -> Iterator[None]:
    """Raise errors of reading and comparing these files as ScoreError that names them."""
    try:
        yield
    except ScoreError:
        raise
    except (OSError, KeyError, ValueError, msgspec.MsgspecError) as error:
        raise ScoreError(f"{' against '.join(map(str, paths))}: {error}") from error
