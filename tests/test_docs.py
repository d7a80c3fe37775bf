"""The pages of docs/: their code runs, their settings are understood, what they name is there."""

import re
import runpy
from pathlib import Path

import pytest

from incidents.records import Alert
from ingest.raw import KINDS, parse_raw
from streams.settings import load_settings
from tests.pages import PAGES, ROOT, blocks

# Places outside that a page may name: licences, and the forms that the change log follows.
OUTSIDE = (
    "https://opendatacommons.org/licenses/odbl/1-0/",
    "https://keepachangelog.com/en/1.1.0/",
    "https://semver.org/spec/v2.0.0.html",
)
EVERY_PAGE = (*PAGES, *sorted(ROOT.glob("*.md")), ROOT / "data" / "README.md")
_FOLDERS = r"(?:ingest|mapmatch|congestion|incidents|streams|benchmarks|tests|data|docs)"
_FILE = re.compile(rf"`({_FOLDERS}/[\w/.-]*\w)/?`")


@pytest.mark.slow
def test_the_code_of_the_matching_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks(ROOT / "docs" / "matching.md", "python"):
        exec(compile(block, "docs/matching.md", "exec"), names)
    assert names["matched"].segment_id.notna().mean() > 0.9
    assert names["rest"].matched.num_rows > 0


def test_the_settings_files_of_the_pages_are_understood(tmp_path: Path) -> None:
    config = tmp_path / "clearway.toml"
    texts = [text for page in PAGES for text in blocks(page, "toml")]
    assert texts
    for text in texts:
        config.write_text(text)
        load_settings(config, environment={})


def test_the_page_of_settings_is_what_make_docs_would_write() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_settings.py"))["page"]()
    assert made == (ROOT / "docs" / "settings.md").read_text(), "run `make docs`"


def test_every_setting_says_its_meaning_its_unit_and_where_it_comes_from() -> None:
    sections = runpy.run_path(str(ROOT / "docs" / "make_settings.py"))["sections"]()
    lacking = [
        f"[{section.path}] {setting.name}"
        for section in sections
        for setting in section.settings
        if not (setting.meaning and setting.unit and setting.source)
    ]
    assert not lacking


def test_the_raw_records_of_the_page_on_kafka_are_taken_whole() -> None:
    page = ROOT / "docs" / "kafka.md"
    named = re.findall(r"^`([\w.]+)`[^:]*:\n\n```json\n(.*?)```", page.read_text(), re.S | re.M)
    assert {kind for kind, _ in named} == set(KINDS) - {"gps.taxi"}
    for kind, text in named:
        parsed = parse_raw(kind, text.encode(), key=b"any")
        assert not parsed.refusals and not parsed.ignored_fields, kind
        assert parsed.batch.num_rows + parsed.events.num_rows == len(text.splitlines())


def test_the_page_on_kafka_names_each_field_of_an_alert() -> None:
    page = (ROOT / "docs" / "kafka.md").read_text()
    (table,) = re.findall(r"\| field \| says \|\n(.*?)\n\n", page, re.S)
    first_cells = "".join(re.findall(r"^\| (.*?) \|", table, re.M))
    assert sorted(re.findall(r"`(\w+)`", first_cells)) == sorted(Alert.__struct_fields__)


def test_every_file_that_a_page_names_is_there() -> None:
    missing = {
        (page.name, name)
        for page in EVERY_PAGE
        for name in _FILE.findall(page.read_text())
        if not (ROOT / name).exists()
    }
    assert not missing


def test_the_page_on_architecture_has_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    drawing = (ROOT / "docs" / "architecture.svg").read_text()
    packages = ("ingest", "mapmatch", "congestion", "incidents", "streams")
    for room in (path.parent for name in packages for path in (ROOT / name).rglob("__init__.py")):
        if room.name == "kernels":
            continue
        assert f"| `{room.relative_to(ROOT).as_posix()}/` |" in page, room
        assert room.name in drawing, room


def test_every_link_leads_to_a_file_or_a_place_that_is_allowed() -> None:
    for page in EVERY_PAGE:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if target in OUTSIDE:
                continue
            assert "://" not in target, (page.name, target)
            assert (page.parent / target.partition("#")[0]).exists(), (page.name, target)
