"""A recording of another city than the road network's is refused before anything is computed."""

from ingest.recorded.feed import Feed
from mapmatch.fix_bounds import fix_bounds
from mapmatch.network import Network
from streams.feed_check.attention import are_apart, where
from streams.feed_check.places import box_of
from streams.feed_check.records import Box
from streams.outside_error import OutsideError


def refuse_elsewhere(feed: Feed, network: Network) -> None:
    """Raise OutsideError naming both places where no position of the feed can be on the network."""
    boxes = box_of(feed), Box(*map(float, fix_bounds(network)))
    if are_apart(boxes):
        raise OutsideError(
            f"{feed.folder}: nothing of it is on the network {network.name}: {where(boxes)}; "
            "give the city's own with --network"
        )
