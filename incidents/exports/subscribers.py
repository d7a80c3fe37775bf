"""Settings of webhooks: who is told, of what, where, and how long it is tried."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from incidents.alert_filter import AlertFilter, Degrees
from incidents.records import Cause, Kind, State

Wait = Annotated[float, Meta(gt=0, le=604_800)]


class SubscriberSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One subscriber; NAME is chosen, and stands in logs and in the dead list."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    """Where it is told by POST: https, and of no private network, unless `allows_private`. Unit:
    none. Source: the subscriber's own."""
    secret_env: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]*$")]
    """The variable of the environment that holds its secret, `whsec_` and base64. Unit: none.
    Source: the city's own."""
    sends: Literal["published", "all"] = "published"
    """`published`: what the public may know, and of published cases only. `all`: every version of
    every case as on the topic, for the city's own systems. Unit: none. Source: chosen."""
    allows_private: bool = False
    """It may be in a private network, on this machine, and without https. Unit: none. Source:
    chosen: else a wrong address could reach into the city's own network."""
    kinds: list[Kind] = []
    """Only these kinds. Unit: none. Source: chosen, all."""
    causes: list[Cause] = []
    """Only these causes. Unit: none. Source: chosen, all."""
    severity: Annotated[int, Meta(ge=1, le=4)] = 1
    """At least this severity. Unit: none. Source: chosen, all."""
    states: list[State] = []
    """Only these states. Unit: none. Source: chosen, all."""
    units: list[str] = []
    """Only what lies in one of these units or was given to it. Unit: none. Source: chosen, all."""
    roads: list[str] = []
    """Only roads that are called so, or have it in their name. Unit: none. Source: chosen, all."""
    area: Degrees | None = None
    """Only what lies between west, south, east and north, WGS-84. Unit: degrees. Source: chosen,
    all."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        schemes = ("https", "http") if self.allows_private else ("https",)
        if parts.scheme not in schemes or not parts.hostname or parts.username:
            expected = " or ".join(schemes)
            raise ValueError(f"url {self.url!r}, expected {expected}://HOST/... without a user")
        self.wanted()

    def wanted(self) -> AlertFilter:
        """Give which alerts it wants."""
        return AlertFilter(
            self.kinds, self.causes, self.severity, self.states, self.units, self.roads, self.area
        )


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long subscribers are tried, and what is kept for them meanwhile."""

    subscribers: dict[str, SubscriberSettings] = {}
    timeout_s: Annotated[float, Meta(gt=0, le=300)] = 15.0
    """One that takes longer to answer has not. Unit: s. Source: Standard Webhooks, 15 to 30 s."""
    first_wait_s: Wait = 5.0
    """After a failure it is tried again after so long, each further time after twice as long.
    Unit: s. Source: Standard Webhooks."""
    longest_wait_s: Wait = 300.0
    """And at the latest after so long. Unit: s. Source: chosen: one that was away for an hour is
    told within five minutes of its return."""
    give_up_s: Wait = 86_400.0
    """A message that could not be delivered for so long goes to the dead list. Unit: s. Source:
    chosen, a day: nobody can act on an older alert."""
    refused_count: Annotated[int, Meta(ge=1, le=100)] = 5
    """And one that was answered so often that it is wrong (4xx). Unit: count. Source: chosen."""
    queue_length: Annotated[int, Meta(ge=1, le=1_000_000)] = 1000
    """So many messages wait for one subscriber; when there are more, the oldest goes to the dead
    list. Unit: count. Source: chosen, some hours of a large city."""
    dead_list: Annotated[str, Meta(min_length=1)] = "webhooks-dead.jsonl"
    """The file to which what is given up is added, a JSON object a line. Unit: none. Source:
    chosen."""
