"""A webhook reaches nothing in a private network, however its address is written."""

import asyncio
import socket
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver

from streams.webhooks.addresses import (
    ForbiddenAddressError,
    PublicResolver,
    check_host,
    is_public,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "::1", "::", "fe80::1%eth0", "fc00::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_private_addresses_are_known_whatever_they_are_wrapped_in(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(ForbiddenAddressError, match="private network"):
        check_host(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_let_through(address: str) -> None:
    assert is_public(address)
    check_host(address)


def test_a_name_that_leads_into_a_private_network_is_refused_when_it_is_connected_to() -> None:
    class Names(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
            return [{"host": "1.1.1.1"}, {"host": "10.0.0.5"}]

        async def close(self) -> None:
            pass

    with pytest.raises(ForbiddenAddressError, match=r"innocent\.example leads to 10\.0\.0\.5"):
        asyncio.run(PublicResolver(Names()).resolve("innocent.example"))
