"""The page as PDF: A4, the words of its language, the same bytes; a lack of fonts is said."""

import re
from pathlib import Path

import pytest
import typst

from streams.outside_error import OutsideError
from streams.reports import printing
from streams.reports.page import (
    Cell,
    Chart,
    Heading,
    LegendEntry,
    Page,
    ShownMap,
    ShownTable,
    Tile,
    rendered,
)
from streams.reports.printing import CHINESE, printed
from streams.reports.words import LANGUAGES, Words
from tests.streams.reports.test_report_command import QUEUE, reported, run_of

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M0 0L4 3"/></svg>'
HAS_CHINESE = bool(set(CHINESE) & set(typst.Fonts().families()))


def page(name: str, rows: int = 3) -> Page:
    """Give a page with one of everything; the name stands wherever a road's may."""
    table = ShownTable("table", [Heading("road", False), Heading("delay", True)],
                       [[Cell(name, "text"), Cell(str(k), "number")] for k in range(rows)],
                       "more")  # fmt: skip
    return Page(
        title="Congestion", subtitle="city", lead=[name], tiles=[Tile("TTI", "1.4", "", "n = 3")],
        charts=[Chart(name, SVG, "n = 3")], notes=[name], tables=[table],
        map=ShownMap("map", SVG, "n = 3", [LegendEntry("free", "#2f6690", 2.0)]),
    )  # fmt: skip


def page_sizes(pdf: bytes) -> list[tuple[int, int]]:
    """Give each page's width and height. Unit: pt."""
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_is_printed_on_a_few_pages_of_a4(tmp_path: Path, language: str) -> None:
    if language == "zh" and not HAS_CHINESE:
        pytest.skip("no Chinese font here")
    run = run_of(tmp_path / "run", [QUEUE] * 6)
    done = reported(tmp_path, str(run), "--pdf", "--lang", language)
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    pdf = (tmp_path / "out" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    sizes = page_sizes(pdf)
    assert set(sizes) == {(595, 842)}
    assert 2 <= len(sizes) <= 5


def test_the_same_page_is_the_same_bytes_and_a_long_table_goes_on() -> None:
    one, long = printed(page("Long Street"), Words("en")), printed(page("x", 200), Words("en"))
    assert one == printed(page("Long Street"), Words("en"))
    assert len(page_sizes(long)) > len(page_sizes(one))


def test_long_words_of_a_table_keep_a_width_on_a_phone_and_short_ones_need_none() -> None:
    html = rendered(page("Long Street, from First Road to Second Road"), Words("en"))
    assert re.findall(r'<th[^>]*style="min-width: ([\d.]+)em"', html) == ["12", "0.55"]


@pytest.mark.parametrize("name", ["#let x = 1", "$ a_b $", "*bold* _it_ @ref <label> `raw`", "[]"])
def test_names_of_roads_are_text_and_never_markup(name: str) -> None:
    assert printed(page(name), Words("en")).startswith(b"%PDF-")


def test_words_that_no_font_has_are_an_error_that_names_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(printing, "CHINESE", ("No Such Font",))
    assert printed(page("Long Street"), Words("en")).startswith(b"%PDF-")
    with pytest.raises(OutsideError, match="needs a font that has them, such as No Such Font"):
        printed(page("延安东路"), Words("en"))
