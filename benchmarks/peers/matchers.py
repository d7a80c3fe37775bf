"""The other matchers that benchmarks/matching.py sets ours beside, as many as are there."""

from pathlib import Path
from typing import Protocol

import pyarrow as pa

from benchmarks.peers.fastmm import Fastmm
from benchmarks.peers.leuven import Leuven
from benchmarks.peers.valhalla import Valhalla
from mapmatch.network import Network

MATCHERS: dict[str, type[Fastmm] | type[Leuven] | type[Valhalla]] = {
    "fastmm": Fastmm,
    "Leuven": Leuven,
    "Valhalla": Valhalla,
}


class Peer(Protocol):
    """A matcher made by others, on one network."""

    fix_limit: int | None
    """Sets of more fixes it is not given, because it would take hours; None: it takes all."""

    def match(self, fixes: pa.Table, error_m: float) -> tuple[pa.Table, pa.Table, float]:
        """Give matched fixes, routes, and the seconds of processor time that matching took."""


def peers_on(network: Network, cache: Path) -> tuple[dict[str, Peer], list[str]]:
    """Give the matchers on a network, and why others are left out."""
    present: dict[str, Peer] = {}
    absent = []
    for tool, matcher in MATCHERS.items():
        try:
            present[tool] = matcher(network, cache)
        except ImportError as error:
            absent.append(f"{tool} is left out: {error}")
            print(absent[-1])
    return present, absent
