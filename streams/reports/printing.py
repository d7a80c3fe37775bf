"""A report's page on A4, as PDF, set by Typst: needs no browser and asks nothing of the network."""

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import msgspec
import typst

from streams.outside_error import OutsideError
from streams.reports.page import Page
from streams.reports.words import Words

PDF_FILE = "report.pdf"
TEMPLATE = Path(__file__).parent / "page.typ"
LATIN = "DejaVu Sans"
"""Comes with matplotlib, so it is on every machine."""
CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei",
)  # fmt: skip
"""Fonts with Chinese, the best first. One must be installed where a report has Chinese words."""
_CHINESE_TEXT = re.compile(r"[\u4e00-\u9fff]")


def printed(page: Page, words: Words) -> bytes:
    """Give the page as PDF; the same page is the same bytes. Raises OutsideError: no font."""
    given = msgspec.json.encode(page).decode()
    fonts = _fonts()
    chinese = [name for name in CHINESE if name in set(fonts.families())]
    if not chinese and _CHINESE_TEXT.search(given):
        raise OutsideError(
            f"a PDF with Chinese words or road names needs a font that has them, such as "
            f"{CHINESE[0]} (Debian: fonts-noto-cjk): install one, or print report.html from a "
            "browser"
        )
    said: dict[str, Any] = {name: words(name) for name in ("figures", "notes", "footer")}
    said |= {"language": words.language, "fonts": [LATIN, *chinese[:1]]}
    pdf = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts,
        format="pdf",
        sys_inputs={"page": given, "words": msgspec.json.encode(said).decode()},
    )
    assert isinstance(pdf, bytes)
    return pdf


def _fonts() -> typst.Fonts:
    """Give the machine's fonts, and matplotlib's."""
    return typst.Fonts(font_paths=[str(Path(mpl.get_data_path()) / "fonts" / "ttf")])
