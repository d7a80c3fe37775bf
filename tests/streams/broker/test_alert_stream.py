"""What a subscriber makes of the messages on `alerts`, whoever wrote them."""

import pytest

from streams.broker.alert_stream import alert_in
from tests.streams.console.messages import alert


@pytest.mark.parametrize(
    "value",
    [None, b"", b"\xff", b"{}", b"[]", alert("a", "s1").replace(b'"a"', b'"\xff"'),
     b'{"log": ' + b"[" * 20_000],
    ids=["tombstone", "empty", "bytes", "nothing", "list", "no utf-8", "nested"],
)  # fmt: skip
def test_what_is_no_alert_is_passed_over(value: bytes | None) -> None:
    assert alert_in(value) is None


def test_an_alert_is_read() -> None:
    found = alert_in(alert("a", "s1"))
    assert found is not None and found.alert_id == "a"
