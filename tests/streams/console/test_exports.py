"""Published cases over HTTP."""

import asyncio

import msgspec
import pytest

from incidents.case_records import CaseEvent
from incidents.exports.formats import FORMATS
from incidents.records import iso
from tests.incidents.exports.cases import MINUTE, case
from tests.streams.console.serving import Console, serving


def with_cases(console: Console) -> None:
    """Give the console a published case and one that is not."""
    for one in (case("shown", segment_id="BC"), case("hidden", is_published=False)):
        console.board.take_alert(msgspec.json.encode(one))


@pytest.mark.parametrize("name", FORMATS)
def test_each_form_has_its_address_and_only_what_is_published_leaves(name: str) -> None:
    async def test(console: Console) -> None:
        with_cases(console)
        async with console.session.get(f"/api/export/{name}") as response:
            assert response.status == 200
            assert response.content_type == FORMATS[name].content_type
            body = await response.read()
        assert b"shown" in body and b"hidden" not in body

    serving(test)


def test_a_cap_message_has_its_own_address_and_what_is_hidden_has_none() -> None:
    async def test(console: Console) -> None:
        with_cases(console)
        statuses = {}
        for path in ("cap/shown", "cap/hidden", "cap/nobody", "kml", "geojson/shown"):
            async with console.session.get(f"/api/export/{path}") as response:
                statuses[path] = response.status
        assert statuses == {
            "cap/shown": 200, "cap/hidden": 404, "cap/nobody": 404, "kml": 404,
            "geojson/shown": 404,
        }  # fmt: skip

    serving(test)


def test_a_case_that_is_withdrawn_leaves_every_form_at_once() -> None:
    async def test(console: Console) -> None:
        with_cases(console)
        taken = CaseEvent(5, iso(MINUTE + 120), "li", "withdraw")
        withdrawn = case("shown", version=5, is_published=False, log=[*case().log, taken])
        console.board.take_alert(msgspec.json.encode(withdrawn))
        await asyncio.sleep(0)
        for name in FORMATS:
            async with console.session.get(f"/api/export/{name}") as response:
                is_cancelled = b"<msgType>Cancel</msgType>" in (body := await response.read())
                assert is_cancelled if name == "cap" else b"shown" not in body

    serving(test)
