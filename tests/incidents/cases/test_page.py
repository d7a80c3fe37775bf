"""The page on cases has the table of the code, and says of each row what it is."""

import re
from typing import get_args

import msgspec

from incidents.case_records import Answer, Command
from incidents.cases.decisions import check_needs
from incidents.cases.service import ServiceNumbers
from incidents.cases.table import NEXT, TABLE
from streams.console.response_routes import Response
from tests.pages import ROOT, blocks

PAGE = ROOT / "docs" / "cases.md"


def test_the_page_has_the_table_of_the_code() -> None:
    assert TABLE.strip("\n") + "\n" in blocks(PAGE, "text")


def test_the_page_says_of_each_command_and_event_what_it_does() -> None:
    cells = re.findall(r"^\|(?: [\d, ]+ \|)? (`[^|]*) \|", PAGE.read_text(), re.M)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    others = {f"t{number}" for number in range(8)} | set(get_args(Answer))
    numbers = set(Response.__struct_fields__) | set(ServiceNumbers.__struct_fields__)
    assert named - numbers == {"create", *(name for _, name in NEXT)} | others


def test_the_command_of_the_page_is_one() -> None:
    (text,) = blocks(PAGE, "json")
    command = msgspec.json.decode(text, type=Command)
    assert command.action == "dispatch"
    check_needs(command)
