"""What helps at a case, over HTTP."""

from tests.streams.console.messages import alert
from tests.streams.console.serving import Console, serving


def test_what_helps_is_worked_out_when_it_is_asked_for() -> None:
    async def test(console: Console) -> None:
        console.board.take_alert(alert("a", "AB", plan="agreed"))
        async with console.session.get("/api/alerts/a/response") as response:
            found = await response.json()
        assert found == {
            "alert_id": "a", "plan": None, "is_plan_approved": True, "detour": None,
            "cameras": [], "bus_lines": [], "signals": [],
        }  # fmt: skip
        async with console.session.get("/api/alerts/nobody/response") as response:
            assert response.status == 404

    serving(test)
