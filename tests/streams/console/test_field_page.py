"""The map's tools in a browser: new incidents, layers, filters in the address, and hand-over."""

import json
from pathlib import Path

import pytest

from incidents.case_records import AssignedPatrol, Command
from incidents.response.plans import ResponsePlan
from tests.streams.console.browser import Page
from tests.streams.console.messages import MINUTE, alert, counts, iso
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser

CARDS = "[...document.querySelectorAll('[data-alert]')].map((c) => c.dataset.alert).join()"


def patrol(one: Scene, patrol_id: str = "p7", at: float = MINUTE, **more: object) -> None:
    longitude, latitude = one.middle_of(100)
    said = {"patrol_id": patrol_id, "event_time": iso(at), "longitude": longitude,
            "latitude": latitude, "status": "free", **more}  # fmt: skip
    one.board.take_patrols(json.dumps(said).encode())


async def click(page: Page, selector: str) -> None:
    await page.until(f"document.querySelector({selector!r})")
    await page.value(f"document.querySelector({selector!r}).click()")


def test_an_incident_is_made_at_the_middle_of_the_map_by_keys_alone(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await page.until("clearway.map.loaded()", 60)
        longitude, latitude = one.middle_of(100)
        await page.value(
            f"void clearway.map.jumpTo({{center: [{longitude}, {latitude}], zoom: 16}})"
        )
        await page.value("document.querySelector('#create').focus()")
        await press(page, "Enter", 13, "\r")
        await page.until("document.querySelector('.pick')")
        await page.screenshot(tmp_path / "pick.png")
        await press(page, "Enter", 13, "\r")
        await page.until("document.querySelector('dialog [name=comment]')")
        await page.value("document.querySelector('dialog [name=comment]').focus()")
        await page.command("Input.insertText", text="a lorry lies across")
        await page.screenshot(tmp_path / "create.png")
        await click(page, "dialog [type=submit]")
        await page.until("document.querySelector('.case-log')?.textContent.includes('lorry')")
        (made,) = [case for case in one.office.book.cases if case.alert_id != "the-one"]
        assert (made.cause, made.severity) == ("incident", 2)
        assert abs(made.longitude - longitude) + abs(made.latitude - latitude) < 1e-3
        assert await page.value("location.search") == f"?alert={made.alert_id}"

    seen(world, tmp_path, look)


def test_a_case_is_moved_by_a_press_on_the_map(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await page.until("clearway.map.loaded()", 60)
        await one.choose()
        await page.until("!clearway.map.isMoving()")
        await click(page, "[data-action=edit]")
        await click(page, "dialog [name=longitude]")
        await click(page, "dialog [type=submit]")
        await page.until("document.querySelector('.pick')")
        longitude, latitude = one.middle_of(200)
        await page.value(
            f"void clearway.map.jumpTo({{center: [{longitude}, {latitude}], zoom: 16}})"
        )
        place = await page.value(
            f"""(() => {{
                const {{ x, y }} = clearway.map.project([{longitude}, {latitude}]);
                const box = clearway.map.getCanvas().getBoundingClientRect();
                return [x + box.left, y + box.top];
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            await page.command(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left",
                clickCount=1,
            )  # fmt: skip
        await page.until("document.querySelector('.case-message').textContent.includes('done')")
        case = one.office.book.case("the-one")
        assert case is not None and abs(case.longitude - longitude) < 1e-3
        await press(page, "Escape", 27)

    seen(world, tmp_path, look)


def test_lanes_are_said_box_by_box(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await one.choose()
        await click(page, "[data-action=lane_impact]")
        await page.until("document.querySelector('dialog button.lane')")
        boxes = "[...document.querySelectorAll('dialog button.lane')]"
        lane = f"{boxes}.find((one) => one.textContent.startsWith('Lane 1'))"
        await page.value(f"{lane}.click()")
        await page.value(f"{lane}.click()")
        await page.screenshot(tmp_path / "lanes.png")
        await click(page, "dialog [type=submit]")
        await page.until("document.querySelector('#case .lanes')")
        case = one.office.book.case("the-one")
        assert case is not None
        states = {impact.lane: impact.state for impact in case.lane_impact}
        assert states[1] == "blocked" and states["left shoulder"] == "open"

    seen(world, tmp_path, look)


def test_a_link_shows_the_same_list_and_the_same_case(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page, ids = one.page, one.network.segment_ids
        one.board.take_alert(alert("minor", "elsewhere", severity=1, unit_path=["g1", "city"]))
        one.board.take_alert(alert("jam", ids[0], kind="hotspot", unit_path=["g2", "city"]))
        await page.until(f"{CARDS}.split(',').length === 3")
        await page.value(
            """for (const [label, value] of [['Severity', '2'], ['Unit', 'g2']]) {
                const input = document.querySelector(`[aria-label=${label}]`);
                input.value = value;
                input.dispatchEvent(new Event('input'));
            }"""
        )
        await page.until(f"{CARDS} === 'jam'")
        await one.choose(page, "jam")
        address = await page.value("location.search")
        assert address == "?severity=2&unit=g2&alert=jam"
        async with world[1].page() as other:
            await one.open(other, address)
            await other.until(f"{CARDS} === 'jam'")
            await other.until("!document.querySelector('#case').hidden")

    seen(world, tmp_path, look)


def test_patrols_and_units_are_layers_of_the_map(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await page.until("document.querySelector('#layers input')")
        patrol(one)
        await page.until("clearway.store.patrols.size === 1")
        drawn = "clearway.map.queryRenderedFeatures({layers: ['patrols']})"
        await page.until(f"{drawn}.length === 1")
        assert await page.value(f"{drawn}[0].properties.name") == "p7 free"
        await click(page, "#layers [name=units]")
        assert await page.value("location.search") == "?layers=patrols+units"
        await click(page, "#layers [name=patrols]")
        await page.until(f"{drawn}.length === 0")

    seen(world, tmp_path, look)


def test_the_way_of_the_patrol_is_drawn_for_the_chosen_case(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page, network = one.page, one.network
        await page.until("document.querySelector('#layers input')")
        patrol(one)
        onward = int(network.successors[network.successor_offsets[100]])
        said = Command("c1", "edit", "li", "the-one", segment_id=network.segment_ids[onward])
        one.office.do(said)
        one.office.book.propose({"the-one": AssignedPatrol("p7", 60.0, "near")}, MINUTE + 140)
        one.board.take_alert(one.case_bytes())
        await one.choose()
        lit = f"clearway.map.getFeatureState({{source: 'segments', id: {onward}}}).way === true"
        await page.until(lit)
        await press(page, "Escape", 27)
        await page.until(f"!({lit})")

    seen(world, tmp_path, look)


def test_a_link_to_an_alert_that_is_not_there_says_so(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await one.open(path="?alert=gone")
        await one.page.until("document.querySelector('#case').textContent.includes('gone is not')")
        assert "No such alert" in await text_of(one.page, "#case-title")
        await press(one.page, "Escape", 27)
        assert await one.page.value("document.querySelector('#case').hidden") is True

    seen(world, tmp_path, look)


def test_the_load_of_alarms_stands_over_the_list(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await one.page.until("document.querySelector('#alarm-load').textContent")
        assert "1 alarm in 2 min, 1 at most" in await text_of(one.page, "#alarm-load")
        one.board.take_alert(
            alert("later", one.network.segment_ids[0], event_time=iso(MINUTE + 7290))
        )
        one.take_minute(MINUTE + 7200, 0)
        one.board.take_counts(counts("fixes", MINUTE + 7290, 1300))
        await one.page.until(
            "document.querySelector('#alarm-load').textContent.includes('1.0 alarms an hour')"
        )

    seen(world, tmp_path, look)


def test_a_patrol_that_vanished_is_said_to_be_silent(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        patrol(one, at=MINUTE)
        sent = {"the-one": AssignedPatrol("p7", 180.0, "3 min away")}
        one.office.book.propose(sent, MINUTE + 130)
        one.board.take_alert(one.case_bytes())
        one.board.take_counts(counts("fixes", MINUTE + 600, 1300))
        await one.choose()
        await one.page.until(
            "document.querySelector('#case').textContent.includes('Silent since 07:00')"
        )

    seen(world, tmp_path, look)


def test_the_hand_over_says_what_is_open_since_when_by_whom_and_what_was_said(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        one.board.take_alert(alert("old", one.network.segment_ids[0], state="closed"))
        one.office.do(Command("c1", "acknowledge", "li", "the-one"))
        one.office.do(Command("c2", "comment", "li", "the-one", comment="<b>tow truck</b> called"))
        await page.command("Page.navigate", url=one.address + "handover")
        await page.until("document.querySelector('#rows tr')", 60)
        text = await text_of(page, "main")
        for word in ("1 open", "07:01:20", "复兴中路", "3 Major", "li since 07:02",
                     "<b>tow truck</b> called"):  # fmt: skip
            assert word in text, word
        assert await page.value("document.querySelectorAll('#rows tr').length") == 1
        await page.screenshot(tmp_path / "handover.png")
        await page.command(
            "Emulation.setDeviceMetricsOverride",
            width=390, height=844, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        broken = "[...document.querySelectorAll('#rows b')].filter((b) => b.getClientRects()[1])"
        assert await page.value(broken + ".map((b) => b.textContent)") == []
        await page.screenshot(tmp_path / "handover-phone.png")
        await page.command("Emulation.setEmulatedMedia", media="print")
        tools = "getComputedStyle(document.querySelector('.handover-tools')).display"
        assert await page.value(tools) == "none"

    seen(world, tmp_path, look)


def test_an_officer_accepts_arrives_and_clears_on_a_phone(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        patrol(one)
        network = one.network
        onward = network.segment_ids[network.successors[network.successor_offsets[100]]]
        one.office.do(Command("c1", "edit", "li", "the-one", segment_id=onward))
        one.office.book.propose({"the-one": AssignedPatrol("p7", 60.0, "near")}, MINUTE + 140)
        one.board.take_alert(one.case_bytes())
        await page.command("Page.navigate", url=one.address + "patrol/p7")
        await page.until("document.querySelector('.officer-actions button')", 60)
        assert "The way there, " in await text_of(page, "#cases")
        assert await page.value("document.documentElement.scrollWidth") <= 400
        await page.screenshot(tmp_path / "officer.png")
        for action, word in (
            ("dispatch", "Accept"), ("dispatch", "On my way"), ("arrive", "Arrived"),
            ("clear", "Cleared"),
        ):  # fmt: skip
            await click(page, f".officer-actions [data-action={action}]")
            await page.until(f"document.querySelector('#message').textContent === '{word}: done.'")
            if word == "On my way":
                assert "On its way since 07:0" in await text_of(page, "#cases")
            if action == "arrive":
                await page.screenshot(tmp_path / "arrived.png")
        case = one.office.book.case("the-one")
        assert case is not None and case.state == "cleared" and case.patrol is not None
        assert case.patrol.accepted_time == case.log[-3].time
        assert [event.action for event in case.log][-4:] == [
            "dispatch", "dispatch", "arrive", "clear",
        ]  # fmt: skip
        await page.until("document.querySelector('#cases').textContent === 'Nothing to do.'")

    seen(world, tmp_path, look, width=400, height=800)


def test_what_helps_stands_on_the_card_and_the_way_around_on_the_map(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page, network = one.page, one.network
        await page.until("document.querySelector('#layers input')")
        root = network.segment_ids[100]
        longitude, latitude = one.middle_of(100)
        one.office.detect(
            alert("jam", root, queue_segment_ids=[root], longitude=longitude, latitude=latitude)
        )
        await page.until("document.querySelector('[data-alert=jam]')")
        await one.choose(page, "jam")
        await page.until("document.querySelector('#case').textContent.includes('Way around')")
        lit = """[...Array(clearway.store.roads.size).keys()].filter((id) =>
            clearway.map.getFeatureState({source: 'segments', id}).detour).length"""
        await page.until(f"{lit} > 1")
        await page.screenshot(tmp_path / "helps.png")
        await press(page, "Escape", 27)
        await page.until(f"{lit} === 0")

    seen(world, tmp_path, look)


def test_a_plan_is_approved_by_the_command_that_sends(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = ResponsePlan("tow it", ["call the tow truck"], sends=["tow-1"])
    monkeypatch.setattr("streams.console.response_routes.plan_for", lambda *_: plan)

    async def look(one: Scene) -> None:
        page = one.page
        await one.choose()
        await page.until("document.querySelector('#case').textContent.includes('Plan: tow it')")
        await click(page, "[data-action=dispatch]")
        await page.until("document.querySelector('dialog [name=plan]')")
        await page.value("document.querySelector('dialog [name=unit]').value = 'tow-1'")
        await click(page, "dialog [type=submit]")
        await page.until("document.querySelector('#case').textContent.includes('(approved)')")
        case = one.office.book.case("the-one")
        assert case is not None and (case.plan, case.owner) == ("tow it", "tow-1")

    seen(world, tmp_path, look)
