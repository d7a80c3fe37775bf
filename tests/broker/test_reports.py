"""Reports from people over the broker: the alerts and the watch list are those of the run."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from incidents.records import Alert
from ingest.recorded.feed import open_feed
from streams import topics
from streams.broker.embedded import EmbeddedBroker
from streams.chain import open_chain
from streams.recorded.run import run_feed
from streams.settings import load_settings
from tests.broker.stage_set import StageSet

pytestmark = pytest.mark.broker


@pytest.fixture
def told(small_feed: Path, undisturbed: list[Alert], tmp_path: Path) -> Path:
    """Give the recording with a report of each incident, one of nothing, and a torn line."""
    folder = tmp_path / "told"
    shutil.copytree(small_feed, folder)
    network = open_feed(small_feed).manifest.network
    assert network is not None
    toml = (folder / "feed.toml").read_text()
    lines = [line for line in toml.splitlines() if not line.startswith("network")]
    lines.append(f"network = {json.dumps(str(network.resolve()))}")
    (folder / "feed.toml").write_text("\n".join(lines))
    reports = [
        {
            "report_id": f"r{number}", "source": "call", "event_time": alert.onset_time,
            "longitude": alert.longitude + 0.0003, "latitude": alert.latitude, "kind": "crash",
        }
        for number, alert in enumerate(undisturbed)
        if alert.version == 1 and alert.kind == "incident"
    ]  # fmt: skip
    assert reports
    reports.append({**reports[0], "report_id": "prank", "latitude": reports[0]["latitude"] + 0.004})
    text = "\n".join([*map(json.dumps, reports), '{"report_id": '])
    (folder / "reports.ndjson").write_text(text)
    return folder


@pytest.fixture
def told_set(told: Path, cache: Path, tmp_path: Path) -> Iterator[StageSet]:
    with EmbeddedBroker() as broker:
        made = StageSet(told, cache, tmp_path, broker)
        yield made
        made.close()


def versions(lines: list[bytes]) -> set[tuple[str, int, str]]:
    alerts = [msgspec.json.decode(line, type=Alert) for line in lines]
    return {(one.alert_id, one.version, one.state) for one in alerts}


def test_the_alerts_and_the_watch_list_are_those_of_the_run(
    told_set: StageSet, cache: Path, tmp_path: Path
) -> None:
    feed = told_set.feed
    settings = load_settings(environment={}, overrides={"topics": {"partitions": 1}})
    assert feed.manifest.network is not None
    chain = open_chain(feed.manifest.network, cache, feed.assets, settings)
    out = tmp_path / "out"
    run_feed(feed, chain, out, settings)
    lines = (out / "alerts.jsonl").read_bytes().splitlines()
    in_one = [msgspec.json.decode(line, type=Alert) for line in lines]
    assert feed.report_lines is not None
    feed_rows = feed.report_lines.num_rows
    told_set.start_worker()
    told_set.play()
    told_set.wait_decided()
    assert told_set.alerts() == in_one
    assert any(e.source == "report" for alert in in_one for e in alert.evidence)
    watched = versions((out / "watch.jsonl").read_bytes().splitlines())
    assert versions(told_set.read(topics.WATCH)) == watched
    at_risk = (out / "risks.jsonl").read_bytes().splitlines()
    assert any(b'"level"' in line for line in at_risk)
    assert told_set.read(topics.RISKS) == at_risk
    (letter,) = [one for one in told_set.dead_letters() if one["source"] == topics.REPORTS]
    assert letter["reason"] == "invalid_json"
    told_set.play()  # no minute comes of it, so what came again waits for the next
    told_set.wait(
        lambda: any(
            count.source == topics.REPORTS and count.rows_in == 2 * feed_rows
            for count in told_set.counts().values()
        ),
        "the second replay's reports to be taken",
    )
    assert told_set.alerts() == in_one
    assert versions(told_set.read(topics.WATCH)) == watched
