"""Who may do what over HTTP: logging in, roles, units, a proxy, and the audit."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from yarl import URL

from incidents.case_records import Command
from streams.console.access.audit import Audit
from streams.console.access.guard import COOKIE, Guard
from streams.console.access.login import AT_ONCE
from streams.console.access.sessions import FAILURES_S, LASTS_S, MOST_FAILURES
from streams.console.access.users import User, Users, hashed, read_users, write_users
from streams.console.board import Board
from streams.console.serve import _listen
from streams.console.server import build_app
from streams.console.static_files import static_files
from tests.drawing import draw
from tests.streams.console.messages import alert
from tests.streams.console.test_commands import Desk

NETWORK = draw("A---B").network
PASSWORD = "correct horse"
HASH = hashed(PASSWORD)
USERS = (
    User("li", "operator", ("g1",), HASH),
    User("wang", "viewer", (), HASH),
    User("chen", "admin", (), HASH),
    User("zhao", "operator", ()),
)

LOGIN = "/static/" + next(name for name in static_files() if name.startswith("assets/login-"))


class Site:
    """A console with users and somebody at its door; `now` is its clock."""

    def __init__(self, folder: Path, **guard: Any) -> None:
        self.now, self.file, self.audit_file = 1_000_000.0, folder / "users", folder / "audit.jsonl"
        write_users(self.file, {user.name: user for user in USERS})
        self.guard = Guard(
            Users(self.file), audit=Audit(self.audit_file), clock=lambda: self.now,
            units_of=self._units_of, **guard,
        )  # fmt: skip
        self.board = Board(NETWORK)
        self.desk = Desk(self.board)
        self.board.take_alert(alert("d1", "AB", unit_path=["g1", "city"]))
        self.board.take_alert(alert("d2", "AB", unit_path=["g2", "city"]))
        self.session: ClientSession

    @staticmethod
    def _units_of(command: Command) -> tuple[str, ...]:
        return ("g1", "city") if command.segment_id == "AB" else ("g2", "city")

    async def log_in(self, name: str, password: str = PASSWORD, **headers: str) -> int:
        body = {"name": name, "password": password}
        async with self.session.post("/api/login", json=body, headers=headers) as response:
            return response.status

    async def ask(self, path: str, **headers: str) -> tuple[int, Any]:
        async with self.session.get(path, headers=headers, allow_redirects=False) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else response.headers

    async def tell(self, actor: str = "li", alert_id: str | None = "d1", **more: Any) -> int:
        headers = more.pop("headers", {})
        body = {"command_id": f"c{self.now}", "action": "acknowledge", "actor": actor,
                "alert_id": alert_id, **more}  # fmt: skip
        self.now += 1.0
        async with self.session.post("/api/commands", json=body, headers=headers) as response:
            self.answer = await response.json()
            return response.status

    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.audit_file.read_text().splitlines()]


def at(folder: Path, test: Callable[[Site], Awaitable[None]], **guard: Any) -> None:
    async def run() -> None:
        site = Site(folder, **guard)
        runner = web.AppRunner(build_app(site.board, site.desk, site.guard), shutdown_timeout=1.0)
        await runner.setup()
        port = await _listen(runner, "127.0.0.1", 0)
        try:
            jar = CookieJar(unsafe=True)  # it takes cookies of an address
            async with ClientSession(f"http://127.0.0.1:{port}", cookie_jar=jar) as site.session:
                await test(site)
        finally:
            await runner.cleanup()

    asyncio.run(run())


def test_who_is_not_logged_in_sees_and_does_nothing(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        for path in ("/api/alerts", "/api/states", "/api/events", "/api/alerts/d1/actions"):
            status, body = await site.ask(path)
            assert (status, body["error"]) == (401, "nobody is logged in")
        status, headers = await site.ask("/?alert=d1")
        place = URL(headers["Location"])
        assert (status, place.path, place.query["next"]) == (303, "/login", "/?alert=d1")
        assert await site.tell() == 403 and site.desk.sent == []
        assert site.answer["answer"] == "forbidden"
        for path in ("/login", "/health", "/metrics", LOGIN):
            assert (await site.ask(path))[0] == 200, path
        assert (await site.ask("/api/session"))[1]["name"] is None

    at(tmp_path, test)


def test_an_operator_commands_the_cases_of_their_units_in_their_own_name(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        assert await site.log_in("li") == 200
        assert (await site.ask("/api/session"))[1]["units"] == ["g1"]
        assert await site.tell() == 200
        assert await site.tell(actor="chen") == 403 and "li is logged in" in site.answer["reason"]
        assert await site.tell(alert_id="d2") == 403 and "of g2, city" in site.answer["reason"]
        assert await site.tell(action="merge", into="d2") == 403
        assert await site.tell(alert_id="unknown") == 403
        assert len(site.desk.sent) == 1
        status, body = await site.ask("/api/alerts/d2/actions")
        assert status == 200 and body["actions"] == [] and "g2" in body["why_none"]
        assert (await site.ask("/api/alerts/d1/actions"))[1]["actions"]

    at(tmp_path, test)


def test_an_operator_makes_a_case_and_moves_one_only_within_their_units(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        await site.log_in("li")
        assert await site.tell(alert_id=None, action="create", segment_id="AB") == 200
        assert await site.tell(alert_id=None, action="create", segment_id="BA") == 403
        assert await site.tell(action="edit", longitude=121.5, latitude=31.2) == 403
        assert await site.tell(action="edit", severity=2) == 200

    at(tmp_path, test)


def test_a_viewer_looks_only_and_an_admin_commands_everywhere(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        assert await site.log_in("wang") == 200
        assert (await site.ask("/api/alerts"))[0] == 200
        assert await site.tell(actor="wang") == 403 and "viewer" in site.answer["reason"]
        assert await site.log_in("chen") == 200
        assert await site.tell(actor="chen", alert_id="d2") == 200

    at(tmp_path, test)


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        body = {"name": "li", "password": PASSWORD}
        async with site.session.post("/api/login", json=body) as response:
            cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
        assert "Secure" not in cookie
        headers = {"X-Forwarded-Proto": "https"}
        async with site.session.post("/api/login", json=body, headers=headers) as response:
            assert "Secure" in response.headers["Set-Cookie"]

    at(tmp_path, test)


def test_a_page_of_another_place_neither_logs_in_nor_out_nor_commands(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        evil = {"Origin": "http://evil.example"}
        assert await site.log_in("li", **evil) == 403
        assert await site.log_in("li") == 200
        async with site.session.post("/api/logout", headers=evil) as response:
            assert response.status == 403
        assert await site.tell(headers=evil) == 403 and site.desk.sent == []
        async with site.session.post("/api/login", data=b"{}") as response:
            assert response.status == 415

    at(tmp_path, test)


@pytest.mark.parametrize("how", ["logout", "time", "removed", "password"])
def test_a_session_ends(tmp_path: Path, how: str) -> None:
    async def test(site: Site) -> None:
        await site.log_in("li")
        users = read_users(site.file)
        if how == "logout":
            async with site.session.post("/api/logout") as response:
                assert response.status == 204
        elif how == "time":
            site.now += LASTS_S + 1
        elif how == "removed":
            write_users(site.file, {name: one for name, one in users.items() if name != "li"})
        else:
            write_users(site.file, {**users, "li": User("li", "operator", (), hashed("another 1"))})
        assert (await site.ask("/api/alerts"))[0] == 401

    at(tmp_path, test)


def test_guessing_passwords_is_stopped_for_a_while(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        assert await site.log_in("zhao", "") == 401, "who has no password has none to guess"
        for _ in range(MOST_FAILURES - 1):
            assert await site.log_in("nobody", "guess 1") == 401
        assert await site.log_in("li") == 429
        site.now += FAILURES_S + 1
        assert await site.log_in("li") == 200

    at(tmp_path, test)


def test_guesses_side_by_side_are_not_more_than_those_one_by_one(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        guesses = [site.log_in("li", f"guess {number}") for number in range(2 * MOST_FAILURES)]
        answers = await asyncio.gather(*guesses)
        assert answers.count(401) <= MOST_FAILURES + AT_ONCE and set(answers) == {401, 429}

    at(tmp_path, test)


def test_an_origin_that_is_no_address_is_of_another_place(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        await site.log_in("li")
        assert await site.tell(headers={"Origin": "http://["}) == 403 and site.desk.sent == []

    at(tmp_path, test)


def test_a_login_with_line_ends_in_its_fields_is_malformed(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        body = {"name": "li", "password": PASSWORD, "a\r\nSet-Cookie: b\r": "c"}
        async with site.session.post("/api/login", json=body) as response:
            assert response.status == 422 and "Set-Cookie" not in response.headers

    at(tmp_path, test)


def test_the_stream_of_who_is_removed_ends(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        await site.log_in("li")
        async with site.session.get("/api/events") as response:
            assert b"hello" in await response.content.readuntil(b"\r\n\r\n")
            users = read_users(site.file)
            write_users(site.file, {name: one for name, one in users.items() if name != "li"})
            site.board.take_alert(alert("d3", "AB"))
            async with asyncio.timeout(5.0):
                assert b"d3" not in await response.content.read()

    at(tmp_path, test)


def test_a_proxy_on_this_machine_says_who_it_is(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        assert (await site.ask("/api/alerts"))[0] == 401
        assert (await site.ask("/api/alerts", **{"X-User": "stranger"}))[0] == 401
        assert (await site.ask("/api/alerts", **{"X-User": "zhao"}))[0] == 200
        assert await site.tell(actor="zhao", headers={"X-User": "zhao"}) == 200
        assert await site.tell(actor="zhao", headers={"X-User": "wang"}) == 403
        assert await site.log_in("li") == 404, "there is no other way in"

    at(tmp_path, test, user_header="X-User")


def test_every_login_and_command_is_in_the_audit_and_no_password_is(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        await site.log_in("li", "wrong guess")
        await site.log_in("li")
        await site.tell()
        await site.tell(actor="chen")
        lines = site.audited()
        assert [(line["what"], line.get("user"), line.get("answer")) for line in lines] == [
            ("login_refused", "li", None),
            ("login", "li", None),
            ("command", "li", "done"),
            ("command", "li", "forbidden"),
        ]
        assert all(line["address"] == "127.0.0.1" for line in lines)
        kept = site.audit_file.read_text() + site.file.read_text()
        assert PASSWORD not in kept and "wrong guess" not in kept and COOKIE not in kept
        assert site.audit_file.stat().st_mode & 0o077 == site.file.stat().st_mode & 0o077 == 0

    at(tmp_path, test)


def test_a_long_command_that_comes_in_pieces_is_read_whole(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        await site.log_in("li")
        body = json.dumps({"command_id": "c1", "action": "comment", "actor": "li",
                           "alert_id": "d1", "comment": "慢" * 2000}).encode()  # fmt: skip

        async def pieces() -> Any:
            for start in range(0, len(body), 1000):
                yield body[start : start + 1000]
                await asyncio.sleep(0)

        headers = {"Content-Type": "application/json"}
        async with site.session.post("/api/commands", data=pieces(), headers=headers) as response:
            assert response.status == 200

    at(tmp_path, test)
