"""A recording with patrols: who is free is proposed for its alerts, and bad lines are letters."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from incidents.records import Alert
from ingest.recorded.feed import Feed, open_feed
from ingest.recorded.slices import slices
from streams import topics
from streams.recorded.run import run_feed
from streams.recorded.slice_messages import frames_of, raw_of
from tests.streams.chain_parts import chain_of


def lines_of(feed: Feed) -> list[str]:
    """Give a free patrol in the middle of the fixes that speaks each minute, and a torn line."""
    assert feed.fixes is not None
    middle = [feed.fixes[name].to_pylist() for name in ("longitude", "latitude")]
    place = [sorted(values)[len(values) // 2] for values in middle]
    start, end = feed.manifest.start, feed.manifest.end
    times = [start + 60.0 * minute for minute in range(int((end - start) // 60.0))]
    patrols = [
        json.dumps({
            "patrol_id": "p7", "event_time": datetime.fromtimestamp(time, UTC).isoformat(),
            "longitude": place[0], "latitude": place[1], "status": "free", "unit": "g1",
        })
        for time in times
    ]  # fmt: skip
    return [*patrols[:2], '{"patrol', *patrols[2:]]


@pytest.fixture(scope="module")
def patrolled(project_data: Path, tmp_path_factory) -> Feed:
    """Give the small recording with a patrol."""
    small = project_data / "feeds" / "shanghai-core-small"
    folder = tmp_path_factory.mktemp("patrolled") / "feed"
    shutil.copytree(small, folder)
    toml = folder / "feed.toml"
    network = (small / "../../networks/shanghai-core").resolve()
    text = "\n".join(
        f'network = "{network}"' if line.startswith("network") else line
        for line in toml.read_text().splitlines()
    )
    toml.write_text(text)
    (folder / "patrols.ndjson").write_text("\n".join(lines_of(open_feed(folder))) + "\n")
    return open_feed(folder)


def test_the_patrol_of_a_recording_is_proposed_and_a_bad_line_is_a_letter(
    patrolled: Feed, network_cache: Path, tmp_path: Path
) -> None:
    chain, settings = chain_of(patrolled, network_cache)
    report = run_feed(patrolled, chain, tmp_path, settings)
    lines = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
    alerts = [msgspec.json.decode(line, type=Alert) for line in lines]
    proposed = [alert.patrol for alert in alerts if alert.patrol is not None]
    assert proposed and {patrol.id for patrol in proposed} == {"p7"}
    letters = [json.loads(line) for line in (tmp_path / "dead_letters.jsonl").open()]
    mine = [one for one in letters if one["source"] == "patrols.ndjson"]
    assert [(one["position"], one["reason"]) for one in mine] == [(2, "invalid_json")]
    (counts,) = (count for count in report.balance if count.source == topics.PATROLS)
    assert counts.rows_in == len(lines_of(patrolled)) and counts.rows_used == counts.rows_in - 1


def test_a_replay_publishes_each_line_as_it_stands(patrolled: Feed, network_cache: Path) -> None:
    city = chain_of(patrolled, network_cache)[0].city
    for give in (lambda piece: frames_of(piece, "c", city, 2), lambda piece: raw_of(piece, 2)):
        published = [
            out.encode() for piece in slices(patrolled) for out in give(piece)
            if out.topic == topics.PATROLS
        ]  # fmt: skip
        assert sorted(published) == sorted(line.encode() for line in lines_of(patrolled))
