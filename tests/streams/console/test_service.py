"""The numbers of the service over HTTP and for Prometheus."""

from tests.streams.console.messages import alert
from tests.streams.console.serving import Console, serving


def test_the_numbers_are_served_and_measured() -> None:
    async def test(console: Console) -> None:
        async with console.session.get("/api/service") as response:
            assert await response.json() is None
        closed = alert("a", "AB", state="closed", unit_path=["g1"], is_confirmed=True)
        console.board.take_alert(closed)
        async with console.session.get("/api/service") as response:
            report = await response.json()
        assert report["by_unit"]["g1"]["handled_in_time_share"] == 1.0
        assert report["whole"]["precision"] == 1.0
        async with console.session.get("/metrics") as response:
            text = await response.text()
        assert 'clearway_service_handled_in_time_share{unit="g1"} 1.0' in text
        assert 'clearway_service_cases{unit=""} 1.0' in text

    serving(test)
