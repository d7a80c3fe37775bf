"""The tables of the pages: made from the result files, and missed where a figure is."""

import json
from pathlib import Path

import pytest

from benchmarks.tables.__main__ import PAGES, pages
from benchmarks.tables.page import filled
from benchmarks.tables.results import MissingFigureError, Results

MACHINE = {"processor": "a processor", "cores": 2}


def results(folder: Path, **files: dict) -> Results:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return Results(folder)


def test_a_table_goes_between_its_markers_with_question_and_machine(tmp_path: Path) -> None:
    rows = [{"feed": "one", "error": 4.2613, "count": 12345}, {"feed": "two", "error": None}]
    read = results(tmp_path, states={"question": "How far?", "machine": MACHINE, "rows": rows})
    page = "before\n<!-- table: states -->\nold\n<!-- end -->\nafter\n"
    assert filled(page, read) == (
        "before\n<!-- table: states -->\n"
        "| feed | error | count |\n|---|---|---|\n| one | 4.26 | 12,345 |\n| two | - | - |\n\n"
        "How far? a processor, 2 cores.\n<!-- end -->\nafter\n"
    )
    assert filled(filled(page, read), read) == filled(page, read)


def test_a_part_of_a_result_is_a_table_of_its_own(tmp_path: Path) -> None:
    read = results(tmp_path, queues={"followed": [{"found": 3}]})
    page = "<!-- table: queues.followed -->\n<!-- end -->"
    assert "| found |\n|---|\n| 3 |" in filled(page, read)


@pytest.mark.parametrize(
    ("page", "missing"),
    [
        ("<!-- table: nothing -->\n<!-- end -->", "table nothing: no result file nothing.json"),
        ("<!-- table: some.part -->\n<!-- end -->", "table some.part: some.json has no part"),
        ("<!-- table: some.empty -->\n<!-- end -->", "table some.empty: some.json has no empty"),
        ("<!-- table: headline -->\n<!-- end -->", "table headline: no result file states.json"),
        ("<!-- table: some -->\nno end", "table some: no <!-- end -->"),
    ],
)
def test_a_table_without_its_result_is_named(tmp_path: Path, page: str, missing: str) -> None:
    read = results(
        tmp_path, some={"question": "", "machine": MACHINE, "rows": [{"a": 1}], "empty": []}
    )
    with pytest.raises(MissingFigureError, match=missing):
        filled(page, read)


def test_every_table_that_misses_something_is_named_and_no_page_is_given(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for page in PAGES:
        (tmp_path / page).write_text(f"<!-- table: {Path(page).stem} -->\n<!-- end -->\n")
    with pytest.raises(MissingFigureError) as error:
        pages(tmp_path, tmp_path)
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == list(PAGES)


def test_a_figure_that_the_headline_lacks_is_named(tmp_path: Path) -> None:
    """The published results, one of them without one figure."""
    for path in (Path(__file__).parents[2] / "benchmarks" / "results").glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    page = "<!-- table: headline -->\n<!-- end -->"
    assert "| what |" in filled(page, Results(tmp_path))
    queues = json.loads((tmp_path / "queues.json").read_text())
    queues["rows"][0]["root_right"] = None
    (tmp_path / "queues.json").write_text(json.dumps(queues))
    with pytest.raises(MissingFigureError, match="table headline: no root_right"):
        filled(page, Results(tmp_path))


def test_the_pages_are_as_measured() -> None:
    for path, text in pages().items():
        assert path.read_text() == text, f"{path}: run `make tables`"
