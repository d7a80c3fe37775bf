"""A recording with reports from people: they reach the watch list, and bad lines the letters."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from incidents.records import Alert
from ingest.recorded.feed import Feed, open_feed
from ingest.recorded.slices import slices
from mapmatch.projection import LocalPlane
from streams import topics
from streams.recorded.run import RunReport, run_feed
from streams.recorded.slice_messages import frames_of, raw_of
from tests.streams.chain_parts import chain_of


@pytest.fixture(scope="module")
def told(few_minutes: Feed, network_cache: Path, tmp_path_factory) -> Feed:
    """Give the few minutes with a call about a street, one at a wrong place, and a torn line."""
    folder = tmp_path_factory.mktemp("told") / "feed"
    shutil.copytree(few_minutes.folder, folder)
    network = chain_of(few_minutes, network_cache)[0].city.network
    middle = network.vertex_offsets[:-1][network.length_m.argmax()]
    (longitude,), (latitude,) = LocalPlane(network).to_degrees(
        network.vertex_x[middle : middle + 1], network.vertex_y[middle : middle + 1]
    )
    call = {
        "report_id": "c1", "source": "call",
        "event_time": round((few_minutes.manifest.start + 150.0) * 1000.0),
        "longitude": longitude, "latitude": latitude, "kind": "crash", "text": "near the bridge",
    }  # fmt: skip
    lines = [
        json.dumps(call),
        "",
        json.dumps(call | {"report_id": "c2", "longitude": 12.0}),
        '{"rep',
    ]
    (folder / "reports.ndjson").write_text("\n".join(lines) + "\n")
    return open_feed(folder)


@pytest.fixture(scope="module")
def done(told: Feed, network_cache: Path, tmp_path_factory) -> tuple[RunReport, Path]:
    """Give a run over them."""
    chain, settings = chain_of(told, network_cache)
    out = tmp_path_factory.mktemp("run")
    return run_feed(told, chain, out, settings), out


def test_a_report_is_on_the_watch_list_of_a_run(done) -> None:
    _, out = done
    lines = (out / "watch.jsonl").read_bytes().splitlines()
    watched = [msgspec.json.decode(line, type=Alert) for line in lines]
    seen = [e.seen for one in watched for e in one.evidence if e.source == "report"]
    assert seen and all(text.startswith("crash reported by call at ") for text in seen)


def test_bad_lines_are_letters_that_name_file_and_row(done) -> None:
    report, out = done
    letters = [json.loads(line) for line in (out / "dead_letters.jsonl").read_text().splitlines()]
    mine = {one["position"]: one for one in letters if one["source"] == "reports.ndjson"}
    assert {row: one["reason"] for row, one in mine.items()} == {
        2: "outside_network", 3: "invalid_json",
    }  # fmt: skip
    (counts,) = (count for count in report.balance if count.source == topics.REPORTS)
    assert (counts.rows_in, counts.rows_used) == (3, 1)
    assert any("reports.ndjson row 2, longitude" in line for line in report.first_refusals)


def test_a_second_run_gives_the_same(told: Feed, done, network_cache: Path, tmp_path: Path) -> None:
    chain, settings = chain_of(told, network_cache)
    run_feed(told, chain, tmp_path, settings)
    for file in ("alerts.jsonl", "watch.jsonl", "risks.jsonl"):
        assert (tmp_path / file).read_bytes() == (done[1] / file).read_bytes()


def test_a_replay_publishes_each_line_as_it_stands(told: Feed, network_cache: Path) -> None:
    city = chain_of(told, network_cache)[0].city
    for give in (lambda piece: frames_of(piece, "c", city, 2), lambda piece: raw_of(piece, 2)):
        published = [
            out.encode() for piece in slices(told) for out in give(piece)
            if out.topic == topics.REPORTS
        ]  # fmt: skip
        lines = (told.folder / "reports.ndjson").read_bytes().split(b"\n")
        assert sorted(published) == sorted(line for line in lines if line)


def test_reports_in_another_datum_are_shifted(told: Feed, tmp_path: Path) -> None:
    folder = tmp_path / "feed"
    shutil.copytree(told.folder, folder)
    toml = folder / "feed.toml"
    toml.write_text(toml.read_text().replace("wgs84", "gcj02"))
    assert told.report_lines is not None
    before = json.loads(told.report_lines["line"][0].as_py())
    lines = open_feed(folder).report_lines
    assert lines is not None
    moved = json.loads(lines["line"][0].as_py())
    assert 0.001 < abs(before["longitude"] - moved["longitude"]) < 0.01
    assert moved | {"longitude": 0, "latitude": 0} == before | {"longitude": 0, "latitude": 0}
    assert lines["row"].to_pylist() == [0, 2, 3]
