"""The console over HTTP: what each address answers, and what it refuses."""

import gzip
import json

import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from streams.console.board import Board
from streams.console.consumer import deliver
from streams.console.serve import ConsoleError, _listen
from streams.console.server import build_app
from streams.console.static_files import static_files
from tests.streams.console.messages import MINUTE, alert, counts, states_frame
from tests.streams.console.serving import NETWORK, Console, served, serving

INDEX = "/static/" + next(
    name for name in static_files() if name.startswith("assets/index-") and name.endswith(".js")
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/health", "application/json"),
        ("/metrics", "text/plain"),
        ("/api/alerts", "application/json"),
        ("/api/states", "application/json"),
        ("/api/alarm-load", "application/json"),
        ("/api/segments.geojson", "application/geo+json"),
        (INDEX, "javascript"),
        ("/handover", "text/html"),
        ("/patrol/p7", "text/html"),
        ("/api/patrols", "application/json"),
        ("/api/patrols/p7", "application/json"),
        ("/api/jurisdictions.geojson", "application/geo+json"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_each_address_answers(path: str, kind: str, method: str):
    async def test(console: Console) -> None:
        async with console.session.request(method, path) as response:
            assert response.status == 200
            assert kind in response.content_type
            body = await response.read()
            assert bool(body) == (method == "GET")

    serving(test)


def test_files_are_packed_and_those_named_by_content_are_kept_for_good():
    async def test(console: Console) -> None:
        session = console.session
        async with session.get(INDEX) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert "immutable" in response.headers["Cache-Control"]
            assert int(response.headers["Content-Length"]) < 500_000
            tag = response.headers["ETag"]
        async with session.get(INDEX, headers={"Accept-Encoding": "identity"}) as response:
            assert "Content-Encoding" not in response.headers
            assert len(await response.read()) > 1_000_000
        async with session.get(INDEX, headers={"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (304, b"")
        async with session.get("/") as response:
            assert response.headers["Cache-Control"] == "no-cache"

    serving(test)


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/nothing", "/static/nothing.js", "/static/../server.py", "/%2e%2e/x"]
)
def test_an_unknown_address_is_a_404_in_json(path: str):
    async def test(console: Console) -> None:
        async with console.session.get(path) as response:
            assert response.status == 404
            assert "error" in await response.json()

    serving(test)


def test_a_wrong_method_is_a_405_that_says_what_is_allowed():
    async def test(console: Console) -> None:
        async with console.session.post("/api/alerts", data="x") as response:
            assert response.status == 405
            assert "GET" in response.headers["Allow"]
            assert (await response.json())["method"] == "POST"

    serving(test)


def test_every_answer_forbids_other_hosts():
    async def test(console: Console) -> None:
        for path in ("/", "/health", "/nothing", INDEX):
            async with console.session.get(path) as response:
                policy = response.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "http" not in policy and "unsafe" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"

    serving(test)


def test_geometry_is_sent_compressed_and_plain_to_who_cannot():
    async def test(console: Console) -> None:
        path = "/api/segments.geojson"
        async with console.session.get(
            path, headers={"Accept-Encoding": "gzip"}, auto_decompress=False
        ) as response:
            packed = json.loads(gzip.decompress(await response.read()))
        async with console.session.get(
            path, headers={"Accept-Encoding": "identity"}, auto_decompress=False
        ) as response:
            plain = json.loads(await response.read())
        assert packed == plain
        ids = {feature["id"]: feature["properties"] for feature in plain["features"]}
        index = NETWORK.index_of("AB")
        assert ids[index]["segment_id"] == "AB"
        assert ids[index]["name"] == "中山东路"

    serving(test)


def test_alerts_are_served_in_the_contract_form():
    async def test(console: Console) -> None:
        console.board.take_alert(alert("a", "AB", severity=4))
        async with console.session.get("/api/alerts") as response:
            (one,) = await response.json()
        assert (one["alert_id"], one["severity"], one["segment_id"]) == ("a", 4, "AB")
        assert one["evidence"][0]["source"] == "probe"

    serving(test)


def test_the_load_of_alarms_is_that_of_the_time_seen_for_each_operator():
    async def test(console: Console) -> None:
        async with console.session.get("/api/alarm-load") as response:
            assert await response.json() is None  # nothing has been seen
        console.board.take_states(states_frame(MINUTE, {"AB": {"level": 5}}))
        console.board.take_states(states_frame(MINUTE + 7200.0, {"AB": {"level": 5}}))
        for number, severity in enumerate((1, 2, 3, 4)):
            console.board.take_alert(alert(f"a{number}", "elsewhere", severity=severity))
        async with console.session.get("/api/alarm-load?operators=2") as response:
            load = await response.json()
        assert (load["hours"], load["alarm_count"], load["alarms_per_operator_hour"]) == (2, 4, 1)
        assert load["shares_by_severity"] == {"top": 0.25, "middle": 0.25, "lower": 0.5}
        assert load["top_sources"] == [{"segment_id": "elsewhere", "alarm_count": 4}]
        async with console.session.get("/metrics") as response:
            families = text_string_to_metric_families(await response.text())
        values = {(s.name, *s.labels.values()): s.value for f in families for s in f.samples}
        assert values["clearway_alarms_per_hour",] == 2.0
        assert values["clearway_alarms_severity_share", "middle"] == 0.25

    serving(test)


def test_line_ends_in_a_query_are_refused_as_any_rubbish() -> None:
    async def test(console: Console) -> None:
        async with console.session.get("/api/alarm-load?operators=%0d%0aA:b") as response:
            assert response.status == 400 and "A" not in response.headers

    served(test)


@pytest.mark.parametrize("operators", ["1" + 400 * "0", "%0d%0aA:b"])
def test_a_load_for_no_number_that_anybody_has_is_refused(operators: str) -> None:
    async def test(console: Console) -> None:
        console.board.take_alert(alert("a", "AB"))
        async with console.session.get(f"/api/alarm-load?operators={operators}") as response:
            assert response.status == 400 and "A" not in response.headers

    serving(test)


@pytest.mark.parametrize("operators", ["0", "-1", "two", ""])
def test_a_load_for_no_operators_is_refused_with_the_value(operators: str):
    async def test(console: Console) -> None:
        console.board.take_alert(alert("a", "AB"))
        async with console.session.get(f"/api/alarm-load?operators={operators}") as response:
            assert response.status == 400
            assert (await response.json())["error"] == (
                f"operators {operators}, expected a whole number from 1"
            )

    serving(test)


def test_metrics_say_what_came_was_used_and_was_refused():
    async def test(console: Console) -> None:
        board = console.board
        board.take_counts(counts("fixes", MINUTE, 100, refused={"jump": 3}))
        board.take_counts(counts("fixes", MINUTE, 50, refused={"late": 2}, partition=1))
        board.take_states(states_frame(MINUTE, {"AB": {"level": 5}}))
        board.take_alert(alert("a", "AB"))
        async with console.session.get("/metrics") as response:
            text = await response.text()
        samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        fixes = (("source", "fixes"), ("stage", "match"))
        assert samples[("clearway_rows_in_total", *fixes)] == 150
        assert samples[("clearway_rows_used_total", *fixes)] == 145
        assert samples[("clearway_rows_refused_total", ("reason", "jump"), *fixes)] == 3
        assert samples[("clearway_segments", ("level", "5"))] == 1
        assert samples[("clearway_alerts", ("kind", "incident"), ("state", "open"))] == 1
        assert samples[("clearway_broker_up",)] == 1

    serving(test)


@pytest.mark.parametrize("topic", ["segment-states", "alerts", "stage-counts"])
@pytest.mark.parametrize("value", [b"", b"\x00\xff", b"{}", b"[]", b'{"alert_id": []}', b"nul"])
def test_a_bad_message_is_counted_and_stops_nothing(topic: str, value: bytes):
    board = Board(NETWORK)
    deliver(board, topic, value)
    deliver(board, "alerts", alert("a", "AB"))
    assert board.bad_message_count == 1
    assert len(board.alerts()) == 1


def test_a_tombstone_is_no_bad_message():
    board = Board(NETWORK)
    deliver(board, "alerts", None)
    assert board.bad_message_count == 0


def test_a_taken_port_is_an_error_that_names_it():
    async def test(console: Console) -> None:
        port = console.session._base_url.port  # type: ignore[union-attr]
        assert port is not None
        runner = web.AppRunner(build_app(Board(NETWORK)))
        await runner.setup()
        try:
            with pytest.raises(ConsoleError, match=str(port)):
                await _listen(runner, "127.0.0.1", port)
        finally:
            await runner.cleanup()

    serving(test)
