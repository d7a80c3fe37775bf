"""The broker that is none, from which saved states are read."""

from typing import Any

import pytest

from streams.broker import hosting
from streams.broker.snapshots import Snapshot
from tests.streams.broker.fake_broker import FakeBroker


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    fake = FakeBroker()

    async def load(
        _settings: Any, _stage: str, _partition: int, before: int | None = None
    ) -> Snapshot | None:
        return fake.newest(before)

    monkeypatch.setattr(hosting, "load_snapshot", load)
    return fake
