"""The page on cases has the table of the code, and says of each row what it is."""

import re

from incidents.cases.table import NEXT, TABLE
from tests.pages import ROOT, blocks

PAGE = ROOT / "docs" / "cases.md"


def test_the_page_has_the_table_of_the_code() -> None:
    assert blocks(PAGE, "text") == [TABLE.strip() + "\n"]


def test_the_page_says_of_each_command_and_event_what_it_does() -> None:
    cells = re.findall(r"^\| (`[^|]*) \|", PAGE.read_text(), re.M)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    stamps = {f"t{number}" for number in range(8)}
    assert named == {"create", *(name for _, name in NEXT)} | stamps
