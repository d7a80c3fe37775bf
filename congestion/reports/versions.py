"""Versions of a network: how one is named, and what a report says of states of several."""

from collections.abc import Iterable

from congestion.profile.week import identity
from mapmatch.network import Network

NETWORK_VERSION_KEY = b"network_version"
"""Key of the metadata of a file of states; versions that it is of, between commas."""


def network_version(network: Network) -> str:
    """Name a version of a network by its segments: how many, and a checksum of their ids."""
    return identity(network).replace("/", "-")


def of_versions(named: Iterable[str], network: Network) -> str | None:
    """Give a line where states are of other versions of the network than the report is on.

    `named` are the versions in files; of one that names none nothing is said.
    """
    stored = sorted({part for name in named for part in name.split(",") if part})
    current = network_version(network)
    if not stored or stored == [current]:
        return None
    versions = f"{len(stored)} version{'s' if len(stored) > 1 else ''} of the network"
    return (
        f"the states are of {versions} ({', '.join(stored)}), the report is on {current}: segments "
        "that are in both are joined by their ids, the others do not count"
    )
