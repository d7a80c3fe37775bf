"""Settings of what is published: by whom, and for how long it holds."""

from typing import Annotated

import msgspec
from msgspec import Meta


class PublisherSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes, and how long what was read holds."""

    id: Annotated[str, Meta(pattern=r"^[^\s,<&]+$", max_length=100)] = "clearway"
    """Names the publisher for programs, such as a domain: CAP's `sender`, DATEX II's
    `nationalIdentifier`. Unit: none. Source: chosen, a city sets its own."""
    name: Annotated[str, Meta(min_length=1, max_length=200)] = "Clearway"
    """Names the publisher for people. Unit: none. Source: chosen, a city sets its own."""
    country: Annotated[str, Meta(pattern=r"^[a-z]{2}$")] = "cn"
    """The publisher's country, two small letters of ISO 3166-1. Unit: none. Source: the city's own.
    """
    valid_s: Annotated[float, Meta(ge=60, le=86_400)] = 1800.0
    """What was read holds for so long: CAP's `expires`, CIFS's `endtime`. Who reads again in
    between gets it prolonged. Unit: s. Source: chosen, six times as long as slow readers take."""
