"""The description of the HTTP interface, and the console held to it by schemathesis."""

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from incidents.records import Alert
from streams import topics
from streams.console.access.guard import Guard
from streams.console.access.users import User, Users, write_users
from streams.console.board import Board
from streams.console.interface.document import openapi
from streams.console.interface.operation import Operation
from streams.console.interface.operations import OPERATIONS
from streams.console.serve import _listen
from streams.console.server import build_app
from streams.stages.case_desk import CaseDesk
from streams.stages.city_minute import CityMinute
from streams.stages.messages import Incoming
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert, counts, iso, states_frame

NETWORK = draw("A---B---C", names={"AB": "中山东路"}).network
KNOWN = {
    "alert_id": ["d1", "d2", "nobody"], "patrol_id": ["p1", "nobody"], "alert": ["d1", "no"],
    "segment_id": ["AB", "nowhere"],
}  # fmt: skip
"""What is asked for by a parameter, so that what is there is too."""
ASKED = [operation for operation in OPERATIONS if operation.path != "/api/events"]  # it never ends
TOLD = [operation for operation in ASKED if operation.takes or operation.query]
HELD_TO = [status_code_conformance, content_type_conformance, response_schema_conformance]
"""A status from 500 on is described of commands alone, and there only where there is no broker."""


class Town:
    """A console on which there is something of everything, and the desk that does its commands."""

    def __init__(self, guard: Guard | None = None) -> None:
        self.board = Board(NETWORK, "Asia/Shanghai")
        self._desk = CaseDesk(SimpleNamespace(network=NETWORK))  # type: ignore[arg-type]
        place = {"longitude": 121.47, "latitude": 31.22, "event_time": iso(MINUTE)}
        self.board.take_patrols(msgspec.json.encode({"patrol_id": "p1", "status": "free", **place}))
        self.board.take_states(states_frame(MINUTE, {"AB": {"level": 5, "queue_length_m": 40.0}}))
        self.board.take_counts(counts("fixes", MINUTE + 60.0, 100, refused={"late": 3}))
        detected = [
            msgspec.json.decode(alert(*what), type=Alert) for what in (("d1", "AB"), ("d2", "BC"))
        ]
        minute = CityMinute(MINUTE, MINUTE + 60.0, [], [])
        for version in self._desk.step(minute, None, detected):
            self.board.take_alert(msgspec.json.encode(version))
        self._runner = web.AppRunner(build_app(self.board, self, guard), shutdown_timeout=0.1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    async def send(self, command_id: str, body: bytes) -> None:
        """Let the desk do a command."""
        for out in self._desk.take(Incoming(topics.ALERT_COMMANDS, 0, 0, body, MINUTE + 60.0)):
            if out.topic == topics.ALERTS:
                self.board.take_alert(out.encode())
            elif out.topic == topics.COMMAND_RESULTS:
                self.board.take_answer(out.encode())

    def open(self) -> str:
        """Serve it in a thread; give the address."""
        self._loop.run_until_complete(self._runner.setup())
        port = self._loop.run_until_complete(_listen(self._runner, "127.0.0.1", 0))
        self._thread.start()
        return f"http://127.0.0.1:{port}"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    town = Town()
    yield town.open()
    town.close()


@pytest.fixture(scope="module")
def locked_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("access") / "users"
    write_users(file, {"li": User("li", "operator", ("g1",))})
    town = Town(Guard(Users(file)))
    yield town.open()
    town.close()


@pytest.fixture(scope="module")
def described() -> schemathesis.BaseSchema:
    """The description, its parameters narrowed to what is known."""
    document = openapi()
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["name"] in KNOWN:
                    parameter["schema"] = {"enum": KNOWN[parameter["name"]]}
    command = document["components"]["schemas"]["Command"]["properties"]
    command["alert_id"] = {"enum": ["d1", "d2", None]}
    command["expected_version"] = command["at"] = {"type": "null"}
    return schemathesis.openapi.from_dict(document)


def held(
    described: schemathesis.BaseSchema,
    operation: Operation,
    address: str,
    mode: GenerationMode = GenerationMode.POSITIVE,
    count: int = 5,
    checks: Any = (),
) -> None:
    """Ask an address for so many things of what is described, or is not."""
    cases = described[operation.path][operation.method.upper()].as_strategy(generation_mode=mode)

    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases)
    def ask(case: Case) -> None:
        case.call_and_validate(base_url=address, checks=[*HELD_TO, *checks])

    ask()


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def test_every_address_is_described_and_nothing_else() -> None:
    app = build_app(Board(NETWORK))
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    assert {(o.method, o.path) for o in OPERATIONS} == served
    assert len(OPERATIONS) == len(served), "each once"


def test_every_record_is_a_schema_and_every_schema_is_used() -> None:
    document = openapi()
    components = document["components"]["schemas"]
    for schema in components.values():
        jsonschema_rs.meta.validate(schema)
    text = msgspec.json.encode(document).decode()
    streamed = {"Alert", "StatesDelta", "Health", "PatrolNews"}
    for name in components:
        assert f'"#/components/schemas/{name}"' in text or name in streamed, name
    command = components["Command"]
    assert command["required"] == ["command_id", "action", "actor"]
    assert "dispatch" in command["properties"]["action"]["enum"]


@pytest.mark.parametrize("operation", ASKED, ids=named)
def test_what_is_answered_is_as_described(
    operation: Operation, described: schemathesis.BaseSchema, address: str
) -> None:
    held(described, operation, address, checks=[unsupported_method])


@pytest.mark.parametrize("operation", TOLD, ids=named)
def test_what_is_not_described_is_refused(
    operation: Operation, described: schemathesis.BaseSchema, address: str
) -> None:
    checks = [negative_data_rejection]
    held(described, operation, address, GenerationMode.NEGATIVE, checks=checks)


@pytest.mark.parametrize("operation", ASKED, ids=named)
def test_who_is_not_logged_in_is_answered_as_described(
    operation: Operation, described: schemathesis.BaseSchema, locked_address: str
) -> None:
    held(described, operation, locked_address, count=1)
