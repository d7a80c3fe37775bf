"""A network and a browser, once for all tests of pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mapmatch.building.build import network_for
from mapmatch.network import Network
from tests.streams.console.browser import Browser, find_chromium
from tests.streams.console.scene import World


@pytest.fixture(scope="session")
def network(project_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network_for(project_data / "networks" / "shanghai-core", tmp_path_factory.mktemp("net"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no chromium on this machine (Debian: apt install chromium)")
    one = Browser(chromium, tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture
def world(network: Network, browser: Browser) -> World:
    return network, browser
